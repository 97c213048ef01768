//! Texts of `--help` and `--version`.

use crate::adapter::registry;
use crate::config::{Command, DBT_VERSION, VERSION};

/// What the program is.
pub(super) const ABOUT: &str = "Builds SQL models in dependency order, on PostgreSQL or on an embedded lakehouse";

/// Below the list of commands.
pub(super) const EXAMPLES: &str = "\
Examples:
  aquifer init shop                   begin a project in ./shop
  aquifer build                       load seeds, build models and snapshots, run tests
  aquifer build --select orders+      one model and all that depends on it
  aquifer show --select orders        look at some rows
  aquifer build --help                every option; most stand before the command too";

/// `--version`: first the program, then what tools that know dbt look for.
pub(super) fn version() -> String {
    let adapters: Vec<String> = registry::known().iter().map(|name| format!("  - {name}: {VERSION}")).collect();
    format!(
        "{VERSION}\n\nCore:\n  - installed: {DBT_VERSION} (the dbt version whose behaviour is kept)\n\nPlugins:\n{}",
        adapters.join("\n")
    )
}

/// A command's texts.
pub(super) struct CommandHelp {
    /// One line.
    pub about: &'static str,
    /// Examples.
    pub examples: &'static str,
}

/// What `source` and `docs` are for.
pub(super) fn group(name: &str) -> &'static str {
    match name {
        "source" => "Check source tables",
        _ => "Write or show the project's documentation",
    }
}

/// The texts of a command.
#[allow(clippy::too_many_lines, reason = "a table of texts")]
pub(super) fn of(command: Command) -> CommandHelp {
    let (about, examples) = match command {
        Command::Build => (
            "Load seeds, build models and snapshots, run tests, in dependency order",
            "Examples:\n  aquifer build\n  aquifer build --select tag:daily --exclude stg_orders\n  aquifer build --full-refresh --target prod",
        ),
        Command::Run => (
            "Build models",
            "Examples:\n  aquifer run\n  aquifer run --select +orders\n  aquifer run --empty            check that everything builds, reading no rows",
        ),
        Command::Test => (
            "Run data tests and unit tests",
            "Examples:\n  aquifer test\n  aquifer test --select orders --store-failures",
        ),
        Command::Seed => (
            "Load CSV files into tables",
            "Examples:\n  aquifer seed\n  aquifer seed --select countries --full-refresh",
        ),
        Command::Snapshot => (
            "Record the history of mutable tables",
            "Examples:\n  aquifer snapshot\n  aquifer snapshot --select customers_history",
        ),
        Command::Compile => (
            "Write the SQL that would be run, without running it",
            "Examples:\n  aquifer compile --select orders\n  aquifer compile --inline \"select * from {{ ref('orders') }}\"",
        ),
        Command::Show => (
            "Show rows of a node or of a query",
            "Examples:\n  aquifer show --select orders --limit 20\n  aquifer show --inline \"select count(*) from {{ ref('orders') }}\"",
        ),
        Command::List => (
            "List the project's resources",
            "Examples:\n  aquifer list --resource-type model\n  aquifer ls --select state:modified+ --state prod-artifacts\n  aquifer ls --output json --output-keys name config.materialized",
        ),
        Command::Parse => ("Read the project and report every mistake in it", "Examples:\n  aquifer parse"),
        Command::SourceFreshness => (
            "Check how old the newest rows of source tables are",
            "Examples:\n  aquifer source freshness\n  aquifer source freshness --select source:shop",
        ),
        Command::DocsGenerate => (
            "Write the documentation site",
            "Examples:\n  aquifer docs generate\n  aquifer docs generate --artifacts dbt-project/target",
        ),
        Command::DocsServe => {
            ("Show the documentation site in a browser", "Examples:\n  aquifer docs serve --port 8001")
        }
        Command::Report => (
            "Write a page of trends, test history and failing rows",
            "Examples:\n  aquifer report\n  aquifer report --target prod --output public/report.html",
        ),
        Command::RunOperation => {
            ("Call a macro", "Examples:\n  aquifer run-operation grant_select --args '{role: reporter}'")
        }
        Command::Retry => ("Run again what failed in the last run", "Examples:\n  aquifer retry"),
        Command::Clone => (
            "Make copies of nodes from an earlier run's relations",
            "Examples:\n  aquifer clone --state prod-artifacts",
        ),
        Command::Maintain => (
            "Compact tables, free space, and find relations that no node builds",
            "Examples:\n  aquifer maintain --dry-run\n  aquifer maintain --select tag:large --steps compact\n  aquifer maintain --retention-hours 24 --drop-orphans",
        ),
        Command::History => (
            "List the versions of a table",
            "Examples:\n  aquifer history orders\n  aquifer history main.orders --limit -1 --output json",
        ),
        Command::Init => {
            ("Begin a new project", "Examples:\n  aquifer init shop\n  aquifer init shop --skip-profile-setup")
        }
        Command::Debug => (
            "Check project, profile and connection",
            "Examples:\n  aquifer debug\n  aquifer debug --connection --target prod",
        ),
        Command::Deps => ("Install packages", "Examples:\n  aquifer deps\n  aquifer deps --upgrade"),
        Command::Clean => ("Remove the folders named in clean-targets", "Examples:\n  aquifer clean"),
    };
    CommandHelp { about, examples }
}
