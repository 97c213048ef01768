use serde_json::Value;

use super::Request;
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::{Column, IndexSpec, ShapedColumn, TableOptions, TableShape};
use crate::resource::{ColumnSpec, Constraint, ConstraintKind, Node, NodeConfig};

/// Storage options as the config says.
pub(crate) fn table_options(config: &NodeConfig) -> TableOptions {
    let properties = match config.get("table_properties") {
        Some(Value::Object(map)) => map.iter().map(|(key, value)| (key.clone(), plain_text(value))).collect(),
        _ => indexmap::IndexMap::new(),
    };
    TableOptions {
        indexes: indexes(config),
        unlogged: config.flag("unlogged").unwrap_or(false),
        partition_by: config.text_list("partition_by"),
        cluster_by: config.text_list("cluster_by"),
        properties,
    }
}

fn indexes(config: &NodeConfig) -> Vec<IndexSpec> {
    let Some(Value::Array(items)) = config.get("indexes") else { return Vec::new() };
    items
        .iter()
        .filter_map(Value::as_object)
        .map(|index| IndexSpec {
            columns: match index.get("columns") {
                Some(Value::Array(columns)) => columns.iter().map(plain_text).collect(),
                Some(Value::String(column)) => vec![column.clone()],
                _ => Vec::new(),
            },
            unique: index.get("unique").and_then(Value::as_bool).unwrap_or(false),
            method: index.get("type").and_then(Value::as_str).map(str::to_owned),
        })
        .filter(|index| !index.columns.is_empty())
        .collect()
}

fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Columns and constraints that an enforced contract prescribes; nothing without a contract.
///
/// # Errors
/// `contract-broken` when the query's columns are not those of the contract.
pub(crate) fn table_shape(request: &Request<'_>) -> Result<TableShape, Box<Diagnostic>> {
    let node = request.node;
    if !node.config.contract_enforced {
        return Ok(TableShape::default());
    }
    if let Some(found) = request.query_columns {
        check_contract(node, found)?;
    }
    let columns = node
        .columns
        .values()
        .map(|column| ShapedColumn {
            name: column_name(column),
            data_type: column.data_type.clone().unwrap_or_default(),
            constraints: column.constraints.iter().map(|constraint| clause(constraint, &[])).collect(),
        })
        .collect();
    let constraints = node.as_model().map_or_else(Vec::new, |model| {
        model.constraints.iter().map(|constraint| clause(constraint, &constraint.columns)).collect()
    });
    Ok(TableShape { columns: Some(columns), constraints })
}

fn column_name(column: &ColumnSpec) -> String {
    if column.quote == Some(true) { format!("\"{}\"", column.name.replace('"', "\"\"")) } else { column.name.clone() }
}

/// A constraint as SQL; `columns` is empty for column-level ones.
fn clause(constraint: &Constraint, columns: &[String]) -> String {
    let expression = constraint.expression.as_deref().unwrap_or_default();
    let list = if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
    let body = match constraint.kind {
        ConstraintKind::NotNull => "not null".to_owned(),
        ConstraintKind::Unique => format!("unique{list}"),
        ConstraintKind::PrimaryKey => format!("primary key{list}"),
        ConstraintKind::Check => format!("check ({expression})"),
        ConstraintKind::ForeignKey => foreign_key(constraint, columns),
        ConstraintKind::Custom => expression.to_owned(),
    };
    match &constraint.name {
        Some(name) => format!("constraint {name} {body}"),
        None => body,
    }
}

fn foreign_key(constraint: &Constraint, columns: &[String]) -> String {
    let own = if columns.is_empty() { String::new() } else { format!("foreign key ({}) ", columns.join(", ")) };
    match &constraint.to {
        Some(to) => format!("{own}references {to} ({})", constraint.to_columns.join(", ")),
        None => format!("{own}references {}", constraint.expression.as_deref().unwrap_or_default()),
    }
}

fn check_contract(node: &Node, found: &[Column]) -> Result<(), Box<Diagnostic>> {
    let mut faults = Vec::new();
    for column in node.columns.values() {
        match found.iter().find(|candidate| candidate.name.eq_ignore_ascii_case(&column.name)) {
            None => faults.push(format!("`{}` is in the contract and not in the model's query", column.name)),
            Some(candidate) if !same_type(&candidate.data_type, column.data_type.as_deref()) => faults.push(format!(
                "`{}` is {} in the model's query and {} in the contract",
                column.name,
                candidate.data_type,
                column.data_type.as_deref().unwrap_or("untyped"),
            )),
            Some(_) => {}
        }
    }
    for column in found {
        if !node.columns.keys().any(|name| name.eq_ignore_ascii_case(&column.name)) {
            faults.push(format!("`{}` is in the model's query and not in the contract", column.name));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let mut diagnostic = Diagnostic::error(
        Code::ContractBroken,
        format!("the columns of `{}` are not those of its contract", node.name),
    )
    .at(node.origin.patch_span.unwrap_or(node.origin.span), "the contract")
    .help("change the query or the contract so that names and types agree");
    diagnostic.notes = faults;
    Err(Box::new(diagnostic))
}

/// Whether two type texts mean the same, precision aside.
fn same_type(found: &str, wanted: Option<&str>) -> bool {
    let Some(wanted) = wanted else { return true };
    canonical_type(found) == canonical_type(wanted)
}

fn canonical_type(text: &str) -> String {
    let lower = text.trim().to_ascii_lowercase();
    let base = lower.split('(').next().unwrap_or_default().trim().to_owned();
    let rest = lower.split(')').nth(1).unwrap_or_default().trim().to_owned();
    let joined = if rest.is_empty() { base } else { format!("{base} {rest}") };
    match joined.as_str() {
        "int" | "int4" | "integer" => "integer",
        "int8" | "bigint" => "bigint",
        "int2" | "smallint" => "smallint",
        "text" | "string" => "text",
        "varchar" | "character varying" => "character varying",
        "float" | "float8" | "double" | "double precision" => "double precision",
        "real" | "float4" => "real",
        "decimal" | "numeric" => "numeric",
        "bool" | "boolean" => "boolean",
        "timestamp" | "timestamp without time zone" => "timestamp without time zone",
        "timestamptz" | "timestamp with time zone" => "timestamp with time zone",
        other => other,
    }
    .to_owned()
}
