//! What a project uses besides its own warehouse: files of others, and further targets of its profile.

use std::collections::BTreeSet;

use serde_json::Value;

use super::session::Session;
use crate::adapter::{AdapterError, AdapterErrorKind, ExternalPlace, ExternalSource, ForeignTable, registry};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::jinja::render_setting;
use crate::materialization::{Publication, publication};
use crate::project::Project;
use crate::relation::Column;
use crate::resource::{JsonMap, Node, NodeKind};
use crate::run::{OtherTarget, OtherTargets, Warehouse};

/// The further targets that models are published to and sources are read from. One that cannot be
/// used is no problem until something needs it.
///
/// # Errors
/// `invalid-value` for what `publish:` cannot mean.
pub(super) fn targets(session: &Session, project: &Project) -> Result<OtherTargets, Diagnostics> {
    let mut problems = Diagnostics::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for node in project.nodes.values() {
        match publication(node) {
            Ok(Some(Publication::Table(table))) => names.extend([table.target]),
            Ok(Some(Publication::Files(_)) | None) => {}
            Err(problem) => problems.push(*problem),
        }
        names.extend(external(node).and_then(|external| text(external, "target")));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(names.into_iter().map(|name| (name.clone(), open(session, &name))).collect())
}

/// Opens a target; nothing is connected yet.
fn open(session: &Session, name: &str) -> Result<OtherTarget, AdapterError> {
    let settings = &session.settings;
    let render =
        |text: &str, scope: &crate::config::SettingScope<'_>| render_setting(text, scope, &settings.environment);
    let renderer = settings.renderer(&render).with_secrets(true);
    let profile = settings.profile.other(name, &renderer).map_err(|problems| settings_error(&problems))?;
    let adapter = registry::open(&profile.output, &settings.project.root, settings.profile.threads)?;
    let is_own = name == settings.profile.target_name;
    Ok(OtherTarget { adapter, database: profile.database, schema: profile.schema, is_own })
}

fn settings_error(problems: &[Diagnostic]) -> AdapterError {
    let message = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ");
    let mut error = AdapterError::new(AdapterErrorKind::Settings, message);
    let notes = problems.iter().flat_map(|problem| &problem.notes).cloned().collect::<Vec<_>>();
    error.detail = Some(notes.join("; ")).filter(|notes| !notes.is_empty());
    error.hint = problems.iter().find_map(|problem| problem.help.first().cloned());
    error
}

/// The sources that stand outside of the warehouse.
///
/// # Errors
/// `invalid-value` for what `external:` cannot mean.
pub(super) fn sources(project: &Project, warehouse: &Warehouse) -> Result<Vec<ExternalSource>, Diagnostics> {
    let mut problems = Diagnostics::new();
    let mut sources = Vec::new();
    for node in project.nodes.values() {
        let Some(place) = external(node).and_then(|external| place(node, external, warehouse).transpose()) else {
            continue;
        };
        match (place, node.relation.clone()) {
            (Ok(place), Some(relation)) => {
                let column = |column: &crate::resource::ColumnSpec| {
                    Some(Column::new(column.name.clone(), column.data_type.clone()?))
                };
                let columns = node.columns.values().filter_map(column).collect();
                sources.push(ExternalSource { relation, place, columns });
            }
            (Err(problem), _) => problems.push(*problem),
            (Ok(_), None) => {}
        }
    }
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

fn external(node: &Node) -> Option<&JsonMap> {
    let NodeKind::Source(source) = &node.kind else { return None };
    source.external.as_ref()
}

fn text(external: &JsonMap, key: &str) -> Option<String> {
    external.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// Where a source's rows are, if that is elsewhere.
fn place(node: &Node, external: &JsonMap, warehouse: &Warehouse) -> Result<Option<ExternalPlace>, Box<Diagnostic>> {
    let Some(target) = text(external, "target") else {
        let Some(location) = text(external, "location") else { return Ok(None) };
        let options = external.get("options").and_then(Value::as_object);
        let option = |(key, value): (&String, &Value)| {
            (key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        let format = text(external, "format").or_else(|| text(external, "file_format"));
        let options = options.into_iter().flatten().map(option).collect();
        return Ok(Some(ExternalPlace::Files { location, format, options }));
    };
    if external.contains_key("location") {
        let problem = format!("source `{}` stands both in files and in target `{target}`", node.name);
        let problem = Diagnostic::error(Code::InvalidValue, problem).at(node.origin.span, "");
        return Err(Box::new(problem.help("give either `location` or `target` under `external:`")));
    }
    let own = node.relation.as_ref();
    let written =
        text(external, "relation").unwrap_or_else(|| own.map(crate::relation::Relation::short).unwrap_or_default());
    let found = warehouse.other(&target);
    let (database, schema) = match &found {
        Ok(found) => (found.database.as_str(), found.schema.as_str()),
        Err(_) => ("", ""),
    };
    let relation = crate::relation::Relation::parse(&written, database, schema).ok_or_else(|| {
        let problem = format!("`{written}` is no name of a table");
        let problem = Diagnostic::error(Code::InvalidValue, problem).at(node.origin.span, "");
        Box::new(problem.help("write `table`, `schema.table` or `database.schema.table`"))
    })?;
    let warehouse = found.map(|found| found.adapter.clone());
    Ok(Some(ExternalPlace::Table(ForeignTable { target, warehouse, relation })))
}
