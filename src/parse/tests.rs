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
    let (loaded, diagnostics) = load(&settings, fs, &sources);
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
