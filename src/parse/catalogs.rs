//! `catalogs.yml`: catalogs that other warehouses write to. None here does, which is said.

use std::path::Path;

use crate::config::yaml::{Yaml, parse};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::SourceSet;
use crate::system::FileSystem;

/// Name of the file, beside the project file.
const FILE: &str = "catalogs.yml";

/// What is to be said of a project's `catalogs.yml`; without one, nothing.
pub(super) fn check(root: &Path, fs: &dyn FileSystem, sources: &SourceSet) -> Diagnostics {
    let path = root.join(FILE);
    let Ok(text) = fs.read_to_string(&path) else { return Diagnostics::new() };
    let Some(file) = sources.get(sources.add(path, FILE, text)) else { return Diagnostics::new() };
    let (tree, mut problems) = parse(&file);
    let catalogs = tree.as_ref().and_then(|tree| tree.get("catalogs")).map_or(&[][..], Yaml::items);
    problems.extend(catalogs.iter().map(|catalog| {
        match catalog.get("name").and_then(|name| Some((name.scalar_text()?, name.span))) {
            Some((name, span)) => Diagnostic::warning(Code::Unsupported, format!("the catalog `{name}` is not used"))
                .at(span, "no warehouse here writes to it")
                .help("nothing needs to be done: models that name it with `catalog_name` are refused"),
            None => Diagnostic::error(Code::MissingKey, "a catalog has no `name`")
                .at(catalog.span, "needs a name")
                .help("add `name: ...`"),
        }
    }));
    problems
}
