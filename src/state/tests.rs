use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{DeferralScope, EarlierResults, PreviousState};
use crate::artifacts::manifest_node;
use crate::diagnostic::{Code, Diagnostics, Severity};
use crate::project::{Project, sample};
use crate::relation::Relation;
use crate::resource::{ColumnSpec, Macro, MacroKind, Model, Node, NodeKind, ResourceType, UniqueId, VersionRef};
use crate::source::{FileId, Span};
use crate::system::MemoryFileSystem;

const WAYS: [&str; 8] = [
    "new",
    "modified",
    "modified.body",
    "modified.configs",
    "modified.persisted_descriptions",
    "modified.relation",
    "modified.macros",
    "modified.contract",
];

fn manifest(nodes: &[Node]) -> Value {
    let section = |wanted: bool| -> serde_json::Map<String, Value> {
        let nodes = nodes.iter().filter(|node| (node.resource_type() == ResourceType::Source) == wanted);
        nodes.map(|node| (node.unique_id.to_string(), Value::Object(manifest_node(node)))).collect()
    };
    json!({
        "metadata": { "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json" },
        "nodes": section(false),
        "sources": section(true),
        "macros": { "macro.shop.cents": { "package_name": "shop", "macro_sql": "{% macro cents() %}1{% endmacro %}" } },
    })
}

fn load(files: &[(&str, Value)]) -> Result<PreviousState, Box<crate::diagnostic::Diagnostic>> {
    let files = MemoryFileSystem::new(files.iter().map(|(path, json)| (*path, json.to_string())));
    PreviousState::load(&files, Path::new("/prod"), Path::new("/shop/target"))
}

fn state(earlier: &Value) -> PreviousState {
    load(&[("/prod/manifest.json", earlier.clone())]).unwrap()
}

fn changed(earlier: &Value, now: Project, way: &str) -> Result<(Vec<String>, Diagnostics), Diagnostics> {
    let (found, problems) = state(earlier).changed(&now, way)?;
    let mut names: Vec<String> = found.iter().map(ToString::to_string).collect();
    names.sort();
    Ok((names, problems))
}

/// The ways in which a node differs from what it was.
fn ways(before: &Node, now: &Node) -> Vec<&'static str> {
    let earlier = manifest(std::slice::from_ref(before));
    let differs = |way: &&str| !changed(&earlier, sample::project(vec![now.clone()]), way).unwrap().0.is_empty();
    WAYS.into_iter().filter(differs).collect()
}

fn unrendered(mut node: Node, config: Value) -> Node {
    node.unrendered_config = config.as_object().unwrap().clone();
    node
}

fn orders() -> Node {
    sample::model("models/orders.sql")
}

#[test]
fn each_change_shows_in_its_own_way() {
    let with = |change: &dyn Fn(&mut Node)| {
        let mut node = orders();
        change(&mut node);
        node
    };
    let cases: Vec<(Node, Node, Vec<&str>)> = vec![
        (orders(), orders(), vec![]),
        (orders(), with(&|node| node.raw_code = Arc::from("select 2")), vec!["modified", "modified.body"]),
        (orders(), unrendered(orders(), json!({ "materialized": "table" })), vec!["modified", "modified.configs"]),
        (orders(), unrendered(orders(), json!({ "schema": "x" })), vec!["modified", "modified.relation"]),
        (orders(), unrendered(orders(), json!({ "tags": ["daily"], "group": "sales" })), vec![]),
        (orders(), with(&|node| node.description = "words".to_owned()), vec![]),
        (
            with(&|node| node.config.persist_docs.relation = true),
            with(&|node| {
                node.config.persist_docs.relation = true;
                node.description = "words".to_owned();
            }),
            vec!["modified", "modified.persisted_descriptions"],
        ),
        (orders(), with(&|node| node.fqn.push("moved".to_owned())), vec!["modified"]),
        (orders(), with(&|node| node.relation = Some(Relation::new("ci", "pr_7", "orders"))), vec![]),
        (
            sample::seed("seeds/codes.csv"),
            {
                let mut seed = sample::seed("seeds/codes.csv");
                seed.checksum = "1".repeat(64);
                seed
            },
            vec!["modified", "modified.body"],
        ),
        (
            sample::generic_test("unique", "orders", "id"),
            unrendered(sample::generic_test("unique", "orders", "id"), json!({ "severity": "warn" })),
            vec!["modified", "modified.configs"],
        ),
        (
            sample::generic_test("unique", "orders", "id"),
            unrendered(sample::generic_test("unique", "orders", "id"), json!({ "meta": { "owner": "ann" } })),
            vec![],
        ),
    ];
    for (before, now, expected) in cases {
        assert_eq!(ways(&before, &now), expected, "{} {:?}", now.unique_id, now.unrendered_config);
    }
}

