//! The engine as a whole.

mod corpus;
mod robustness;

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::config::Invocation;
use crate::diagnostic::Diagnostic;
use crate::relation::Relation;
use crate::resource::{JsonMap, RefCall, SourceCall};
use crate::source::{FileId, SourceSet};
use crate::system::Environment;

struct Names;

impl Resolver for Names {
    fn reference(&self, call: &RefCall) -> Result<RefTarget, Box<Diagnostic>> {
        Ok(RefTarget { relation: Relation::new("db", "main", call.name.clone()), text: None })
    }

    fn source(&self, call: &SourceCall) -> Result<RefTarget, Box<Diagnostic>> {
        Ok(RefTarget { relation: Relation::new("db", call.source.clone(), call.table.clone()), text: None })
    }

    fn graph(&self) -> Value {
        json!({ "nodes": {} })
    }
}

fn map(value: Value) -> JsonMap {
    value.as_object().cloned().unwrap_or_default()
}

fn settings() -> EngineSettings {
    EngineSettings {
        root_package: "shop".to_owned(),
        packages: vec!["lib".to_owned()],
        versions: indexmap::IndexMap::new(),
        adapter_type: "postgres".to_owned(),
        adapter_parents: Vec::new(),
        dispatch: indexmap::IndexMap::new(),
        vars: VarScopes { global: map(json!({ "days": [1, 2], "who": "ann" })), ..VarScopes::default() },
        target: map(json!({ "schema": "main", "name": "dev", "database": "db" })),
        flags: map(json!({ "FULL_REFRESH": false, "STORE_FAILURES": false })),
        invocation: Invocation {
            id: "id".to_owned(),
            started_at: chrono::DateTime::UNIX_EPOCH,
            command: "run".to_owned(),
            command_line: "aquifer run".to_owned(),
            arguments: JsonMap::new(),
        },
        environment: Arc::new(Environment::default()),
    }
}

/// An engine with the macros of these packages besides the built-in ones.
fn engine(files: &[(&str, &str)]) -> Engine {
    let set = SourceSet::new();
    let mut macros = builtin_macros();
    for (package, text) in files {
        let id = set.add(format!("{package}.sql"), format!("{package}.sql"), *text);
        let (mut found, problems) = macros_of_file(&set.get(id).unwrap(), package, "macros/m.sql");
        assert!(problems.is_empty(), "{problems:?}");
        macros.append(&mut found);
    }
    let (engine, problems) = Engine::new(macros, settings());
    assert!(problems.is_empty(), "{problems:?}");
    engine
}

fn try_render(engine: &Engine, text: &str) -> Result<Rendered, Box<Diagnostic>> {
    let node = Arc::new(NodeContext {
        package: "shop".to_owned(),
        model: map(json!({ "name": "orders", "config": { "materialized": "table" } })).into(),
        config: Arc::new(map(json!({ "materialized": "table", "where": null, "keys": ["a"] }))),
        this: Some(Relation::new("db", "main", "orders")),
        ..NodeContext::default()
    });
    engine.render(&RenderRequest {
        node: &node,
        file: FileId(9),
        offset: 0,
        text,
        resolver: Arc::new(Names),
        introspect: None,
    })
}

fn rendered(engine: &Engine, text: &str) -> String {
    match try_render(engine, text) {
        Ok(rendered) => rendered.text,
        Err(problem) => format!("{}: {} {:?}", problem.code, problem.message, problem.help),
    }
}

