use super::name;
use super::statements::{Statements, Tag};
use super::template::block;
use crate::relation::MergeSpec;

const REFUSE_TWICE: &str = include_str!("refuse_twice.sql");

/// The first major version with MERGE.
const FIRST_WITH_MERGE: u32 = 15;

/// A merge by key: MERGE where the server has it, the same effect by UPDATE and INSERT below.
pub(super) fn merge(merge: &MergeSpec, version: u32) -> Statements {
    if version >= FIRST_WITH_MERGE { native(merge) } else { emulated(merge) }
}

/// A query for one sentence on the key that most of the query's rows share, if any share one.
pub(crate) fn shared_key_query(merge: &MergeSpec) -> String {
    let keys = name::join(merge.source_key(), |key| format!("DBT_INTERNAL_SOURCE.{key}"));
    let names = name::quote_literal(&merge.unique_key.join(", "));
    format!(
        "select format('the query has %s rows with the key (%s) = (%s)', count(*), {names}, concat_ws(', ', {keys}))\n\
         from (\n{}\n) as DBT_INTERNAL_SOURCE group by {keys} having count(*) > 1 order by count(*) desc limit 1",
        merge.query
    )
}

fn native(merge: &MergeSpec) -> Statements {
    let before = format!("merge into {} as DBT_INTERNAL_DEST\nusing (", merge.target);
    let mut after = format!(") as DBT_INTERNAL_SOURCE\non {}\n", condition(merge));
    if !merge.unique_key.is_empty() {
        match assignments(merge) {
            Some(assignments) => after.push_str(&format!("when matched then update set {assignments}\n")),
            None => after.push_str("when matched then do nothing\n"),
        }
    }
    let values = name::join(&merge.columns, |column| of_source(column));
    let columns = name::quote_columns(&merge.columns);
    after.push_str(&format!("when not matched then insert ({columns})\nvalues ({values})"));
    let mut statements = Statements::default();
    statements.push_query(Tag::MERGE, &before, &merge.query, &after);
    statements
}

/// As MERGE: a target row that two source rows match fails the unit, with MERGE's SQLSTATE.
///
/// Update and insert are one statement, so that both see the target as it was before.
fn emulated(merge: &MergeSpec) -> Statements {
    let target = &merge.target;
    let source = name::source(target);
    let condition = condition(merge);
    let columns = name::quote_columns(&merge.columns);
    let values = name::join(&merge.columns, |column| of_source(column));
    let updated = assignments(merge).filter(|_| !merge.unique_key.is_empty()).map(|assignments| {
        format!(
            "with updated as (\nupdate {target} as DBT_INTERNAL_DEST\nset {assignments}\n\
             from {source} as DBT_INTERNAL_SOURCE\nwhere {condition}\n)\n"
        )
    });
    let insert = format!(
        "{}insert into {target} ({columns})\nselect {values} from {source} as DBT_INTERNAL_SOURCE\n\
         where not exists (select from {target} as DBT_INTERNAL_DEST where {condition})",
        updated.unwrap_or_default()
    );
    let twice = [("{target}", target.render()), ("{source}", source.render()), ("{condition}", condition)];
    let mut statements = Statements::default();
    statements
        .push_query(Tag::SELECT, &format!("create temporary table {source} on commit drop as ("), &merge.query, ")")
        .push(Tag::DO, block(REFUSE_TWICE, &twice.each_ref().map(|(mark, text)| (*mark, text.as_str()))))
        .push(Tag::INSERT, insert)
        .answers()
        .push(Tag::plain("DROP TABLE"), format!("drop table {source}"));
    statements
}

/// COMPAT: predicates first, keys taken as written (dbt 1.11).
fn condition(merge: &MergeSpec) -> String {
    let mut conditions = merge.predicates.clone();
    if merge.unique_key.is_empty() {
        conditions.push("FALSE".to_owned());
    }
    conditions
        .extend(merge.key_pairs().map(|(own, given)| format!("DBT_INTERNAL_SOURCE.{given} = DBT_INTERNAL_DEST.{own}")));
    format!("({})", conditions.join(") and ("))
}

/// `None` when a match changes nothing.
fn assignments(merge: &MergeSpec) -> Option<String> {
    let columns = merge.update_columns.as_ref().unwrap_or(&merge.columns);
    let assign = |column: &String| format!("{} = {}", name::quote_identifier(column), of_source(column));
    (!columns.is_empty()).then(|| name::join(columns, assign))
}

fn of_source(column: &str) -> String {
    format!("DBT_INTERNAL_SOURCE.{}", name::quote_identifier(column))
}
