//! `latest_version_pointer:` of a versioned model: a view under the model's own name, of its latest version.

use serde_json::Value;

use super::Work;
use super::overrides::Step;
use crate::diagnostic::{Code, Diagnostic};
use crate::materialization::changes_in_place;
use crate::relation::{Relation, RelationKind, RelationOp};
use crate::run::failure::diagnose;

/// What a model's config says of the view.
#[derive(Debug, Default)]
struct Pointer {
    enabled: Option<bool>,
    alias: Option<String>,
}

impl Work<'_> {
    /// Makes the view of the latest version, if this node is it and is to have one.
    pub(super) async fn point_to_latest(&self) -> Result<(), Box<Diagnostic>> {
        let (Some(pointer), Some(source)) = (self.pointer()?, self.node.relation.clone()) else { return Ok(()) };
        let target = self.place_of(&pointer, &source).await?;
        let existing = self.runner.warehouse.relation(&target).await.map_err(|error| diagnose(&error))?;
        let query = format!("select * from {source}");
        let kind = existing.as_ref().and_then(|relation| relation.kind);
        let mut unit = vec![RelationOp::ReplaceView { target: target.clone(), existing: kind, query }];
        let standing = changes_in_place(&unit, existing.as_ref());
        unit.extend(self.grants(&target, standing).await?);
        self.begin().await?;
        let done = self.apply_all(&self.with_overrides(unit, &[]).await?).await;
        self.end(done.is_ok()).await?;
        done
    }

    async fn apply_all(&self, steps: &[Step]) -> Result<(), Box<Diagnostic>> {
        for step in steps {
            match step {
                Step::Apply(unit) => {
                    let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
                    session.apply(unit).await.map_err(|error| diagnose(&error))?;
                }
                Step::Call(name, args) => drop(self.call(name, args.clone()).await?),
            }
        }
        Ok(())
    }

    /// The config of the view that this node is to have.
    fn pointer(&self) -> Result<Option<Pointer>, Box<Diagnostic>> {
        let Some(model) = self.node.as_model().filter(|_| self.batch.is_none()) else { return Ok(None) };
        let is_latest = model.version.is_some() && model.version == model.latest_version;
        let pointer = match self.node.config.get("latest_version_pointer").unwrap_or(&Value::Null) {
            Value::Null => Pointer::default(),
            Value::Bool(enabled) => Pointer { enabled: Some(*enabled), alias: None },
            Value::Object(said) => Pointer {
                enabled: said.get("enabled").and_then(Value::as_bool),
                alias: said.get("alias").and_then(Value::as_str).map(|alias| alias.trim().to_owned()),
            },
            _ => {
                let message = format!("`latest_version_pointer` of `{}` must be a mapping", self.node.name);
                let problem = Diagnostic::error(Code::InvalidValue, message).at(self.node.origin.configured(), "");
                return Err(Box::new(problem.help("write `latest_version_pointer: {enabled: true, alias: <name>}`")));
            }
        };
        let enabled = pointer.enabled.unwrap_or(self.runner.options.points_to_latest);
        Ok((is_latest && enabled).then_some(pointer))
    }

    /// Where the view stands: beside the version, under the name that the project's macro gives.
    async fn place_of(&self, pointer: &Pointer, source: &Relation) -> Result<Relation, Box<Diagnostic>> {
        let model = Value::Object(crate::artifacts::jinja_model(self.node));
        let args = vec![pointer.alias.as_deref().filter(|alias| !alias.is_empty()).into(), model];
        let identifier = self.text_of("generate_latest_version_pointer_alias", args).await?;
        let target = Relation { identifier, ..source.clone() }.with_kind(RelationKind::View);
        if target.same_place(source) {
            // COMPAT: the first sentence is dbt's (dbt 1.12).
            let message = format!(
                "Cannot create latest version pointer: the latest version of '{}' is already aliased to '{}'",
                self.node.name, target.identifier
            );
            let problem = Diagnostic::error(Code::RelationConflict, message).at(self.node.origin.configured(), "");
            return Err(Box::new(
                problem
                    .help("give the view another name by `alias`, or set `latest_version_pointer: {enabled: false}`"),
            ));
        }
        Ok(target)
    }
}
