//! What a node's properties say of its relation: contracts, privileges, descriptions of columns.

use super::Work;
use crate::diagnostic::{Code, Diagnostic};
use crate::materialization::{Standing, check_contract, contract_query, missing_columns};
use crate::relation::{Column, GrantChange, Grants, Relation, RelationOp};
use crate::report::Event;
use crate::run::failure::diagnose;

impl Work<'_> {
    /// Compares the query's columns with those of the contract.
    pub(super) async fn check_contract(&self, found: &[Column]) -> Result<(), Box<Diagnostic>> {
        let query = contract_query(self.node)?;
        let promised = self.describe(&query).await.map_err(|error| {
            let span = self.node.origin.patch_span.unwrap_or(self.node.origin.span);
            let mut problem = diagnose(&error).at(span, "the contract");
            problem.message = format!("the contract of `{}`: {}", self.node.name, error.message);
            Box::new(problem.note(format!("it was asked with: {query}")))
        })?;
        check_contract(self.node, &promised, found, self.runner.warehouse.adapter().dialect())
    }

    /// The change of privileges after which the relation has those that the node's config asks for.
    pub(super) async fn grants(
        &self,
        target: &Relation,
        standing: Standing,
    ) -> Result<Option<RelationOp>, Box<Diagnostic>> {
        let can = self.runner.warehouse.adapter().capabilities().grants;
        let Some(wanted) = self.node.config.grants.as_ref().filter(|grants| can && !grants.is_empty()) else {
            return Ok(None);
        };
        let known = match standing {
            Standing::New => Grants::new(),
            Standing::Kept | Standing::Redefined => {
                let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
                let session = session.get().map_err(|error| diagnose(&error))?;
                session.grants(target).await.map_err(|error| diagnose(&error))?
            }
        };
        let grant = match standing {
            Standing::Kept => without(wanted, &known),
            // Should the view not take the new columns, it will be a new one, without privileges.
            Standing::New | Standing::Redefined => without(wanted, &Grants::new()),
        };
        let revoke = without(&known, wanted);
        let nothing = grant.is_empty() && revoke.is_empty();
        Ok((!nothing).then(|| RelationOp::Grant(GrantChange { relation: target.clone(), grant, revoke })))
    }

    /// Says which described columns the relation does not have.
    pub(super) async fn warn_of_missing_columns(&self, target: &Relation) -> Result<(), Box<Diagnostic>> {
        if !self.node.config.persist_docs.columns || self.node.columns.is_empty() {
            return Ok(());
        }
        let missing = missing_columns(self.node, &self.columns(target).await?);
        if !missing.is_empty() {
            // COMPAT: dbt's sentence (dbt 1.11).
            let message = format!(
                "In relation {target}: The following columns are specified in the schema but are not present in the \
                 database: {}",
                missing.join(", ")
            );
            let warning = Diagnostic::warning(Code::UnusedPatch, message)
                .at_opt(self.node.origin.patch_span, "described here")
                .help("correct the names of these columns, or remove them");
            self.runner.reporter.report(&Event::Diagnostic(Box::new(warning)));
        }
        Ok(())
    }
}

/// The privileges of one that the other lacks; names count as the same whatever their case.
fn without(one: &Grants, other: &Grants) -> Grants {
    let has = |privilege: &str, grantee: &str| {
        let same = |known: &&String| known.eq_ignore_ascii_case(grantee);
        let grantees = other.iter().filter(|(known, _)| known.eq_ignore_ascii_case(privilege));
        grantees.flat_map(|(_, grantees)| grantees).any(|known| same(&known))
    };
    let left = |(privilege, grantees): (&String, &Vec<String>)| {
        let grantees: Vec<String> = grantees.iter().filter(|grantee| !has(privilege, grantee)).cloned().collect();
        (!grantees.is_empty()).then(|| (privilege.clone(), grantees))
    };
    one.iter().filter_map(left).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_granted_or_revoked() {
        let grants = |pairs: &[(&str, &[&str])]| -> Grants {
            let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            pairs.iter().map(|(privilege, grantees)| ((*privilege).to_owned(), names(grantees))).collect()
        };
        let wanted = grants(&[("select", &["Ann", "bob"]), ("insert", &[])]);
        let known = grants(&[("SELECT", &["ann", "eve"])]);
        assert_eq!(without(&wanted, &known), grants(&[("select", &["bob"])]));
        assert_eq!(without(&known, &wanted), grants(&[("SELECT", &["eve"])]));
    }
}
