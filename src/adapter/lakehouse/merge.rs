//! MERGE: rows of a source update, delete or join the rows of a table.
//!
//! ```text
//! source, read once -> which files of the table hold matches? -> does a row match twice? (error)
//!   -> those files FULL JOIN source -> the outcome of each row -> new files, one commit
//! ```

use std::fmt::Write as _;

use deltalake::kernel::Action;
use deltalake::protocol::DeltaOperation;

use super::commit::{Change, add_all};
use super::copy_on_write::{FILE, Target, given};
use super::names::quoted;
use super::overwrite::check_columns;
use super::replace::retried;
use super::response::rows_response;
use super::session::LakehouseSession;
use super::spool::spool;
use super::warehouse::Place;
use super::write::write_plan;
use crate::adapter::{AdapterError, AdapterErrorKind};
use crate::outcome::AdapterResponse;
use crate::relation::{MergeSpec, Scalar, Table};

/// What becomes of rows that match and of source rows that match nothing. All texts are SQL over the
/// two aliases; the first clause whose condition holds decides.
#[derive(Debug, Clone)]
pub(super) struct Merging {
    /// What the SQL calls the table.
    pub(super) target_alias: String,
    /// What it calls the source.
    pub(super) source_alias: String,
    /// When rows match.
    pub(super) on: String,
    /// Key columns of the source, if rows match by equal keys: a source with unique keys cannot
    /// match a row twice.
    pub(super) key: Vec<String>,
    /// Clauses.
    pub(super) clauses: Vec<Clause>,
}

/// One WHEN clause.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    /// Which rows it is for.
    pub(super) matched: Matched,
    /// A further condition.
    pub(super) condition: Option<String>,
    /// What happens to the row.
    pub(super) effect: Effect,
}

/// Which rows a clause is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matched {
    /// Pairs of a target row and a source row.
    Both,
    /// Source rows without a target row.
    SourceOnly,
    /// Target rows without a source row.
    TargetOnly,
}

/// What a clause does.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    /// Columns get new values; the others keep theirs, or are NULL in a new row.
    Set(Vec<(String, String)>),
    /// The row goes.
    Delete,
}

impl LakehouseSession {
    /// Merges a query's rows by key.
    pub(super) async fn merge(&self, spec: &MergeSpec) -> Result<AdapterResponse, AdapterError> {
        let place = self.warehouse.place(&spec.target)?;
        let _turn = self.warehouse.turn_to_write(&place).await;
        let rows = retried(|| self.merge_spec_once(&place, spec)).await?;
        Ok(rows_response("MERGE", rows))
    }

    async fn merge_spec_once(&self, place: &Place, spec: &MergeSpec) -> Result<u64, AdapterError> {
        let target = Target::open(self, place).await?;
        let plan = target.catalog.plan_query(&spec.query).await?;
        check_columns(plan.schema().as_arrow(), &spec.columns, target.sink.schema.as_ref())?;
        target.catalog.give("source", spool(&target.catalog, &plan).await?.table);
        self.merge_given(target, &Merging::of(spec)).await
    }

    /// Merges `aquifer_given.source` into a table; answers how many rows were changed or added.
    pub(super) async fn merge_given(&self, target: Target, merging: &Merging) -> Result<u64, AdapterError> {
        let text = |from: String| format!("select distinct {}.{FILE} {from}", merging.target_alias);
        let touched = if merging.concerns_all() {
            target.files(self, &format!("select distinct {FILE} from {}", given("target"))).await?
        } else {
            target.files(self, &text(merging.matches(&given("target")))).await?
        };
        target.narrow(&touched).await?;
        if !touched.is_empty() {
            self.check_single_matches(&target, merging).await?;
        }
        let outcome = target.catalog.plan_text(&merging.outcome(&target)).await?;
        let written = write_plan(&target.catalog.state(), &outcome, &target.sink).await?;
        let mut affected = written.beside.iter().map(changed_rows).sum::<usize>() as u64;
        if let Some(text) = merging.deleted() {
            affected += first_number(&self.given_rows(&target, &text).await?);
        }
        let mut actions: Vec<Action> = target.removals(&touched)?;
        actions.extend(add_all(written.files));
        let operation = DeltaOperation::Merge {
            predicate: Some(merging.on.clone()),
            merge_predicate: Some(merging.on.clone()),
            matched_predicates: Vec::new(),
            not_matched_predicates: Vec::new(),
            not_matched_by_source_predicates: Vec::new(),
        };
        let place = target.place.clone();
        let change = Change { table: target.table, actions, operation, blind: false };
        change.commit(self, &place).await?;
        Ok(affected)
    }