#[test]
fn what_was_not_there_is_new_and_a_new_source_is_not_modified() {
    let earlier = manifest(&[]);
    let of = |node: Node| {
        let now = |way: &&str| !changed(&earlier, sample::project(vec![node.clone()]), way).unwrap().0.is_empty();
        WAYS.into_iter().filter(now).collect::<Vec<_>>()
    };
    let all = ["new", "modified", "modified.body", "modified.configs", "modified.persisted_descriptions"];
    assert_eq!(of(orders()), [&all[..], &["modified.relation", "modified.contract"][..]].concat());
    assert_eq!(of(sample::source("raw", "orders")), ["new", "modified.configs", "modified.relation"]);
}

#[test]
fn a_config_that_the_environment_decides_is_no_change() {
    // `{{ config(materialized='table' if target.name == 'prod' else 'view') }}`
    let rendered = |value: &str| {
        let mut node = unrendered(orders(), json!({ "materialized": value }));
        node.code_config = vec!["materialized".to_owned()];
        node
    };
    assert_eq!(ways(&rendered("table"), &rendered("view")), Vec::<&str>::new());
    let mut edited = rendered("view");
    edited.raw_code = Arc::from("{{ config(materialized='view') }} select 1");
    assert_eq!(ways(&rendered("table"), &edited), ["modified", "modified.body", "modified.configs"]);
}

#[test]
fn a_text_with_jinja_equals_what_it_became_in_a_manifest_that_kept_only_that() {
    let now = unrendered(orders(), json!({ "materialized": "{{ var('kind') }}" }));
    let now = now.configured(json!({ "materialized": "table" }));
    let before = unrendered(orders(), json!({ "materialized": "table" }));
    assert_eq!(ways(&before, &now), Vec::<&str>::new());
    // The other way round the text is known to have changed.
    assert_eq!(ways(&now, &before), ["modified", "modified.configs"]);
    let other = unrendered(orders(), json!({ "materialized": "view" }));
    assert_eq!(ways(&other, &now), ["modified", "modified.configs"]);
}

#[test]
fn a_source_is_compared_by_its_schema_as_written() {
    let in_schema = |schema: &str| {
        let mut node = sample::source("raw", "orders");
        node.relation = Some(Relation::new("db", schema, "orders"));
        node
    };
    assert_eq!(ways(&in_schema("raw_dev"), &in_schema("raw_prod")), Vec::<&str>::new());
    let mut before_1_9 = manifest(&[in_schema("raw_dev")]);
    let source = before_1_9["sources"]["source.shop.raw.orders"].as_object_mut().unwrap();
    source.retain(|key, _| !key.starts_with("unrendered_"));
    let now = sample::project(vec![in_schema("raw_prod")]);
    assert_eq!(changed(&before_1_9, now, "modified.relation").unwrap().0, ["source.shop.raw.orders"]);
}

fn with_macros(node: Node, macros: &[(&str, &str, &[&str])]) -> Project {
    let mut project = sample::project(vec![node]);
    let entry = |(id, source, calls): &(&str, &str, &[&str])| {
        let parts: Vec<&str> = id.split('.').collect();
        let entry = Macro {
            unique_id: UniqueId::new(*id),
            name: parts[2].to_owned(),
            package: parts[1].to_owned(),
            original_file_path: "macros/m.sql".to_owned(),
            kind: MacroKind::Macro,
            source: (*source).to_owned(),
            span: Span::new(FileId(0), 0, 0),
            description: String::new(),
            arguments: Vec::new(),
            meta: serde_json::Map::new(),
            docs_show: true,
            patch_path: None,
            depends_on: calls.iter().map(|id| UniqueId::new(*id)).collect(),
        };
        (UniqueId::new(*id), Arc::new(entry))
    };
    project.macros = Arc::new(macros.iter().map(entry).collect::<IndexMap<_, _>>());
    project
}

