//! `docs generate`: the manifest with compiled SQL, the catalog of what stands in the warehouse, and
//! the site made of both. `docs serve`: the site in a browser.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use serde_json::Value;

use super::assets::copy_assets;
use super::execution::{Execution, refused};
use super::results::write_results;
use super::selection::select;
use super::session::{Ending, Session};
use super::team_history;
use crate::artifacts::{ArtifactContext, catalog, catalog_tables};
use crate::config::LogLevel;
use crate::diagnostic::{Code, Diagnostic};
use crate::history::{History, RunRecord};
use crate::outcome::RunResults;
use crate::parse::Loaded;
use crate::plan::{Goal, Plan};
use crate::relation::{CatalogRelation, Relation, SchemaRef};
use crate::report::{Event, Reporter};
use crate::run::catalog_by_macros;
use crate::selector::Selection;
use crate::site::{Address, Artifacts, SiteData, page, serve};
use crate::system::FileSystem;

/// Name of the site in the target folder.
const SITE: &str = "index.html";

/// Runs that the site shows.
const RUNS: usize = 60;

/// Compiles (unless `--no-compile`) and writes manifest.json, catalog.json and index.html.
pub(super) async fn generate(session: &Session) -> Result<Ending, Ending> {
    let loaded = session.load_project()?;
    let flags = &session.settings.flags;
    let selection = if flags.compile { select(session, &loaded.project)? } else { Selection::default() };
    let execution = Execution::begin(session, &loaded, &selection).await?;
    let compiled = if flags.compile { Some(compile(session, &loaded, &execution, &selection).await?) } else { None };
    let selected = compiled.is_some().then_some(&selection);
    let (relations, errors) = if flags.empty_catalog {
        (Vec::new(), Vec::new())
    } else {
        standing(session, &loaded, &execution, selected).await?
    };
    let context = ArtifactContext::new(&session.settings, Utc::now());
    session.write_artifact("catalog.json", &catalog(&relations, &errors, &loaded.project, &context));
    session.write_tables(|| catalog_tables(&relations, &loaded.project, &context));
    // COMPAT: without compiling, no manifest is written (dbt 1.11).
    if let Some(results) = &compiled {
        write_results(session, &loaded.project, results, Goal::Compile);
    }
    copy_assets(session);
    let folder = &session.settings.target_path;
    let text = format!("Catalog written to {}", folder.join("catalog.json").display());
    session.reporter.report(&Event::Message { level: LogLevel::Info, text });
    if flags.write_json && compiled.is_some() {
        let team = team_history::records(session, &**execution.warehouse.adapter(), RUNS).await;
        let team = team.map_err(|error| session.refuse(vec![refused(session, &error)]))?;
        let runs = team.unwrap_or_else(|| session.history().last(RUNS));
        let written = write_site(&session.files, folder, runs, flags.static_page, &*session.reporter);
        written.map_err(|problem| session.refuse(vec![*problem]))?;
    }
    let well = errors.is_empty() && compiled.is_none_or(|results| results.succeeded());
    Ok(session.end(Ending::of(well)))
}

/// What stands in the warehouse of the selected nodes, as the project's own macros tell it where it has some,
/// and what went wrong with these.
async fn standing(
    session: &Session,
    loaded: &Loaded,
    execution: &Execution<'_>,
    selected: Option<&Selection>,
) -> Result<(Vec<CatalogRelation>, Vec<String>), Ending> {
    let schemas = schemas(loaded);
    let wanted: Option<Vec<Relation>> = selected.map(|selected| {
        let nodes = selected.iter().filter_map(|id| loaded.project.node(id));
        nodes.filter_map(|node| node.relation.clone()).collect()
    });
    let by_macros = catalog_by_macros(&execution.runner(0), wanted.as_deref(), &schemas).await;
    let mut found = match by_macros {
        Some(Ok(found)) => found,
        Some(Err(problem)) => {
            let message = problem.message.clone();
            session.reporter.report(&Event::Diagnostic(problem));
            return Ok((Vec::new(), vec![message]));
        }
        None => {
            let found = execution.warehouse.adapter().catalog(&schemas).await;
            found.map_err(|error| session.refuse(vec![refused(session, &error)]))?
        }
    };
    // COMPAT: what is not selected is left out (dbt 1.11).
    if let Some(wanted) = wanted {
        let place = |relation: &Relation| {
            [&relation.database, &relation.schema, &relation.identifier].map(|part| part.to_lowercase())
        };
        let wanted: HashSet<[String; 3]> = wanted.iter().map(place).collect();
        found.retain(|entry| wanted.contains(&place(&entry.relation)));
    }
    Ok((found, Vec::new()))
}