    /// A target row that matches two source rows has no one outcome.
    async fn check_single_matches(&self, target: &Target, merging: &Merging) -> Result<(), AdapterError> {
        if !merging.clauses.iter().any(|clause| clause.matched == Matched::Both) {
            return Ok(());
        }
        if !merging.key.is_empty() {
            let keys = merging.key.join(", ");
            let doubled = format!("select {keys} from {} group by {keys} having count(*) > 1 limit 1", given("source"));
            if self.given_rows(target, &doubled).await?.row_count() == 0 {
                return Ok(());
            }
        }
        let numbered = format!("(select *, row_number() over () as __aquifer_row from {})", given("target"));
        let of_source: Vec<String> =
            merging.key.iter().map(|key| format!(", min({}.{key}) as {key}", merging.source_alias)).collect();
        let doubled = format!(
            "select count(*) as __aquifer_count{} {} group by {}.__aquifer_row having count(*) > 1 limit 1",
            of_source.concat(),
            merging.matches(&numbered),
            merging.target_alias
        );
        let found = self.given_rows(target, &doubled).await?;
        if found.row_count() == 0 { Ok(()) } else { Err(matched_twice(target, &found)) }
    }

    async fn given_rows(&self, target: &Target, text: &str) -> Result<Table, AdapterError> {
        let plan = target.catalog.plan_text(text).await?;
        let batches = self.collect(&target.catalog, &plan).await?;
        super::conform::shown(plan.schema().as_arrow(), batches)
    }
}

impl Merging {
    /// The merge of a typed specification: matching rows are updated, others added.
    fn of(spec: &MergeSpec) -> Self {
        let (target, source) = ("dbt_internal_dest", "dbt_internal_source");
        let keys = spec.key_pairs().map(|(own, given)| format!("{target}.{own} = {source}.{given}"));
        let on: Vec<String> = keys.chain(spec.predicates.iter().map(|predicate| format!("({predicate})"))).collect();
        let from_source = |columns: &[String]| {
            columns.iter().map(|column| (column.clone(), format!("{source}.{}", quoted(column)))).collect()
        };
        let updated = spec.update_columns.as_ref().unwrap_or(&spec.columns);
        let clause = |matched, columns| Clause { matched, condition: None, effect: Effect::Set(from_source(columns)) };
        Self {
            target_alias: target.to_owned(),
            source_alias: source.to_owned(),
            on: if on.is_empty() { "false".to_owned() } else { on.join(" and ") },
            key: spec.source_key().to_vec(),
            clauses: vec![clause(Matched::Both, updated), clause(Matched::SourceOnly, &spec.columns)],
        }
    }

    /// Whether rows that match nothing change too.
    fn concerns_all(&self) -> bool {
        self.clauses.iter().any(|clause| clause.matched == Matched::TargetOnly)
    }

    fn matches(&self, target: &str) -> String {
        format!(
            "from {target} as {} join {} as {} on {}",
            self.target_alias,
            given("source"),
            self.source_alias,
            self.on
        )
    }

