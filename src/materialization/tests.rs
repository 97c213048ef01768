use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch};
use serde_json::{Value, json};

use super::*;
use crate::adapter::{Dialect, Script, SeedType};
use crate::outcome::NodeStatus;
use crate::project::sample;
use crate::relation::Table;
use crate::source::FileId;

const TRANSACTIONAL: Capabilities = Capabilities {
    transactional_ddl: true,
    merge: true,
    replace_where: false,
    materialized_views: true,
    grants: true,
    concurrent_batches: true,
    time_travel: false,
    file_format: None,
    clones_tables: false,
    views_bind_early: true,
    max_identifier_bytes: 63,
    table_kind: RelationKind::Table,
};

const FILES: Capabilities = Capabilities { transactional_ddl: false, materialized_views: false, ..TRANSACTIONAL };

struct PlainDialect;

impl Dialect for PlainDialect {
    fn render(&self, _op: &RelationOp) -> Script {
        Script::default()
    }

    fn seed_type(&self, inferred: SeedType) -> &'static str {
        match inferred {
            SeedType::Text => "text",
            SeedType::Integer => "integer",
            SeedType::Number => "double precision",
            SeedType::Boolean => "boolean",
            SeedType::Date => "date",
            SeedType::Timestamp => "timestamp",
            SeedType::Time => "time",
        }
    }
}

fn node(materialized: &str, config: &[(&str, Value)]) -> Node {
    let mut node = sample::model("models/orders.sql");
    node.config.materialized = Materialization::from_name(materialized);
    for (key, value) in config {
        node.config.values.insert((*key).to_owned(), value.clone());
    }
    node
}

/// Builds over an existing table with columns `id`, `name`, from a query that gives `columns`.
fn build_over_table(
    node: &Node,
    capabilities: Capabilities,
    columns: &[(&str, &str)],
) -> Result<Vec<RelationOp>, Box<Diagnostic>> {
    let target = Relation::new("db", "main", "orders");
    let existing = target.clone().with_kind(RelationKind::Table);
    let known = [Column::new("id", "integer"), Column::new("name", "text")];
    let found: Vec<Column> = columns.iter().map(|(name, data_type)| Column::new(*name, *data_type)).collect();
    build(&Request {
        node,
        target: &target,
        existing: Some(&existing),
        query: "select 1 as id, 'x' as name",
        full_refresh: false,
        capabilities,
        foreign_keys: &HashMap::new(),
        existing_columns: Some(&known),
        existing_indexes: None,
        query_columns: Some(&found),
        batch: None,
        strategy_is_macro: false,
        snapshot_strategy: None,
    })
}

const SAME: [(&str, &str); 2] = [("id", "integer"), ("name", "text")];

#[test]
fn the_default_strategy_is_the_atomic_one_of_the_warehouse() {
    let keyed = node("incremental", &[("unique_key", json!("id"))]);
    let unit = build_over_table(&keyed, TRANSACTIONAL, &SAME).unwrap();
    assert!(matches!(unit.as_slice(), [RelationOp::DeleteInsert { unique_key, .. }] if unique_key == &["id"]));
    let unit = build_over_table(&keyed, FILES, &SAME).unwrap();
    assert!(matches!(unit.as_slice(), [RelationOp::Merge(merge)] if merge.unique_key == ["id"]));
    let unit = build_over_table(&node("incremental", &[]), FILES, &SAME).unwrap();
    assert!(matches!(unit.as_slice(), [RelationOp::Append { .. }]));
}

#[test]
fn a_changed_schema_fails_or_is_followed_as_configured() {
    let changed = [("id", "integer"), ("email", "text")];
    let failing = node("incremental", &[("on_schema_change", json!("fail"))]);
    let error = build_over_table(&failing, TRANSACTIONAL, &changed).unwrap_err();
    assert_eq!(error.code, Code::SchemaChanged);
    assert_eq!(
        error.notes,
        ["`email` (text) is new in the query", "`name` is in the table and no longer in the query"]
    );
    assert!(build_over_table(&failing, TRANSACTIONAL, &SAME).is_ok());

    let syncing = node("incremental", &[("on_schema_change", json!("sync_all_columns"))]);
    let unit = build_over_table(&syncing, TRANSACTIONAL, &changed).unwrap();
    let [RelationOp::AlterColumns(alter), RelationOp::Append { columns, .. }] = unit.as_slice() else {
        panic!("unexpected {unit:?}");
    };
    assert_eq!(alter.drop, ["name"]);
    assert_eq!(columns, &["id", "email"]);
}