/// `docs generate --artifacts`: the site from what stands in a folder. Reads no project.
pub(super) fn generate_from(files: &Arc<dyn FileSystem>, folder: &Path, reporter: &dyn Reporter) -> Ending {
    let read = |name: &str| read_json(&**files, &folder.join(name));
    let kept = History::new(Arc::clone(files), folder.join("history")).last(RUNS);
    let runs =
        if kept.is_empty() { RunRecord::of_artifact(&read("run_results.json")).into_iter().collect() } else { kept };
    match write_site(files, folder, runs, false, reporter) {
        Ok(()) => Ending::Success,
        Err(problem) => super::session::refuse(reporter, vec![*problem]),
    }
}

fn write_site(
    files: &Arc<dyn FileSystem>,
    folder: &Path,
    runs: Vec<RunRecord>,
    is_static: bool,
    reporter: &dyn Reporter,
) -> Result<(), Box<Diagnostic>> {
    let html = page(&SiteData::new(&artifacts_in(files, folder, runs)?));
    // COMPAT: `--static` writes one file more (dbt 1.11); here both hold everything.
    if is_static {
        write_page(files, &folder.join("static_index.html"), &html, "Site", reporter)?;
    }
    write_page(files, &folder.join(SITE), &html, "Site", reporter)
}

/// The artifacts in a folder, with the runs to show.
pub(super) fn artifacts_in(
    files: &Arc<dyn FileSystem>,
    folder: &Path,
    runs: Vec<RunRecord>,
) -> Result<Artifacts, Box<Diagnostic>> {
    let read = |name: &str| read_json(&**files, &folder.join(name));
    let manifest = read("manifest.json");
    if manifest.is_null() {
        let message = format!("`{}` is absent or no JSON", folder.join("manifest.json").display());
        let help = "name a folder that `docs generate` or a run wrote into (dbt's `target/` is one too)";
        return Err(Box::new(Diagnostic::error(Code::Io, message).help(help)));
    }
    Ok(Artifacts { manifest, catalog: read("catalog.json"), runs, sources: read("sources.json") })
}

/// Writes a page and says so.
pub(super) fn write_page(
    files: &Arc<dyn FileSystem>,
    path: &Path,
    html: &str,
    what: &str,
    reporter: &dyn Reporter,
) -> Result<(), Box<Diagnostic>> {
    files.write(path, html.as_bytes()).map_err(|error| {
        let message = format!("`{}` cannot be written", path.display());
        Box::new(Diagnostic::error(Code::Io, message).caused_by(error))
    })?;
    let text = format!("{what} written to {}", path.display());
    reporter.report(&Event::Message { level: LogLevel::Info, text });
    Ok(())
}

/// `docs serve`: answers until it is interrupted.
pub(super) async fn serve_site(session: &Session) -> Result<Ending, Ending> {
    let (settings, flags) = (&session.settings, &session.settings.flags);
    let folder: PathBuf = settings.target_path.clone();
    if !session.files.is_file(&folder.join(SITE)) {
        let problem = Diagnostic::error(Code::Io, format!("`{}` is absent", folder.join(SITE).display()))
            .help("write it first: `aquifer docs generate`");
        return Err(session.refuse(vec![problem]));
    }
    let address = Address { host: flags.docs.host.clone(), port: flags.docs.port };
    let listening = |at: std::net::SocketAddr| {
        let text = format!("Serving the documentation at http://{at} (Ctrl-C ends it)");
        session.reporter.report(&Event::Message { level: LogLevel::Info, text });
        if flags.docs.browser && settings.environment.stdout_is_terminal {
            // Without a browser the address is there to be copied.
            let _ = open::that_detached(format!("http://{at}"));
        }
    };
    tokio::select! {
        served = serve(Arc::clone(&session.files), folder, &address, listening) => {
            let Err(error) = served else { return Ok(session.end(Ending::Success)) };
            let message = format!("nothing can be served at {}:{}", address.host, address.port);
            let help = "choose another with `--port`, or 0 for any that is free";
            Err(session.refuse(vec![Diagnostic::error(Code::Io, message).caused_by(error).help(help)]))
        }
        () = super::interrupt::signal() => Ok(session.end(Ending::Success)),
    }
}

/// A file's JSON; `null` where there is none.
fn read_json(files: &dyn FileSystem, path: &Path) -> Value {
    files.read(path).ok().and_then(|content| serde_json::from_slice(&content).ok()).unwrap_or_default()
}

async fn compile(
    session: &Session,
    loaded: &Loaded,
    execution: &Execution<'_>,
    selection: &Selection,
) -> Result<RunResults, Ending> {
    let plan = Plan::new(&loaded.project, selection, Goal::Compile);
    let results = execution.run(&plan, Goal::Compile).await?;
    for problem in results.outcomes.iter().flat_map(|outcome| &outcome.diagnostics) {
        session.reporter.report(&Event::Diagnostic(Box::new(problem.clone())));
    }
    Ok(results)
}

/// Every schema that a node or source stands in.
fn schemas(loaded: &Loaded) -> Vec<SchemaRef> {
    let relations = loaded.project.nodes.values().filter_map(|node| node.relation.as_ref());
    let mut schemas: Vec<SchemaRef> = relations.map(Relation::schema_ref).collect();
    schemas.sort_unstable();
    schemas.dedup();
    schemas
}
