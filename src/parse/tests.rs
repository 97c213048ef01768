//! Whole projects from files: in memory, and the one at the root of this repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Loaded, load};
use crate::config::{Arguments, Command, SettingScope, Settings};
use crate::diagnostic::Diagnostics;
use crate::jinja::render_setting;
use crate::resource::UniqueId;
use crate::source::SourceSet;
use crate::system::{Environment, FileSystem, MemoryFileSystem, OsFileSystem, OverlayFileSystem};

fn loaded(fs: &dyn FileSystem, root: &Path) -> (Option<Loaded>, Diagnostics, Arc<SourceSet>) {
    let environment = Arc::new(Environment { working_directory: root.to_owned(), ..Environment::default() });
    let sources = Arc::new(SourceSet::new());
    let arguments = Arguments { command: Command::Build, given: BTreeMap::new(), operand: None };
    let scoped = environment.clone();
    let render = move |text: &str, scope: &SettingScope<'_>| render_setting(text, scope, &scoped);
    let (mut settings, _) = Settings::load(&arguments, &environment, fs, &sources, &render).unwrap();
    settings.packages = crate::package::installed(&settings, fs, &sources, &render).0;
    let (loaded, diagnostics) = load(&settings, fs, &sources, &|_| ());
    (loaded, diagnostics, sources)
}

/// Everything that is said of a project in memory, with places.
fn said(files: &[(&str, &str)]) -> Vec<String> {
    let (_, diagnostics, sources) = shop(files);
    diagnostics
        .iter()
        .map(|said| {
            let place = said.primary.as_ref().map(|label| {
                let file = sources.get(label.span.file).unwrap();
                format!("{} {:?}: ", file.display, &file.text[label.span.start as usize..label.span.end as usize])
            });
            format!("{}[{}] {}", place.unwrap_or_default(), said.code, said.message)
        })
        .collect()
}

fn shop(files: &[(&str, &str)]) -> (Option<Loaded>, Diagnostics, Arc<SourceSet>) {
    let project = ("/shop/dbt_project.yml", "name: shop\nprofile: shop\n");
    let profiles =
        ("/shop/profiles.yml", "shop: {target: dev, outputs: {dev: {type: postgres, schema: main, dbname: db}}}\n");
    let has_project = files.iter().any(|(path, _)| *path == project.0);
    let files = files.iter().copied().chain([profiles]).chain((!has_project).then_some(project));
    loaded(&MemoryFileSystem::new(files), &PathBuf::from("/shop"))
}

#[test]
fn the_project_of_this_repository_has_the_nodes_that_dbt_finds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fs = OverlayFileSystem::new(Arc::new(OsFileSystem));
    fs.open(
        root.join("profiles.yml"),
        "growth_analytics: {target: t, outputs: {t: {type: postgres, host: h, user: u, password: p, dbname: db, schema: main}}}\n".to_owned(),
    );
    let (loaded, diagnostics, _) = loaded(&fs, root);
    assert_eq!(diagnostics.iter().map(|said| said.message.clone()).collect::<Vec<_>>(), Vec::<String>::new());
    let project = loaded.unwrap().project;
    let count = |kind: &str| project.nodes.keys().filter(|id| id.as_str().starts_with(&format!("{kind}."))).count();
    let counts = ["model", "seed", "snapshot", "test", "exposure", "unit_test", "source"].map(count);
    assert_eq!(counts, [16, 3, 1, 120, 1, 1, 0]);
    let node = |id: &str| project.nodes.get(&UniqueId::new(id)).unwrap();
    node("test.growth_analytics.accepted_values_raw_sessions_is_paid__true__false.72bea6ae90");
    let test = node(
        "test.growth_analytics.relationships_channel_attribution_channel_key__channel_key__ref_dim_channel_.fcd008d7ab",
    );
    assert_eq!(test.alias, "relationships_channel_attribut_ad898afcb8bfed3cc41e55053ac97b84");
    let model = node("model.growth_analytics.registrations_by_country");
    assert_eq!(model.relation.as_ref().unwrap().render(), "\"db\".\"main_marts\".\"registrations_by_country\"");
    assert_eq!(model.checksum, "e09443a7e98f53b83a9efefae0c1baec7e6499dda45e52676d520b6721e2d2f7");
}

