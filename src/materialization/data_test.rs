use crate::outcome::NodeStatus;
use crate::relation::{Scalar, Table};
use crate::resource::{Node, NodeConfig};

/// The statement that counts a test's failures, and the one that shows some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTestQuery {
    /// Gives one row: failures, should_warn, should_error.
    pub count: String,
    /// Gives the failing rows themselves.
    pub rows: String,
    /// Byte of `count` at which the test's own SQL begins.
    pub sql_offset: usize,
}

/// Wraps a test's SQL as dbt does: `fail_calc` over its rows, compared with `warn_if` and `error_if`.
/// `from` stands for the rows when they are stored in a table first (`store_failures`).
pub fn data_test_query(config: &NodeConfig, sql: &str, stored_in: Option<&str>) -> DataTestQuery {
    let fail_calc = config.text("fail_calc").unwrap_or("count(*)");
    let warn_if = config.text("warn_if").unwrap_or("!= 0");
    let error_if = config.text("error_if").unwrap_or("!= 0");
    let rows = stored_in.map_or_else(|| trimmed(sql).to_owned(), |relation| format!("select *\n    from {relation}"));
    let body = if stored_in.is_some() { rows.clone() } else { limited_failures(config, sql) };
    let before = format!(
        "select\n  {fail_calc} as failures,\n  {fail_calc} {warn_if} as should_warn,\n  {fail_calc} {error_if} as should_error\nfrom (\n"
    );
    let sql_offset = before.len();
    DataTestQuery {
        count: format!("{before}{body}\n) dbt_internal_test"),
        rows: format!("select * from (\n{rows}\n) dbt_internal_test"),
        sql_offset,
    }
}

/// A test's SQL, cut to as many rows as its `limit` says: what is counted, and what is stored.
pub fn limited_failures(config: &NodeConfig, sql: &str) -> String {
    let limit = config.get("limit").map(|limit| format!("\n    limit {limit}")).unwrap_or_default();
    format!("{}{limit}", trimmed(sql))
}

fn trimmed(sql: &str) -> &str {
    sql.trim_end().trim_end_matches(';')
}

/// What a test's counts mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTestVerdict {
    /// `pass`, `warn`, `fail` or, where the counts cannot be read, `error`.
    pub status: NodeStatus,
    /// Number of failures.
    pub failures: i64,
    /// For people; `None` when it passed.
    pub message: Option<String>,
}

/// Reads the row of [`DataTestQuery::count`]; `None` when it is not one row of a number and two
/// booleans, as when `fail_calc` is not a number.
pub fn judge(node: &Node, counts: &Table) -> Option<DataTestVerdict> {
    let rows = counts.rows().ok()?;
    let [row] = rows.as_slice() else { return None };
    let failures = whole_number(row.first()?)?;
    Some(verdict(node, failures, truth(row.get(1)?)?, truth(row.get(2)?)?))
}

/// What a number of failures means, with the answers to `warn_if` and `error_if`.
pub fn verdict(node: &Node, failures: i64, should_warn: bool, should_error: bool) -> DataTestVerdict {
    let error_severity = !node.config.text("severity").is_some_and(|word| word.eq_ignore_ascii_case("warn"));
    let warn_if = node.config.text("warn_if").unwrap_or("!= 0");
    let error_if = node.config.text("error_if").unwrap_or("!= 0");
    let plural = if failures == 1 { "" } else { "s" };
    let (status, condition, verb) = if error_severity && should_error {
        (NodeStatus::Fail, error_if, "fail")
    } else if should_warn {
        (NodeStatus::Warn, warn_if, "warn")
    } else {
        return DataTestVerdict { status: NodeStatus::Pass, failures, message: None };
    };
    let message = Some(format!("Got {failures} result{plural}, configured to {verb} if {condition}"));
    DataTestVerdict { status, failures, message }
}

fn whole_number(value: &Scalar) -> Option<i64> {
    match value {
        Scalar::Null => Some(0),
        Scalar::Int(number) => Some(*number),
        #[allow(clippy::cast_possible_truncation, reason = "fail_calc may be an average; dbt truncates too")]
        Scalar::Float(number) => Some(*number as i64),
        Scalar::Decimal(text) | Scalar::Text(text) => text.split('.').next()?.parse().ok(),
        Scalar::Bool(_) | Scalar::Date(_) | Scalar::Timestamp(..) => None,
    }
}

fn truth(value: &Scalar) -> Option<bool> {
    match value {
        Scalar::Null => Some(false),
        Scalar::Bool(truth) => Some(*truth),
        Scalar::Int(number) => Some(*number != 0),
        Scalar::Text(text) => Some(matches!(text.as_str(), "t" | "true" | "True" | "1")),
        _ => None,
    }
}