#[test]
fn a_merge_without_a_key_adds_all_rows() {
    let keyless = [json!(""), json!([])]
        .map(|key| node("incremental", &[("incremental_strategy", json!("merge")), ("unique_key", key)]));
    for model in keyless {
        let unit = build_over_table(&model, TRANSACTIONAL, &SAME).unwrap();
        assert!(matches!(unit.as_slice(), [RelationOp::Append { .. }]), "{unit:?}");
    }
}

#[test]
fn texts_widen_whatever_on_schema_change_says() {
    let ignoring = node("incremental", &[]);
    let target = Relation::new("db", "main", "orders");
    let existing = target.clone().with_kind(RelationKind::Table);
    let request = Request {
        node: &ignoring,
        target: &target,
        existing: Some(&existing),
        query: "select",
        full_refresh: false,
        capabilities: TRANSACTIONAL,
        existing_columns: Some(&[Column::new("name", "character varying(3)")]),
        query_columns: Some(&[Column::new("name", "character varying(9)")]),
        strategy_is_macro: false,
        snapshot_strategy: None,
        batch: None,
        foreign_keys: &HashMap::new(),
        existing_indexes: None,
    };
    let unit = build(&request).unwrap();
    let [RelationOp::AlterColumns(alter), RelationOp::Append { .. }] = unit.as_slice() else { panic!("{unit:?}") };
    assert_eq!(alter.retype, [Column::new("name", "character varying(9)")]);
}

#[test]
fn a_contract_names_every_column_that_breaks_it() {
    let mut contracted = node("table", &[]);
    contracted.config.contract_enforced = true;
    for (name, data_type) in [("id", "bigint"), ("email", "text")] {
        let column = crate::resource::ColumnSpec {
            name: name.to_owned(),
            data_type: Some(data_type.to_owned()),
            ..Default::default()
        };
        contracted.columns.insert(name.to_owned(), column);
    }
    assert_eq!(
        contract_query(&contracted).unwrap(),
        "select cast(null as bigint) as id, cast(null as text) as email where false"
    );
    let promised = [Column::new("id", "bigint"), Column::new("email", "text")];
    let found = [Column::new("name", "text"), Column::new("id", "integer")];
    let error = check_contract(&contracted, &promised, &found, &PlainDialect).unwrap_err();
    assert_eq!(error.code, Code::ContractBroken);
    assert_eq!(
        error.notes,
        ["| column_name | definition_type | contract_type | mismatch_reason       |\n\
          | ----------- | --------------- | ------------- | --------------------- |\n\
          | email       |                 | TEXT          | missing in definition |\n\
          | id          | INTEGER         | BIGINT        | data type mismatch    |\n\
          | name        | TEXT            |               | missing in contract   |"]
    );
    let reordered = [Column::new("email", "text"), Column::new("id", "bigint")];
    assert!(check_contract(&contracted, &promised, &reordered, &PlainDialect).is_ok());
}

#[test]
fn a_materialized_view_follows_its_indexes_as_configured() {
    let configured = |mode: &str| {
        let indexes = json!([{ "columns": ["B", "a"] }, { "columns": ["c"], "unique": true }]);
        node("materialized_view", &[("indexes", indexes), ("on_configuration_change", json!(mode))])
    };
    let index = |columns: &[&str], unique| IndexSpec {
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        unique,
        method: Some("btree".to_owned()),
    };
    let target = Relation::new("db", "main", "orders");
    let existing = target.clone().with_kind(RelationKind::MaterializedView);
    let build_with = |node: &Node, indexes: &[(String, IndexSpec)]| {
        build(&Request {
            node,
            target: &target,
            existing: Some(&existing),
            query: "select 1 as a",
            full_refresh: false,
            capabilities: TRANSACTIONAL,
            foreign_keys: &HashMap::new(),
            existing_columns: None,
            existing_indexes: Some(indexes),
            query_columns: None,
            batch: None,
            strategy_is_macro: false,
            snapshot_strategy: None,
        })
    };
    let same = [("one".to_owned(), index(&["a", "b"], false)), ("two".to_owned(), index(&["c"], true))];
    let other = [("one".to_owned(), index(&["a", "b"], false)), ("old".to_owned(), index(&["d"], false))];
    assert!(matches!(build_with(&configured("apply"), &same).unwrap().as_slice(), [RelationOp::Refresh(_)]));
    let unit = build_with(&configured("apply"), &other).unwrap();
    let [RelationOp::AlterIndexes { drop, create, .. }] = unit.as_slice() else { panic!("unexpected {unit:?}") };
    assert_eq!(drop, &["old"]);
    assert_eq!(create.iter().map(|index| index.columns.join(",")).collect::<Vec<_>>(), ["c"]);
    assert!(build_with(&configured("continue"), &other).unwrap().is_empty());
    assert_eq!(build_with(&configured("fail"), &other).unwrap_err().code, Code::SchemaChanged);
}

