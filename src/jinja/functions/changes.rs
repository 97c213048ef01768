//! What templates change in the warehouse: `adapter.drop_relation` and the like, transactions, and what
//! materializations ask of the adapter.

use std::sync::Arc;

use minijinja::{Error, State, Value};

use super::adapter::{argument, none, relation_of, schema_of, text_argument};
use crate::diagnostic::Code;
use crate::jinja::failure::{fail, fail_with_help, raise};
use crate::jinja::objects::{IndexValue, MutableList, MutableMap, ResponseValue, table_value};
use crate::jinja::python::{text, to_json};
use crate::jinja::rendering::Rendering;
use crate::relation::{AlterColumns, Column, RelationOp};

type Outcome = Result<Value, Error>;

/// Applies an operation, unless a macro of the user's stands in for it.
fn carry_out(
    rendering: &Arc<Rendering>,
    state: &mut State<'_, '_>,
    args: &[Value],
    (name, op): (&str, RelationOp),
) -> Outcome {
    let Some(introspect) = rendering.introspect() else { return Ok(Value::from("")) };
    if let Some(done) = overridden(rendering, state, name, args) {
        introspect.note(&op);
        return done;
    }
    introspect.apply(&[op]).map_err(raise)?;
    Ok(Value::from(""))
}

/// Calls the user's own macro of a built-in name, if there is one.
pub(super) fn overridden(
    rendering: &Arc<Rendering>,
    state: &mut State<'_, '_>,
    name: &str,
    args: &[Value],
) -> Option<Outcome> {
    let (shared, package) = (&rendering.shared, &rendering.node.package);
    if !shared.macros.is_overridden(&shared.settings, package, name) {
        return None;
    }
    shared.macros.find(package, name).map(|id| rendering.call(id, state, args))
}

/// What the user's own macro of a built-in name says, read by a macro of the engine's that calls it.
pub(super) fn read_overridden(
    rendering: &Arc<Rendering>,
    state: &mut State<'_, '_>,
    (name, reader): (&str, &str),
    args: &[Value],
) -> Option<Outcome> {
    let (shared, package) = (&rendering.shared, &rendering.node.package);
    if !rendering.executes() || !shared.macros.is_overridden(&shared.settings, package, name) {
        return None;
    }
    shared.macros.builtin(reader).map(|id| rendering.call(id, state, args))
}

/// Applies an operation the engine's own way.
fn natively(rendering: &Arc<Rendering>, op: RelationOp) -> Outcome {
    if let Some(introspect) = rendering.introspect() {
        introspect.apply(&[op]).map_err(raise)?;
    }
    Ok(Value::from(""))
}

fn dropped(args: &[Value]) -> Result<RelationOp, Error> {
    Ok(RelationOp::Drop { relation: relation_of(args, 0, "relation")?, cascade: true })
}

fn renamed(args: &[Value]) -> Result<RelationOp, Error> {
    let (from, to) = (relation_of(args, 0, "from_relation")?, relation_of(args, 1, "to_relation")?);
    Ok(RelationOp::Rename { from, to })
}

pub(super) fn create_schema(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    carry_out(rendering, state, args, ("create_schema", RelationOp::CreateSchema(schema_of(args))))
}

pub(super) fn native_create_schema(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    natively(rendering, RelationOp::CreateSchema(schema_of(args)))
}

pub(super) fn drop_schema(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    carry_out(rendering, state, args, ("drop_schema", RelationOp::DropSchema(schema_of(args))))
}

pub(super) fn native_drop_schema(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    natively(rendering, RelationOp::DropSchema(schema_of(args)))
}

pub(super) fn drop_relation(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    // COMPAT: a relation that is none is no error (dbt 1.11).
    if !rendering.executes() || argument(args, 0, "relation").is_none() {
        return Ok(Value::from(""));
    }
    carry_out(rendering, state, args, ("drop_relation", dropped(args)?))
}

pub(super) fn native_drop_relation(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    natively(rendering, dropped(args)?)
}

pub(super) fn truncate_relation(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    if !rendering.executes() {
        return Ok(Value::from(""));
    }
    let op = RelationOp::Truncate(relation_of(args, 0, "relation")?);
    carry_out(rendering, state, args, ("truncate_relation", op))
}

pub(super) fn native_truncate_relation(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    natively(rendering, RelationOp::Truncate(relation_of(args, 0, "relation")?))
}

pub(super) fn rename_relation(rendering: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    if !rendering.executes() {
        return Ok(Value::from(""));
    }
    carry_out(rendering, state, args, ("rename_relation", renamed(args)?))
}

pub(super) fn native_rename_relation(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    natively(rendering, renamed(args)?)
}

