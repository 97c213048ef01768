//! UPDATE and MERGE as users write them, in terms of [`Merging`].

use datafusion::sql::sqlparser::ast::{
    Assignment, AssignmentTarget, Merge, MergeAction, MergeClause, MergeClauseKind, MergeInsertExpr, MergeInsertKind,
    TableFactor, Update, UpdateTableFromKind,
};

use super::copy_on_write::Target;
use super::error::unsupported;
use super::merge::{Clause, Effect, Matched, Merging};
use super::replace::retried;
use super::response::rows_response;
use super::session::LakehouseSession;
use super::spool::spool;
use super::statement::{last_part, table_and_alias};
use super::warehouse::Place;
use crate::adapter::AdapterError;
use crate::outcome::AdapterResponse;

/// The source of an UPDATE without FROM: one row that every row matches.
const ONE_ROW: &str = "select 1 as __aquifer_one";

impl LakehouseSession {
    /// UPDATE: a merge whose only clause sets columns.
    pub(super) async fn update(&self, update: &Update) -> Result<AdapterResponse, AdapterError> {
        if !update.table.joins.is_empty() || update.returning.is_some() || update.limit.is_some() {
            return Err(unsupported("UPDATE with joins, RETURNING or LIMIT"));
        }
        let (name, alias) = table_and_alias(&update.table.relation)?;
        let place = self.named_place(&name)?;
        let (source, source_alias) = match &update.from {
            None => (ONE_ROW.to_owned(), "__aquifer_rows".to_owned()),
            Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) => match from.as_slice() {
                [table] if table.joins.is_empty() => source_and_alias(&table.relation)?,
                _ => return Err(unsupported("UPDATE FROM several tables; join them in a subquery")),
            },
        };
        let on = update.selection.as_ref().map_or_else(|| "true".to_owned(), ToString::to_string);
        let effect = Effect::Set(assigned(&update.assignments)?);
        let clauses = vec![Clause { matched: Matched::Both, condition: None, effect }];
        let merging = Merging { target_alias: alias, source_alias, on, key: Vec::new(), clauses };
        let rows = self.merge_text(&place, &source, &merging).await?;
        Ok(rows_response("UPDATE", rows))
    }

    /// MERGE with any clauses.
    pub(super) async fn merge_statement(&self, merge: &Merge) -> Result<AdapterResponse, AdapterError> {
        if merge.output.is_some() {
            return Err(unsupported("MERGE with RETURNING"));
        }
        let (name, alias) = table_and_alias(&merge.table)?;
        let place = self.named_place(&name)?;
        let (source, source_alias) = source_and_alias(&merge.source)?;
        let columns = self.column_names(&place).await?;
        let clauses = merge.clauses.iter().map(|clause| of_clause(clause, &columns)).collect::<Result<_, _>>()?;
        let merging = Merging { target_alias: alias, source_alias, on: merge.on.to_string(), key: Vec::new(), clauses };
        let rows = self.merge_text(&place, &source, &merging).await?;
        Ok(rows_response("MERGE", rows))
    }

    async fn merge_text(&self, place: &Place, source: &str, merging: &Merging) -> Result<u64, AdapterError> {
        let _turn = self.warehouse.turn_to_write(place).await;
        retried(|| self.merge_text_once(place, source, merging)).await
    }

    async fn merge_text_once(&self, place: &Place, source: &str, merging: &Merging) -> Result<u64, AdapterError> {
        let target = Target::open(self, place).await?;
        let plan = target.catalog.plan_text(source).await?;
        target.catalog.give("source", spool(&target.catalog, &plan).await?.table);
        self.merge_given(target, merging).await
    }

    async fn column_names(&self, place: &Place) -> Result<Vec<String>, AdapterError> {
        let target = Target::open(self, place).await?;
        Ok(target.sink.schema.fields().iter().map(|field| field.name().clone()).collect())
    }
}

/// A source as a query, and what the statement calls it.
fn source_and_alias(factor: &TableFactor) -> Result<(String, String), AdapterError> {
    match factor {
        TableFactor::Table { .. } => {
            let (name, alias) = table_and_alias(factor)?;
            Ok((format!("select * from {name}"), alias))
        }
        TableFactor::Derived { subquery, alias: Some(alias), .. } if alias.columns.is_empty() => {
            Ok((subquery.to_string(), alias.name.to_string()))
        }
        other => Err(unsupported(&format!("a source like `{other}`"))),
    }
}

fn of_clause(clause: &MergeClause, columns: &[String]) -> Result<Clause, AdapterError> {
    let matched = match clause.clause_kind {
        MergeClauseKind::Matched => Matched::Both,
        MergeClauseKind::NotMatched | MergeClauseKind::NotMatchedByTarget => Matched::SourceOnly,
        MergeClauseKind::NotMatchedBySource => Matched::TargetOnly,
    };
    let effect = match &clause.action {
        MergeAction::Delete { .. } => Effect::Delete,
        MergeAction::Update(update) if update.update_predicate.is_none() && update.delete_predicate.is_none() => {
            Effect::Set(assigned(&update.assignments)?)
        }
        MergeAction::Insert(insert) if insert.insert_predicate.is_none() => Effect::Set(inserted(insert, columns)?),
        MergeAction::Update(_) | MergeAction::Insert(_) => return Err(unsupported("WHERE within a MERGE clause")),
    };
    Ok(Clause { matched, condition: clause.predicate.as_ref().map(ToString::to_string), effect })
}

fn assigned(assignments: &[Assignment]) -> Result<Vec<(String, String)>, AdapterError> {
    let one = |assignment: &Assignment| match &assignment.target {
        AssignmentTarget::ColumnName(name) => {
            let column = last_part(name).ok_or_else(|| unsupported(&format!("SET {name}")))?;
            Ok((column, assignment.value.to_string()))
        }
        AssignmentTarget::Tuple(_) => Err(unsupported("SET of several columns at once")),
    };
    assignments.iter().map(one).collect()
}

fn inserted(insert: &MergeInsertExpr, columns: &[String]) -> Result<Vec<(String, String)>, AdapterError> {
    let MergeInsertKind::Values(values) = &insert.kind else { return Err(unsupported("INSERT ROW")) };
    let [row] = values.rows.as_slice() else { return Err(unsupported("a MERGE that inserts several rows at once")) };
    let named: Vec<String> = match insert.columns.as_slice() {
        [] => columns.to_vec(),
        named => named.iter().filter_map(last_part).collect(),
    };
    if named.len() != row.len() && !insert.columns.is_empty() {
        return Err(AdapterError::new(
            crate::adapter::AdapterErrorKind::Sql,
            format!("the MERGE inserts {} values into {} columns", row.len(), named.len()),
        ));
    }
    Ok(named.into_iter().zip(row.iter().map(ToString::to_string)).collect())
}