#[test]
fn a_snapshot_stores_all_rows_first_and_merges_versions_later() {
    let snapshot = node(
        "snapshot",
        &[("unique_key", json!("id")), ("strategy", json!("timestamp")), ("updated_at", json!("name"))],
    );
    let target = Relation::new("db", "main", "orders");
    let request = Request {
        node: &snapshot,
        target: &target,
        existing: None,
        query: "select 1 as id",
        full_refresh: false,
        capabilities: FILES,
        foreign_keys: &HashMap::new(),
        existing_columns: None,
        existing_indexes: None,
        query_columns: None,
        batch: None,
        strategy_is_macro: false,
        snapshot_strategy: None,
    };
    let unit = build(&request).unwrap();
    assert!(matches!(unit.as_slice(), [RelationOp::ReplaceTable { .. }]));

    let target_lacks_meta = build_over_table(&snapshot, FILES, &SAME).unwrap_err();
    assert_eq!(target_lacks_meta.code, Code::RelationConflict);
    let view = target.clone().with_kind(RelationKind::View);
    let error = build(&Request { existing: Some(&view), ..request }).unwrap_err();
    assert_eq!(error.code, Code::RelationConflict);
}

#[test]
fn a_snapshot_takes_expressions_as_keys_and_names_in_any_case() {
    let snapshot = node(
        "snapshot",
        &[
            ("unique_key", json!(["id", "id || '-'"])),
            ("strategy", json!("check")),
            ("check_cols", json!(["NAME"])),
            ("hard_deletes", json!("new_record")),
            ("snapshot_meta_column_names", json!({ "dbt_valid_to": "VALID_TO" })),
        ],
    );
    let target = Relation::new("db", "main", "orders");
    let existing = target.clone().with_kind(RelationKind::Table);
    let found = [Column::new("id", "integer"), Column::new("name", "text"), Column::new("new", "date")];
    let meta = ["dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "valid_to", "dbt_is_deleted"];
    let mut known = found[..2].to_vec();
    known.extend(meta.map(|name| Column::new(name, "text")));
    let request = Request {
        node: &snapshot,
        target: &target,
        existing: Some(&existing),
        query: "select * from raw",
        full_refresh: false,
        capabilities: TRANSACTIONAL,
        existing_columns: Some(&known),
        query_columns: Some(&found),
        strategy_is_macro: false,
        snapshot_strategy: None,
        batch: None,
        foreign_keys: &HashMap::new(),
        existing_indexes: None,
    };
    let unit = build(&request).unwrap();
    let [RelationOp::AlterColumns(alter), RelationOp::Merge(merge)] = unit.as_slice() else { panic!("{unit:?}") };
    assert_eq!(alter.add, [Column::new("new", "date")]);
    assert_eq!(merge.update_columns.as_deref(), Some(["valid_to".to_owned()].as_slice()));
    assert_eq!(merge.predicates, ["DBT_INTERNAL_DEST.VALID_TO is null"]);
    // New versions close nothing, and so match nothing.
    assert_eq!(merge.source_key(), ["aquifer_closes"]);
    for part in [
        "id as dbt_unique_key_1, id || '-' as dbt_unique_key_2",
        "snapshotted_data.\"name\" is distinct from source_data.\"name\"",
        "or snapshotted_data.dbt_is_deleted = 'True'",
        "null as \"new\"",
    ] {
        assert!(merge.query.contains(part), "{part} is not in {}", merge.query);
    }

    let unknown =
        node("snapshot", &[("unique_key", json!("id")), ("strategy", json!("check")), ("check_cols", json!(["nam"]))]);
    let error = build(&Request { node: &unknown, ..request }).unwrap_err();
    assert_eq!(
        (error.code, error.help.as_slice()),
        (Code::InvalidValue, ["did you mean `name`?".to_owned()].as_slice())
    );
}

#[test]
fn what_a_strategy_macro_gives_is_checked() {
    let snapshot = node("snapshot", &[("hard_deletes", json!("invalidate"))]);
    let given = json!({ "unique_key": "id", "updated_at": " now() ", "row_changed": "true", "scd_id": "md5('x')" });
    let strategy = SnapshotStrategy::of_macro(&snapshot, &given).unwrap();
    assert_eq!(strategy.updated_at, "now()");
    assert_eq!(strategy.hard_deletes, HardDeletes::Invalidate);
    let error = SnapshotStrategy::of_macro(&snapshot, &json!({ "unique_key": "id" })).unwrap_err();
    assert_eq!(error.message, "the strategy of snapshot `orders` gives no `updated_at`");
}

#[test]
fn seed_names_without_quotes_are_lower_case_and_must_be_names() {
    let mut seed = sample::seed("seeds/raw.csv");
    seed.config.values.insert("quote_columns".to_owned(), json!(false));
    let rows = parse_seed(&seed, FileId(0), "\u{feff}Id,NAME\n1,a\n".as_bytes(), &PlainDialect).unwrap();
    assert_eq!(rows.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "name"]);
    let error = parse_seed(&seed, FileId(0), "id|name\n1|a\n".as_bytes(), &PlainDialect).unwrap_err();
    assert_eq!(error.message, "syntax error: `id|name` is no column name without quotes");
    seed.config.values.insert("delimiter".to_owned(), json!(""));
    let error = parse_seed(&seed, FileId(0), "id|name\n".as_bytes(), &PlainDialect).unwrap_err();
    assert_eq!(error.code.class(), Some("Compilation Error"));
}