/// `adapter.commit()`.
pub(super) fn commit(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Outcome {
    if let Some(introspect) = rendering.introspect() {
        introspect.commit().map_err(raise)?;
    }
    Ok(Value::from(""))
}

/// `adapter.__materialize('table')`: what a built-in materialization is to one that builds on it.
pub(super) fn materialize(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let Some(introspect) = rendering.introspect() else { return Ok(none()) };
    let name = text_argument(args, 0, "materialization").unwrap_or_default();
    let sql = rendering.updated("sql").map(|sql| crate::jinja::python::text(&sql));
    let (response, counts) = introspect.build(&name, sql).map_err(raise)?;
    let table = if counts.row_count() == 0 { none() } else { table_value(&counts)? };
    super::warehouse::keep(rendering, "main".to_owned(), ResponseValue::value(response), table);
    let this = super::context_value(rendering, "this");
    let relations = MutableList::value(this.into_iter().collect());
    Ok(MutableMap::value([(Value::from("relations"), relations)].into_iter().collect()))
}

/// Widens the text columns of a table so that another's values fit.
pub(super) fn expand_target_column_types(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let Some(introspect) = rendering.introspect() else { return Ok(Value::from("")) };
    let from = introspect.columns(&relation_of(args, 0, "from_relation")?).map_err(raise)?;
    let target = relation_of(args, 1, "to_relation")?;
    let standing = introspect.columns(&target).map_err(raise)?;
    let wider = |column: &Column| {
        let known = standing.iter().find(|known| known.name == column.name)?;
        let (known, wanted) = (text_size(&known.data_type)?, text_size(&column.data_type)?);
        (wanted > known).then(|| Column::new(column.name.clone(), column.data_type.clone()))
    };
    let retype: Vec<Column> = from.iter().filter_map(wider).collect();
    if !retype.is_empty() {
        let change = AlterColumns { relation: target, add: Vec::new(), drop: Vec::new(), retype };
        introspect.apply(&[RelationOp::AlterColumns(change)]).map_err(raise)?;
    }
    Ok(Value::from(""))
}

/// The length that a type of text has, if it is limited.
fn text_size(data_type: &str) -> Option<u64> {
    let lower = data_type.to_ascii_lowercase();
    let (base, size) = lower.strip_suffix(')')?.split_once('(')?;
    matches!(base.trim(), "character varying" | "varchar" | "character" | "char").then(|| size.trim().parse().ok())?
}

/// `adapter.get_incremental_strategy_macro(context, 'merge')`.
pub(super) fn strategy_macro(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let strategy = text_argument(args, 1, "strategy").unwrap_or_else(|| "default".to_owned());
    if strategy == "insert_overwrite"
        && !rendering.shared.macros.is_overridden_by_name("get_incremental_insert_overwrite_sql")
    {
        return Err(fail(
            Code::InvalidValue,
            format!("The incremental strategy '{strategy}' is not valid for this adapter"),
        ));
    }
    let name = format!("get_incremental_{}_sql", strategy.replace('+', "_"));
    rendering.lookup(&name, &rendering.node.package).ok_or_else(|| {
        let project = &rendering.shared.settings.root_package;
        fail_with_help(
            Code::UndefinedName,
            format!("dbt could not find an incremental strategy macro with the name \"{name}\" in {project}"),
            "use `append`, `delete+insert` or `merge`, or write a macro of this name",
        )
    })
}

/// `adapter.valid_incremental_strategies()`.
pub(super) fn valid_strategies(_: &Arc<Rendering>, _: &mut State<'_, '_>, _: &[Value]) -> Outcome {
    let names = ["append", "delete+insert", "merge", "microbatch"];
    Ok(MutableList::value(names.into_iter().map(Value::from).collect()))
}

/// `adapter.parse_index({'columns': [...]})`: none when there is nothing to parse.
pub(super) fn parse_index(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let Some(written) = argument(args, 0, "raw_index") else { return Ok(none()) };
    IndexValue::read(&to_json(&written)).ok_or_else(|| {
        fail_with_help(
            Code::InvalidValue,
            format!("`{}` is no index", text(&written)),
            "write `{'columns': ['a'], 'unique': true, 'type': 'btree'}`",
        )
    })
}

/// `adapter.standardize_grants_dict(table)`: privilege -> grantees.
pub(super) fn standardize_grants_dict(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let mut grants: indexmap::IndexMap<String, Vec<Value>> = indexmap::IndexMap::new();
    for row in
        argument(args, 0, "grants_table").ok_or_else(|| fail(Code::JinjaError, "a table is needed"))?.try_iter()?
    {
        let privilege = text(&row.get_item(&Value::from("privilege_type"))?);
        grants.entry(privilege).or_default().push(row.get_item(&Value::from("grantee"))?);
    }
    let entry = |(privilege, grantees): (String, Vec<Value>)| (Value::from(privilege), MutableList::value(grantees));
    Ok(MutableMap::value(grants.into_iter().map(entry).collect()))
}

/// `adapter.verify_database('db')`: another database than the connected one cannot be reached.
pub(super) fn verify_database(rendering: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let wanted = text_argument(args, 0, "database").unwrap_or_default();
    let wanted = wanted.trim_matches('"');
    let target = &rendering.shared.settings.target;
    let known = ["database", "dbname"].iter().find_map(|key| target.get(*key)).and_then(serde_json::Value::as_str);
    match known {
        Some(known) if !wanted.is_empty() && !known.eq_ignore_ascii_case(wanted) => Err(fail(
            Code::JinjaError,
            format!(
                "Cross-db references not allowed in {} ({wanted} vs {known})",
                rendering.shared.settings.adapter_type
            ),
        )),
        _ => Ok(Value::from("")),
    }
}