#[test]
fn nodes_see_relations_variables_and_python_values() {
    let engine = engine(&[]);
    let cases = [
        ("select * from {{ ref('a') }}\n", r#"select * from "db"."main"."a""#),
        ("{{ source('raw', 'b') }} {{ this }} {{ this.schema }}", r#""db"."raw"."b" "db"."main"."orders" main"#),
        ("{{ this.include(database=false) }}", r#""main"."orders""#),
        ("{{ var('who') }} {{ var('no', 'x') }} {{ var('days') }}", "ann x [1, 2]"),
        ("{{ true }} {{ none }} {{ 1 / 2 }} {{ 7 // 2 }} {{ missing }}", "True None 0.5 3 "),
        ("{{ ['a', \"it's\", none, {'k': true}] }}", r#"['a', "it's", None, {'k': True}]"#),
        ("{% set l = [] %}{% do l.append('x') %}{% do l.extend([1]) %}{{ l | join('-') }}", "x-1"),
        ("{% set d = {} %}{% do d.update({'a': 1}) %}{% for k, v in d.items() %}{{ k }}={{ v }}{% endfor %}", "a=1"),
        ("{{ 'a,b'.split(',') }} {{ 'x'.upper() }} {{ '{}-{b}'.format(1, b=2) }}", "['a', 'b'] X 1-2"),
        ("{{ config.get('keys')[0] }} {{ config.get('where', 'dflt') }}", "a dflt"),
        ("{{ model.config.materialized }} {{ target.schema }} {{ flags.FULL_REFRESH }}", "table main False"),
        ("{{ tojson({'a': [1, none]}) }} {{ fromjson('[1]')[0] }}", r#"{"a": [1, null]} 1"#),
        ("{{ local_md5('a') }}", "0cc175b9c0f1b6a831c399e269772661"),
        ("{% for x in [1, 2, 3] %}{{ x }}{{ ',' if not loop.last }}{% endfor %}", "1,2,3"),
        ("{{ modules.re.sub('[0-9]+', '#', 'a12') }} {{ run_started_at.strftime('%Y') }}", "a# 1970"),
        ("{% set x %}in {{ 1 }}{% endset %}{{ x }}", "in 1"),
    ];
    for (text, expected) in cases {
        assert_eq!(rendered(&engine, text), expected, "{text}");
    }
}

#[test]
fn macros_return_values_take_arguments_and_find_each_other() {
    let engine = engine(&[
        (
            "shop",
            "{% macro names() %}{{ return(['a', 'b']) }}{% endmacro %}
             {% macro cents(column, scale=2) -%} round({{ column }}, {{ scale }}) {%- endmacro %}
             {% macro all() -%} {{ varargs | join('+') }}/{{ kwargs['k'] }} {%- endmacro %}
             {% macro wrap() -%} <{{ caller() }}> {%- endmacro %}
             {% macro default__pick() -%} root {%- endmacro %}",
        ),
        (
            "lib",
            "{% macro pick() %}{{ return(adapter.dispatch('pick', 'lib')()) }}{% endmacro %}
             {% macro default__pick() -%} lib {%- endmacro %}
             {% macro postgres__pick() -%} pg {%- endmacro %}
             {% macro helper() -%} help {%- endmacro %}
             {% macro uses_helper() -%} {{ helper() }} {%- endmacro %}",
        ),
    ]);
    let cases = [
        ("{% for n in names() %}{{ n }};{% endfor %}", "a;b;"),
        ("{{ cents('x') }} {{ cents('x', scale=4) }} {{ cents(column='y') }}", "round(x, 2) round(x, 4) round(y, 2)"),
        ("{{ all(1, 2, k=3) }}", "1+2/3"),
        ("{% call wrap() %}in{% endcall %}", "<in>"),
        ("{{ lib.pick() }} {{ lib.uses_helper() }}", "root help"),
        (
            "{{ dbt.type_timestamp() }} {{ type_string() }} {{ dbt.concat(['a', 'b']) }}",
            "timestamp without time zone text a || b",
        ),
        ("{{ generate_schema_name('x', none) }} {{ generate_schema_name(none, none) }}", "main_x main"),
        ("{{ is_incremental() }} {{ context['project_name'] }}", "False shop"),
    ];
    for (text, expected) in cases {
        assert_eq!(rendered(&engine, text), expected, "{text}");
    }
}

#[test]
fn the_project_overrides_builtin_macros_and_functions() {
    let engine = engine(&[(
        "shop",
        "{% macro generate_schema_name(name, node) -%} {{ name }}! {%- endmacro %}
         {% macro ref(name) -%} {{ builtins.ref(name).include(database=false) }} {%- endmacro %}",
    )]);
    assert_eq!(rendered(&engine, "{{ generate_schema_name('a', none) }} {{ ref('b') }}"), r#"a! "main"."b""#);
    assert!(engine.is_overridden("shop", "generate_schema_name"));
    assert!(!engine.is_overridden("shop", "generate_alias_name"));
    assert_eq!(engine.find_generic_test("shop", None, "unique").unwrap().unique_id.as_str(), "macro.dbt.test_unique");
}

#[test]
fn errors_stand_at_the_users_own_line() {
    let text = "{% macro fail(x) %}\n  {{ exceptions.raise_compiler_error('no ' ~ x) }}\n{% endmacro %}";
    let engine = engine(&[("shop", text)]);
    let problem = try_render(&engine, "select 1\n{{ fail('way') }}").unwrap_err();
    assert_eq!((problem.code.slug(), problem.message.as_str()), ("raised-by-user", "no way"));
    let place = problem.primary.as_ref().unwrap().span;
    assert!(text[place.start as usize..place.end as usize].contains("raise_compiler_error"));
    assert_eq!(problem.secondary.first().unwrap().span, crate::source::Span::new(FileId(9), 12, 23));

    let unknown = "{% if true %}{{ fai('x') }}{% endif %}";
    let problem = try_render(&engine, unknown).unwrap_err();
    assert_eq!(
        (problem.code.slug(), problem.help.as_slice()),
        ("undefined-name", &["did you mean `fail`?".to_owned()][..])
    );
    let place = problem.primary.unwrap().span;
    assert_eq!(&unknown[place.start as usize..place.end as usize], "fai('x')");

    for (text, code) in [
        ("{{ var('day') }}", "undefined-var"),
        ("{{ missing.attribute }}", "undefined-name"),
        ("{% if %}", "jinja-syntax"),
        ("{{ fail(y=1) }}", "jinja-error"),
        ("{{ dbt.nothing() }}", "undefined-name"),
    ] {
        let problem = try_render(&engine, text).unwrap_err();
        assert_eq!(problem.code.slug(), code, "{text}: {}", problem.message);
        assert!(problem.primary.is_some(), "{text}");
    }
}

#[test]
fn a_macro_without_end_is_an_error() {
    let engine = engine(&[("shop", "{% macro again() %}{{ again() }}{% endmacro %}")]);
    let run = std::thread::Builder::new().stack_size(16 << 20).spawn(move || rendered(&engine, "{{ again() }}"));
    assert!(run.unwrap().join().unwrap().contains("more than"));
}

#[test]
fn rendered_text_knows_where_it_came_from() {
    let engine = engine(&[]);
    let text = "select a,\n  {{ ref('b') }}.c\nfrom x";
    let rendered = try_render(&engine, text).unwrap();
    let offset = rendered.text.find("from").unwrap();
    assert_eq!(rendered.map.lookup(offset).unwrap().start as usize, text.find("from").unwrap());
    let inside = rendered.map.lookup(rendered.text.find("main").unwrap()).unwrap();
    assert_eq!(&text[inside.start as usize..inside.end as usize], "ref('b')");
}

#[test]
fn parsing_notes_what_a_node_refers_to() {
    let engine =
        engine(&[("shop", "{% macro stamp() %}now(){% endmacro %}{% macro both() %}{{ stamp() }}{% endmacro %}")]);
    let code = "{{ config(materialized='table', tags=['a'], pre_hook='x') }}{{ config(tags='b') }}
        select {{ both() }} from {{ ref('lib', 'orders', v=2) }} join {{ source('raw', 'users') }}
        {% if execute %}{{ ref('never') }}{% endif %}{{ 1 if is_incremental() }}";
    let request = HarvestRequest {
        package: "shop",
        file: FileId(3),
        offset: 100,
        code,
        model: map(json!({ "name": "m" })).into(),
        this: None,
        config: Arc::default(),
    };
    let harvest = engine.harvest(&request).unwrap();
    let shown =
        |span: Option<crate::source::Span>| span.map(|span| &code[span.start as usize - 100..span.end as usize - 100]);
    let call = harvest.refs.first().unwrap();
    assert_eq!((harvest.refs.len(), call.package.as_deref(), shown(call.span)), (1, Some("lib"), Some("orders")));
    assert_eq!(call.version.as_ref().map(crate::resource::VersionRef::text).as_deref(), Some("2"));
    assert_eq!(shown(harvest.sources.first().unwrap().span), Some("users"));
    assert_eq!(Value::Object(harvest.config), json!({ "materialized": "table", "tags": ["a", "b"], "pre-hook": "x" }));
    let macros: Vec<&str> = harvest.macros.iter().map(|called| called.0.as_str()).collect();
    assert_eq!(macros, ["macro.shop.both", "macro.dbt.is_incremental"]);
}

#[test]
fn properties_see_docs() {
    let engine = engine(&[]);
    let docs = |call: &[String]| Ok(format!("<{}>", call.join(".")));
    let value = engine.render_property("shop", "see {{ doc('orders') }} of {{ var('who') }}", &docs);
    assert_eq!(value.unwrap(), json!("see <orders> of ann"));
}

#[test]
fn every_builtin_macro_compiles() {
    let engine = engine(&[]);
    for id in engine.macros().keys() {
        let name = id.as_str().rsplit('.').next().unwrap();
        // A call of no arguments compiles the body, whatever comes of it.
        if let Err(problem) = try_render(&engine, &format!("{{{{ dbt.{name}() }}}}")) {
            assert_ne!(problem.code.slug(), "jinja-syntax", "{id}: {}", problem.message);
        }
    }
}