const MODEL: (&str, &str) = ("/shop/models/stg_orders.sql", "select 1 as id");

#[test]
fn what_refers_to_nothing_is_shown_where_it_stands() {
    let files = [MODEL, ("/shop/models/orders.sql", "select *\nfrom {{ ref('stg_order') }}")];
    assert_eq!(
        said(&files),
        [r#"models/orders.sql "stg_order": [unknown-ref] model `orders` refers to `stg_order`, which does not exist"#]
    );
}

#[test]
fn properties_without_a_resource_are_a_warning_and_their_tests_are_left_out() {
    let yaml = "models:\n  - name: stg_order\n    columns: [{name: id, data_tests: [unique]}]\n";
    let files = [MODEL, ("/shop/models/m.yml", yaml)];
    assert_eq!(said(&files), [r#"models/m.yml "stg_order": [unused-patch] model `stg_order` does not exist"#]);
    let project = shop(&files).0.unwrap().project;
    assert_eq!((project.nodes.len(), project.disabled.len()), (1, 1));
}

#[test]
fn circles_doubles_and_unused_config_are_told() {
    let circle = [("/shop/models/a.sql", "{{ ref('b') }}"), ("/shop/models/b.sql", "{{ ref('a') }}")];
    let problems = said(&circle);
    assert!(problems[0].contains("[cycle] these models depend on each other: `"), "{problems:?}");
    let twins = [("/shop/models/x/a.sql", "select 1"), ("/shop/models/y/a.sql", "select 2")];
    assert_eq!(
        said(&twins),
        [r#"models/y/a.sql "s": [duplicate-name] two models are called `a`: in `models/x/a.sql` and `models/y/a.sql`"#]
    );
    let same = [("/shop/models/a.sql", "select 1"), ("/shop/models/b.sql", "{{ config(alias='a') }} select 2")];
    assert_eq!(
        said(&same),
        [
            r#"models/b.sql "{": [duplicate-relation] `model.shop.a` and `model.shop.b` would both be built as "db"."main"."a""#
        ]
    );
    let project = "name: shop\nprofile: shop\nmodels: {shop: {gone: {+enabled: true}}}\n";
    assert_eq!(
        said(&[MODEL, ("/shop/dbt_project.yml", project)]),
        [r#"dbt_project.yml "gone": [unused-config] the config under `models.shop.gone` applies to nothing"#]
    );
}

#[test]
fn versions_are_nodes_of_their_own() {
    let yaml = "models:\n  - name: dim\n    latest_version: 2\n    columns: [{name: id, data_tests: [unique]}]\n    versions: [{v: 1}, {v: 2, defined_in: dim}]\n";
    let files = [
        ("/shop/models/dim_v1.sql", "select 1"),
        ("/shop/models/dim.sql", "select 2"),
        ("/shop/models/use.sql", "{{ ref('dim') }} {{ ref('dim', v=1) }}"),
        ("/shop/models/m.yml", yaml),
    ];
    let project = shop(&files).0.unwrap().project;
    let ids: Vec<&str> = project.nodes.keys().map(UniqueId::as_str).collect();
    assert_eq!(
        ids,
        [
            "model.shop.dim.v2",
            "model.shop.dim.v1",
            "model.shop.use",
            "test.shop.unique_dim_v1_id.2f98b9f679",
            "test.shop.unique_dim_v2_id.fb0fd31dac"
        ]
    );
    let user = project.nodes.get(&UniqueId::new("model.shop.use")).unwrap();
    assert_eq!(user.depends_on.nodes, [UniqueId::new("model.shop.dim.v2"), UniqueId::new("model.shop.dim.v1")]);
}