#[test]
fn a_changed_macro_changes_what_uses_it_through_others_too() {
    let mut node = orders();
    node.depends_on.macros = vec![UniqueId::new("macro.shop.price")];
    let same = "{% macro cents() %}1{% endmacro %}";
    let price = ("macro.shop.price", "{% macro price() %}{{ cents() }}{% endmacro %}", &["macro.shop.cents"][..]);
    let mut earlier = manifest(std::slice::from_ref(&node));
    earlier["macros"]["macro.shop.price"] = json!({ "package_name": "shop", "macro_sql": price.1 });
    let with_cents = |source| with_macros(node.clone(), &[price, ("macro.shop.cents", source, &[])]);
    assert_eq!(changed(&earlier, with_cents(same), "modified").unwrap().0, Vec::<String>::new());
    let edited = "{% macro cents() %}100{% endmacro %}";
    for way in ["modified", "modified.macros"] {
        assert_eq!(changed(&earlier, with_cents(edited), way).unwrap().0, ["model.shop.orders"], "{way}");
    }
}

#[test]
fn another_version_of_the_program_changes_nothing() {
    let mut node = orders();
    node.depends_on.macros = vec![UniqueId::new("macro.dbt.type_string")];
    let earlier = manifest(std::slice::from_ref(&node));
    let now = with_macros(node, &[("macro.dbt.type_string", "{% macro type_string() %}text{% endmacro %}", &[])]);
    assert_eq!(changed(&earlier, now, "modified").unwrap().0, Vec::<String>::new());
}

fn contracted(columns: &[(&str, &str)], version: Option<i64>) -> Node {
    let mut node = orders();
    if let Some(version) = version {
        let version = Some(VersionRef(json!(version)));
        node.kind = NodeKind::Model(Box::new(Model { version, ..Model::default() }));
    }
    node.config.contract_enforced = true;
    let column = |(name, data_type): &(&str, &str)| {
        let spec =
            ColumnSpec { name: (*name).to_owned(), data_type: Some((*data_type).to_owned()), ..ColumnSpec::default() };
        ((*name).to_owned(), spec)
    };
    node.columns = columns.iter().map(column).collect();
    node
}

#[test]
fn breaking_a_contract_is_a_warning_and_of_a_version_an_error() {
    let before = [("id", "int"), ("name", "varchar(10)")];
    let after = [("name", "varchar(20)"), ("more", "int")];
    let project = |version| sample::project(vec![contracted(&after, version)]);
    let (found, warnings) = changed(&manifest(&[contracted(&before, None)]), project(None), "modified").unwrap();
    assert_eq!(found, ["model.shop.orders"]);
    assert_eq!(warnings.len(), 1);
    assert_eq!((warnings[0].code, warnings[0].severity), (Code::ContractBroken, Severity::Warning));
    assert_eq!(warnings[0].notes, ["Columns were removed: id"]);
    let problems = changed(&manifest(&[contracted(&before, Some(1))]), project(Some(1)), "modified").unwrap_err();
    assert_eq!(problems[0].severity, Severity::Error);
    // What only adds breaks nothing, and is a change all the same.
    let grown = [before[0], before[1], ("more", "int")];
    let now = sample::project(vec![contracted(&grown, Some(1))]);
    let (found, problems) = changed(&manifest(&[contracted(&before, Some(1))]), now, "modified.contract").unwrap();
    assert_eq!((found.len(), problems.len()), (1, 0));
}

#[test]
fn a_contracted_model_that_is_gone_is_told() {
    let earlier = manifest(&[contracted(&[("id", "int")], None)]);
    let (_, warnings) = changed(&earlier, sample::project(vec![]), "modified").unwrap();
    assert_eq!(warnings[0].notes, ["Contracted model 'model.shop.orders' was deleted or renamed."]);
    assert!(changed(&earlier, sample::project(vec![]), "modified.body").unwrap().1.is_empty());
}

#[test]
fn a_way_that_does_not_exist_is_told() {
    let problems = changed(&manifest(&[]), sample::project(vec![]), "modifed").unwrap_err();
    assert_eq!(problems[0].code, Code::InvalidSelector);
}