#[test]
fn seed_columns_get_the_narrowest_type_and_empty_fields_are_null() {
    let seed = sample::seed("seeds/raw.csv");
    let csv = "id,big,price,at,day,ok,name\n1,3000000000,1.5,2024-01-01 10:00:00,2024-01-01,true,a\n2,,2,2024-01-02,2024-01-02,false,\n";
    let rows = parse_seed(&seed, FileId(0), csv.as_bytes(), &PlainDialect).unwrap();
    let types: Vec<&str> = rows.columns.iter().map(|column| column.data_type.as_str()).collect();
    assert_eq!(types, ["integer", "bigint", "double precision", "timestamp", "date", "boolean", "text"]);
    assert_eq!(rows.rows.field(1, 1), None);
    assert_eq!(rows.rows.field(1, 6), None);
}

#[test]
fn a_broken_seed_points_at_its_row() {
    let seed = sample::seed("seeds/raw.csv");
    let error = parse_seed(&seed, FileId(3), "a,b\n1,2\n1,2,3\n".as_bytes(), &PlainDialect).unwrap_err();
    assert_eq!(error.code, Code::InvalidSeed);
    assert_eq!(error.primary.map(|label| label.span.start), Some(8));
}

#[test]
fn a_test_warns_or_fails_as_its_thresholds_say() {
    let counts = |failures: i64, warn: bool, error: bool| {
        let columns: [(&str, ArrayRef); 3] = [
            ("failures", Arc::new(Int64Array::from(vec![failures]))),
            ("should_warn", Arc::new(BooleanArray::from(vec![warn]))),
            ("should_error", Arc::new(BooleanArray::from(vec![error]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        Table::new(batch.schema(), vec![batch])
    };
    let test = node("test", &[("error_if", json!("> 10"))]);
    let verdict = judge(&test, &counts(12, true, true)).unwrap();
    assert_eq!(verdict.status, NodeStatus::Fail);
    assert_eq!(verdict.message.as_deref(), Some("Got 12 results, configured to fail if > 10"));
    assert_eq!(judge(&test, &counts(1, true, false)).unwrap().status, NodeStatus::Warn);
    assert_eq!(judge(&test, &counts(0, false, false)).unwrap().status, NodeStatus::Pass);
    let warning = node("test", &[("severity", json!("warn"))]);
    assert_eq!(judge(&warning, &counts(1, true, true)).unwrap().status, NodeStatus::Warn);
    assert_eq!(judge(&test, &Table::empty()), None);
}

#[test]
fn the_test_statement_remembers_where_the_users_sql_begins() {
    let query = data_test_query(&node("test", &[("limit", json!(5))]).config, "select 1;\n", None);
    assert!(query.count[query.sql_offset..].starts_with("select 1\n    limit 5\n)"));
}
