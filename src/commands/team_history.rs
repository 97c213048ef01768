//! `--history-schema`: the records of runs in a table of the warehouse, where a team finds those of all.

use std::collections::BTreeMap;

use super::session::Session;
use crate::adapter::{Adapter, AdapterError, Load};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::RunRecord;
use crate::outcome::{Observed, RunResults};
use crate::relation::{Column, Relation, RelationOp, Scalar, TableOptions};
use crate::report::Event;

/// Name of the table.
const TABLE: &str = "aquifer_runs";

/// Its columns: what is asked for, and the record as JSON.
const COLUMNS: [&str; 6] = ["began_at", "target", "command", "invocation_id", "record", "observed"];

/// The table, if there is to be one.
fn table(session: &Session) -> Option<Relation> {
    let schema = session.settings.flags.history_schema.as_deref()?;
    Some(Relation::new(&session.settings.profile.database, schema, TABLE))
}

/// Keeps the record of a run for the team too. That it cannot be kept is a warning.
pub(super) async fn keep(session: &Session, adapter: &dyn Adapter, results: &RunResults) {
    let Some(table) = table(session) else { return };
    if let Err(error) = append(adapter, &table, &session.record(results)).await {
        let message = format!("the record of this run cannot be kept in {}", table.render());
        let warning = Diagnostic::warning(Code::Io, message).caused_by(error.message);
        session.reporter.report(&Event::Diagnostic(Box::new(warning)));
    }
}

async fn append(adapter: &dyn Adapter, table: &Relation, record: &RunRecord) -> Result<(), AdapterError> {
    let mut session = adapter.session().await?;
    let columns = COLUMNS.map(|name| Column::new(name, "text"));
    if !stands(adapter, table).await? {
        let empty = RelationOp::CreateEmptyTable {
            target: table.clone(),
            existing: None,
            columns: columns.to_vec(),
            options: TableOptions::default(),
        };
        session.apply(&[RelationOp::CreateSchema(table.schema_ref()), empty]).await?;
    }
    let json = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
    let row = [
        record.at.clone(),
        record.target.clone(),
        record.command.clone(),
        record.invocation_id.clone(),
        json(serde_json::to_string(record)),
        json(serde_json::to_string(&record.observed)),
    ];
    let rows = std::iter::once(row.iter().map(|field| Some(field.as_str())).collect()).collect();
    session.begin().await?;
    session.load(&Load { target: table, columns: &columns, rows: &rows }).await?;
    session.commit().await
}

async fn stands(adapter: &dyn Adapter, table: &Relation) -> Result<bool, AdapterError> {
    let found = adapter.list_relations(&[table.schema_ref()]).await?;
    Ok(found.iter().any(|relation| relation.same_place(table)))
}

/// The last records that the team has, the oldest first.
///
/// # Errors
/// The warehouse's refusal.
pub(super) async fn records(
    session: &Session,
    adapter: &dyn Adapter,
    most: usize,
) -> Result<Option<Vec<RunRecord>>, AdapterError> {
    let Some(table) = table(session) else { return Ok(None) };
    let rows = newest(adapter, &table, "record, observed", "", most).await?;
    let read = |row: &Vec<String>| {
        let [record, observed] = row.as_slice() else { return None };
        let record: RunRecord = serde_json::from_str(record).ok()?;
        Some(RunRecord { observed: serde_json::from_str(observed).unwrap_or_default(), ..record })
    };
    Ok(Some(rows.iter().filter_map(read).collect()))
}

/// What tests of the team's earlier runs into this target measured, the oldest first.
///
/// # Errors
/// The warehouse's refusal.
pub(super) async fn observed(
    session: &Session,
    adapter: &dyn Adapter,
    most: usize,
) -> Result<Option<Vec<Observed>>, AdapterError> {
    let Some(table) = table(session) else { return Ok(None) };
    let target = adapter.dialect().literal(&session.settings.profile.target_name);
    let condition = format!("where target = {target} and observed <> '{{}}'");
    let rows = newest(adapter, &table, "observed", &condition, most).await?;
    let read = |row: &Vec<String>| serde_json::from_str::<BTreeMap<String, Observed>>(row.first()?).ok();
    Ok(Some(rows.iter().filter_map(read).flat_map(BTreeMap::into_values).collect()))
}

/// Texts of the newest rows, the oldest first; none where there is no table yet.
async fn newest(
    adapter: &dyn Adapter,
    table: &Relation,
    columns: &str,
    condition: &str,
    most: usize,
) -> Result<Vec<Vec<String>>, AdapterError> {
    if !stands(adapter, table).await? {
        return Ok(Vec::new());
    }
    let query = format!("select {columns} from {} {condition} order by began_at desc limit {most}", table.render());
    let (rows, _) = adapter.session().await?.query(&query).await?;
    let rows = rows.rows().unwrap_or_default();
    let texts = rows.into_iter().map(|row| row.iter().map(Scalar::to_string).collect());
    let mut texts: Vec<Vec<String>> = texts.collect();
    texts.reverse();
    Ok(texts)
}