#[test]
fn results_and_freshness_are_read_from_their_files() {
    let schema = |name: &str, version: u32| format!("https://schemas.getdbt.com/dbt/{name}/v{version}.json");
    let results = json!({
        "metadata": { "dbt_schema_version": schema("run-results", 6) },
        "results": [
            { "unique_id": "model.shop.a", "status": "error" },
            { "unique_id": "model.shop.b", "status": "success" },
        ],
        "args": { "which": "build" },
    });
    let sources =
        |entries: Value| json!({ "metadata": { "dbt_schema_version": schema("sources", 3) }, "results": entries });
    let before = sources(json!([
        { "unique_id": "source.shop.raw.old", "max_loaded_at": "2026-01-01T00:00:00+00:00" },
        { "unique_id": "source.shop.raw.same", "max_loaded_at": "2026-01-01T00:00:00Z" },
    ]));
    let now = sources(json!([
        { "unique_id": "source.shop.raw.old", "max_loaded_at": "2026-01-02T00:00:00Z" },
        { "unique_id": "source.shop.raw.same", "max_loaded_at": "2026-01-01T00:00:00Z" },
        { "unique_id": "source.shop.raw.added", "max_loaded_at": "2025-01-01T00:00:00Z" },
        { "unique_id": "source.shop.raw.broken", "error": "no such table" },
    ]));
    let state = load(&[
        ("/prod/run_results.json", results),
        ("/prod/sources.json", before),
        ("/shop/target/sources.json", now),
    ])
    .unwrap();
    let ids = |names: &[&str]| names.iter().map(|name| UniqueId::new(*name)).collect::<HashSet<_>>();
    assert_eq!(state.with_result("error").unwrap(), ids(&["model.shop.a"]));
    let fresher = ids(&["source.shop.raw.old", "source.shop.raw.added"]);
    assert_eq!(state.with_source_status("fresher").unwrap(), fresher);
}

#[test]
fn what_is_missing_or_no_artifact_is_told() {
    let empty = load(&[]).unwrap();
    assert_eq!(empty.with_result("error").unwrap_err()[0].code, Code::InvalidArtifact);
    let problem = empty.deferral(&sample::project(vec![]), DeferralScope::default()).unwrap_err();
    assert!(problem.message.starts_with("could not find manifest in --state path"), "{}", problem.message);
    let wrong = load(&[("/prod/manifest.json", json!({ "metadata": { "dbt_schema_version": "x" } }))]);
    assert_eq!(wrong.unwrap_err().code, Code::InvalidArtifact);
    let schema = "https://schemas.getdbt.com/dbt/manifest/v13.json";
    let newer = load(&[("/prod/manifest.json", json!({ "metadata": { "dbt_schema_version": schema } }))]);
    assert!(newer.unwrap_err().message.contains("version 13"));
}

#[test]
fn a_reference_is_deferred_where_the_node_does_not_exist_or_the_earlier_one_is_preferred() {
    let mut earlier = orders();
    earlier.relation = Some(Relation::new("db", "prod", "orders"));
    let inlined = sample::model("models/inlined.sql").configured(json!({ "materialized": "ephemeral" }));
    let state = state(&manifest(&[earlier, inlined.clone()]));
    let project = sample::project(vec![orders(), inlined]);
    let id = UniqueId::new("model.shop.orders");
    let shown = |favors_state: bool, selected: bool, exists: bool| {
        let selected = selected.then(|| id.clone()).into_iter().collect();
        let deferral = state.deferral(&project, DeferralScope { selected, favors_state }).unwrap();
        deferral.stand_in(&id, || Ok::<_, ()>(exists)).unwrap().map(Relation::short)
    };
    let prod = Some("prod.orders".to_owned());
    assert_eq!(shown(false, false, true), None);
    assert_eq!(shown(false, false, false), prod);
    assert_eq!(shown(false, true, false), prod);
    assert_eq!(shown(true, false, true), prod);
    assert_eq!(shown(true, true, true), None);
    let deferral = state.deferral(&project, DeferralScope::default()).unwrap();
    assert!(deferral.relation(&UniqueId::new("model.shop.inlined")).is_none());
}

#[test]
fn progress_of_a_killed_run_counts_what_did_not_end_as_skipped() {
    let text = r#"{"metadata":{"invocation_started_at":"2026-01-01T00:00:00Z"},"args":{"which":"build"},"planned":["model.shop.a","model.shop.b","model.shop.c"]}
{"unique_id":"model.shop.a","status":"success"}
{"unique_id":"model.shop.b","status":"er"#;
    let results = EarlierResults::from_progress(text).unwrap();
    let ends: Vec<(String, &str)> =
        results.results.iter().map(|result| (result.id().to_string(), result.status.as_str())).collect();
    let end = |name: &str, status| (format!("model.shop.{name}"), status);
    assert_eq!(ends, [end("a", "success"), end("b", "skipped"), end("c", "skipped")]);
    assert_eq!(results.command(), Some("build"));
    assert!(results.started_at().is_some());
}