    /// SQL for all rows of the touched files after the merge, and whether each was changed or added.
    fn outcome(&self, target: &Target) -> String {
        let dest = &self.target_alias;
        let action = self.action();
        let mut text = "select ".to_owned();
        for field in target.sink.schema.fields() {
            let name = quoted(field.name());
            let value = self.value(field.name());
            // Writing to a string cannot fail.
            let _ = write!(text, "case {action} {value} else {dest}.{name} end as {name}, ");
        }
        let not_gone = match self.deleting() {
            Some(numbers) => format!(" and {action} not in ({numbers})"),
            None => String::new(),
        };
        let _ = write!(
            text,
            "{action} > 0 as __aquifer_changed {} where ({dest}.__aquifer_target is not null or {action} > 0){not_gone}",
            self.paired(),
        );
        text
    }

    /// SQL for the number of rows that go, if any clause deletes.
    fn deleted(&self) -> Option<String> {
        let numbers = self.deleting()?;
        Some(format!("select count(*) {} where {} in ({numbers})", self.paired(), self.action()))
    }

    /// The numbers of the clauses that delete.
    fn deleting(&self) -> Option<String> {
        let clauses = self.clauses.iter().enumerate();
        let deleting = clauses.filter(|(_, clause)| matches!(clause.effect, Effect::Delete));
        let numbers: Vec<String> = deleting.map(|(index, _)| (index + 1).to_string()).collect();
        (!numbers.is_empty()).then(|| numbers.join(", "))
    }

    /// Rows of the touched files and of the source, paired where they match.
    fn paired(&self) -> String {
        format!(
            "from (select *, true as __aquifer_target from {}) as {} \
             full join (select *, true as __aquifer_source from {}) as {} on {}",
            given("target"),
            self.target_alias,
            given("source"),
            self.source_alias,
            self.on,
        )
    }

    /// SQL for the number of the clause that decides about a row; 0 if none does.
    fn action(&self) -> String {
        let mut text = "(case".to_owned();
        for (index, clause) in self.clauses.iter().enumerate() {
            let target = format!("{}.__aquifer_target", self.target_alias);
            let source = format!("{}.__aquifer_source", self.source_alias);
            let which = match clause.matched {
                Matched::Both => format!("{target} is not null and {source} is not null"),
                Matched::SourceOnly => format!("{target} is null"),
                Matched::TargetOnly => format!("{source} is null"),
            };
            let condition = clause.condition.as_ref().map(|sql| format!(" and ({sql})")).unwrap_or_default();
            let _ = write!(text, " when {which}{condition} then {}", index + 1);
        }
        text + " else 0 end)"
    }

    /// The WHEN parts of a column's new value.
    fn value(&self, column: &str) -> String {
        let mut text = String::new();
        for (index, clause) in self.clauses.iter().enumerate() {
            let Effect::Set(values) = &clause.effect else { continue };
            match values.iter().find(|(name, _)| name == column) {
                Some((_, sql)) => {
                    let _ = write!(text, "when {} then {sql} ", index + 1);
                }
                None if clause.matched == Matched::SourceOnly => {
                    let _ = write!(text, "when {} then null ", index + 1);
                }
                None => {}
            }
        }
        if text.is_empty() { "when -1 then null".to_owned() } else { text }
    }
}

fn changed_rows(batch: &deltalake::arrow::array::RecordBatch) -> usize {
    use deltalake::arrow::array::AsArray;
    batch.column(0).as_boolean_opt().map_or(0, deltalake::arrow::array::BooleanArray::true_count)
}

fn first_number(table: &Table) -> u64 {
    match table.first_value() {
        Ok(Some(Scalar::Int(number))) => number.unsigned_abs(),
        _ => 0,
    }
}

fn matched_twice(target: &Target, found: &Table) -> AdapterError {
    let message = format!("a row of `{}` matches more than one row of the source", target.place);
    let mut error = AdapterError::new(AdapterErrorKind::Sql, message);
    let row = found.rows().unwrap_or_default().into_iter().next().unwrap_or_default();
    let named: Vec<String> = found
        .column_names()
        .into_iter()
        .zip(row)
        .filter(|(name, value)| !name.starts_with("__aquifer") && *value != Scalar::Null)
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    if !named.is_empty() {
        error.detail = Some(format!("the source holds more than one row with {}", named.join(", ")));
    }
    error.hint = Some("make the query give one row for each unique key".to_owned());
    error
}
