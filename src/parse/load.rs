use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::files::{FileKind, ReadFile, read_all};
use super::properties::Scope;
use super::{Loaded, catalogs, code, properties};
use crate::config::{ProjectSettings, Settings};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, has_errors};
use crate::jinja::{Engine, Said, builtin_macros, macros_of_file};
use crate::project::parsed::{CodeKind, Parsed};
use crate::resolve;
use crate::resource::{Macro, UniqueId};
use crate::source::{SourceSet, Span};
use crate::system::FileSystem;

/// Reads, parses and resolves a project with its packages. `None` when errors make it unusable. What templates
/// say meanwhile goes to `hear`, their warnings are among the diagnostics.
pub fn load(
    settings: &Settings,
    fs: &dyn FileSystem,
    sources: &Arc<SourceSet>,
    hear: &dyn Fn(Said),
) -> (Option<Loaded>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let packages: Vec<Arc<ProjectSettings>> =
        std::iter::once(&settings.project).chain(&settings.packages).cloned().collect();
    let files = read_all(&packages, fs, sources, &mut diagnostics);
    diagnostics.extend(catalogs::check(&settings.project.root, fs, sources));
    let macros = macros(&files, sources, &mut diagnostics);
    let (engine, problems) = Engine::new(macros, resolve::engine_settings(settings));
    diagnostics.extend(problems);
    let engine = Arc::new(engine);
    let mut parsed = parse(&files, settings, &engine, sources, &mut diagnostics);
    resolve::fill_in_seed_rows(&mut parsed, &settings.project.name, &|path| fs.read_to_string(path));
    let (project, problems) = resolve::project(settings, &engine, parsed, sources);
    for said in engine.take_said() {
        match said {
            Said::Warning(text) => diagnostics.push(Diagnostic::warning(Code::RaisedByUser, text)),
            said => hear(said),
        }
    }
    diagnostics.extend(problems);
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    (project.map(|project| Loaded { project: Arc::new(project), engine }), diagnostics)
}

/// The engine's own macros and those of all files.
fn macros(files: &[ReadFile], sources: &SourceSet, diagnostics: &mut Diagnostics) -> Vec<Macro> {
    let found: Vec<(Vec<Macro>, Diagnostics)> = files
        .par_iter()
        .filter(|file| file.kind == FileKind::Macros)
        .filter_map(|file| {
            let source = sources.get(file.place.file)?;
            Some(macros_of_file(&source, &file.place.package, &file.place.original))
        })
        .collect();
    let mut macros = builtin_macros();
    let mut seen: HashMap<UniqueId, usize> = HashMap::new();
    for (more, problems) in found {
        diagnostics.extend(problems);
        for item in more {
            if let Some(twin) = seen.insert(item.unique_id.clone(), macros.len()).and_then(|at| macros.get(at)) {
                diagnostics.push(same_macro(twin, &item));
            }
            macros.push(item);
        }
    }
    macros
}

fn same_macro(twin: &Macro, item: &Macro) -> Diagnostic {
    let message = format!(
        "two macros are called `{}`: in `{}` and `{}`",
        item.name, twin.original_file_path, item.original_file_path
    );
    Diagnostic::error(Code::DuplicateName, message)
        .at(start_of(item.span), "this one")
        .and_at(start_of(twin.span), "and this one")
        .help("rename one of them")
}

fn start_of(place: Span) -> Span {
    Span { end: place.end.min(place.start.saturating_add(2)), ..place }
}

/// What all files say.
fn parse(
    files: &[ReadFile],
    settings: &Settings,
    engine: &Engine,
    sources: &SourceSet,
    diagnostics: &mut Diagnostics,
) -> Parsed {
    let no_docs = |names: &[String]| Ok(format!("{{{{ doc('{}') }}}}", names.join("', '")));
    let render = |package: &str, text: &str| engine.render_property(package, text, &no_docs);
    let arguments_property = settings.flags.behavior("require_generic_test_arguments_property");
    let scope = Scope { render: &render, arguments_property };
    let parts: Vec<(Parsed, Diagnostics)> = files.par_iter().map(|file| parse_file(file, scope, sources)).collect();
    let mut parsed = Parsed::default();
    for (part, problems) in parts {
        parsed.append(part);
        diagnostics.extend(problems);
    }
    properties::apply_overrides(&mut parsed, scope, diagnostics);
    parsed
}

fn parse_file(file: &ReadFile, scope: Scope<'_>, sources: &SourceSet) -> (Parsed, Diagnostics) {
    let mut parsed = Parsed::default();
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    if code::is_empty(file) {
        return (parsed, diagnostics);
    }
    let mut whole = |kind| parsed.code.push(code::whole_file(file, kind));
    match file.kind {
        FileKind::Macros => {}
        FileKind::Model => whole(CodeKind::Model),
        FileKind::Seed => whole(CodeKind::Seed),
        FileKind::SingularTest => whole(CodeKind::SingularTest),
        FileKind::Analysis => whole(CodeKind::Analysis),
        FileKind::Function => whole(CodeKind::Function),
        FileKind::PythonModel => diagnostics.push(code::python_model(file)),
        FileKind::Snapshots => code::snapshots(file, &mut parsed, &mut diagnostics),
        FileKind::Docs => code::docs(file, &mut parsed, &mut diagnostics),
        FileKind::Fixture => parsed.fixtures.push(code::fixture(file)),
        FileKind::Properties => {
            if let Some(source) = sources.get(file.place.file) {
                parsed.properties.extend(properties::read(file, &source, scope, &mut diagnostics));
            }
        }
    }
    (parsed, diagnostics)
}
