//! Contracts: the columns that a model promises, checked against those of its query, and as the
//! shape of its table.

use super::Request;
use crate::adapter::Dialect;
use crate::diagnostic::{Code, Diagnostic};
use crate::relation::{Column, ShapedColumn, TableShape};
use crate::resource::{ColumnSpec, Constraint, ConstraintKind, Node};

/// A query that gives the promised columns and no rows: the warehouse itself then says what the
/// written types mean.
///
/// # Errors
/// `contract-broken` when a column has no type.
pub fn contract_query(node: &Node) -> Result<String, Box<Diagnostic>> {
    let untyped: Vec<&str> =
        node.columns.values().filter(|column| column.data_type.is_none()).map(|column| column.name.as_str()).collect();
    if !untyped.is_empty() {
        let message = format!(
            "Contracted models require data_type to be defined for each column. Please ensure that the column name \
             and data_type are defined within the YAML configuration for the {} column(s).",
            untyped.join(", ")
        );
        return Err(Box::new(broken(node, message).help("add `data_type:` to these columns")));
    }
    let columns: Vec<String> = node
        .columns
        .values()
        .map(|column| format!("cast(null as {}) as {}", data_type(node, column), column_name(column)))
        .collect();
    Ok(format!("select {} where false", columns.join(", ")))
}

/// Compares the promised columns, as the warehouse describes them, with those of the query: names,
/// and types by the words that errors use for them, in any order.
///
/// # Errors
/// `contract-broken`, with a table of what does not agree.
pub fn check_contract(
    node: &Node,
    promised: &[Column],
    found: &[Column],
    dialect: &dyn Dialect,
) -> Result<(), Box<Diagnostic>> {
    let mut faults = Vec::new();
    for column in found {
        let definition = dialect.type_label(&column.data_type);
        match promised.iter().find(|candidate| candidate.name == column.name) {
            None => faults.push([column.name.clone(), definition, String::new(), "missing in contract".to_owned()]),
            Some(promise) => {
                let contract = dialect.type_label(&promise.data_type);
                if contract != definition {
                    faults.push([column.name.clone(), definition, contract, "data type mismatch".to_owned()]);
                }
            }
        }
    }
    for promise in promised.iter().filter(|promise| !found.iter().any(|column| column.name == promise.name)) {
        let contract = dialect.type_label(&promise.data_type);
        faults.push([promise.name.clone(), String::new(), contract, "missing in definition".to_owned()]);
    }
    if faults.is_empty() {
        return Ok(());
    }
    faults.sort_by(|one, other| one[0].cmp(&other[0]));
    // COMPAT: dbt's sentence and table (dbt 1.11).
    let problem =
        broken(node, "This model has an enforced contract that failed.".to_owned()).note(mismatches(&faults)).help(
            "Please ensure the name, data_type, and number of columns in your contract match the columns in your \
             model's definition.",
        );
    Err(Box::new(problem))
}

fn broken(node: &Node, message: String) -> Diagnostic {
    Diagnostic::error(Code::ContractBroken, message)
        .at(node.origin.patch_span.unwrap_or(node.origin.span), "the contract")
}

/// What does not agree, as a table of text.
fn mismatches(faults: &[[String; 4]]) -> String {
    let head = ["column_name", "definition_type", "contract_type", "mismatch_reason"].map(str::to_owned);
    let width = |index: usize| {
        let cells = faults.iter().chain([&head]).filter_map(|row| row.get(index));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2), width(3)];
    let line = |row: &[String; 4]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("| {} |", cells.join(" | "))
    };
    let rule = widths.map(|width| "-".repeat(width));
    let lines: Vec<String> = [&head, &rule].into_iter().chain(faults).map(line).collect();
    lines.join("\n")
}

/// Columns and constraints that an enforced contract prescribes; nothing without a contract.
pub(crate) fn table_shape(request: &Request<'_>) -> TableShape {
    let node = request.node;
    if !node.config.contract_enforced {
        return TableShape::default();
    }
    let columns = node
        .columns
        .values()
        .map(|column| ShapedColumn {
            name: column_name(column),
            data_type: data_type(node, column),
            constraints: column.constraints.iter().filter_map(|one| column_clause(request, one)).collect(),
        })
        .collect();
    let constraints = node.as_model().map_or_else(Vec::new, |model| {
        model.constraints.iter().filter_map(|constraint| table_clause(request, constraint)).collect()
    });
    TableShape { columns: Some(columns), constraints }
}

fn column_name(column: &ColumnSpec) -> String {
    if column.quote == Some(true) { format!("\"{}\"", column.name.replace('"', "\"\"")) } else { column.name.clone() }
}

/// A column's type. COMPAT: `string` is `text`, unless the contract says `alias_types: false` (dbt 1.11).
fn data_type(node: &Node, column: &ColumnSpec) -> String {
    let written = column.data_type.clone().unwrap_or_default();
    let contract = node.config.get("contract");
    let aliased = contract.and_then(|contract| contract.get("alias_types")).and_then(serde_json::Value::as_bool);
    match written.to_ascii_lowercase().as_str() {
        "string" if aliased != Some(false) => "text".to_owned(),
        _ => written,
    }
}

/// A column's constraint as SQL. COMPAT: its name is not used (dbt 1.11).
fn column_clause(request: &Request<'_>, constraint: &Constraint) -> Option<String> {
    let expression = constraint.expression.as_deref().unwrap_or_default();
    let clause = match constraint.kind {
        ConstraintKind::NotNull => format!("not null {expression}"),
        ConstraintKind::Unique => format!("unique {expression}"),
        ConstraintKind::PrimaryKey => format!("primary key {expression}"),
        ConstraintKind::ForeignKey => format!("references {}", referred(request, constraint)?),
        ConstraintKind::Check if !expression.is_empty() => format!("check ({expression})"),
        ConstraintKind::Check => return None,
        ConstraintKind::Custom => expression.to_owned(),
    };
    Some(clause.trim().to_owned()).filter(|clause| !clause.is_empty())
}

/// A table's constraint as SQL.
fn table_clause(request: &Request<'_>, constraint: &Constraint) -> Option<String> {
    let name = constraint.name.as_ref().map(|name| format!("constraint {name} ")).unwrap_or_default();
    let columns = constraint.columns.join(", ");
    let expression = constraint.expression.as_deref().unwrap_or_default();
    let spaced = if expression.is_empty() { String::new() } else { format!(" {expression}") };
    let clause = match constraint.kind {
        ConstraintKind::NotNull => return None,
        ConstraintKind::Unique => format!("unique{spaced} ({columns})"),
        ConstraintKind::PrimaryKey => format!("primary key{spaced} ({columns})"),
        ConstraintKind::ForeignKey => format!("foreign key ({columns}) references {}", referred(request, constraint)?),
        ConstraintKind::Check if !expression.is_empty() => format!("check ({expression})"),
        ConstraintKind::Custom if !expression.is_empty() => expression.to_owned(),
        ConstraintKind::Check | ConstraintKind::Custom => return None,
    };
    Some(format!("{name}{clause}"))
}

/// What a foreign key refers to: a node's relation and columns, or the expression as written.
fn referred(request: &Request<'_>, constraint: &Constraint) -> Option<String> {
    match &constraint.to {
        Some(to) if !constraint.to_columns.is_empty() => {
            let relation = request.foreign_keys.get(to).map_or_else(|| to.clone(), crate::relation::Relation::render);
            Some(format!("{relation} ({})", constraint.to_columns.join(", ")))
        }
        _ => constraint.expression.clone(),
    }
}
