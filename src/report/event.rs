use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::config::LogLevel;
use crate::diagnostic::Diagnostic;
use crate::outcome::{NodeOutcome, NodeStatus, RunResults};
use crate::relation::{Relation, Table};
use crate::resource::{JsonMap, Node, ResourceType, UniqueId};

/// What event lines need to know of a node.
#[derive(Debug, Clone)]
pub struct NodeLabel {
    /// Id.
    pub unique_id: UniqueId,
    /// Kind of node.
    pub resource_type: ResourceType,
    /// `view`, `table`, `incremental`, `test`, ...
    pub materialized: String,
    /// Name.
    pub name: String,
    /// `schema.alias`, or the name for nodes that stand nowhere.
    pub relation: String,
    /// Database, schema, alias and rendered name.
    pub node_relation: Option<(String, String, String, String)>,
    /// Path relative to the resource folder.
    pub path: String,
    /// Path relative to the package root.
    pub original_file_path: String,
    /// Checksum of its code.
    pub checksum: String,
    /// `meta`.
    pub meta: JsonMap,
    /// Data tests: the node they are declared on.
    pub attached_node: Option<UniqueId>,
    /// When its run began, once it has.
    pub started_at: Option<DateTime<Utc>>,
}

impl NodeLabel {
    /// The label of a node.
    pub fn of(node: &Node) -> Self {
        let standing = node.relation.as_ref().filter(|_| node.resource_type() != ResourceType::Test);
        Self {
            unique_id: node.unique_id.clone(),
            resource_type: node.resource_type(),
            materialized: node.config.materialized.as_str().to_owned(),
            name: node.name.clone(),
            relation: standing.map_or_else(|| node.name.clone(), Relation::short),
            node_relation: node
                .relation
                .as_ref()
                .map(|place| (place.database.clone(), place.schema.clone(), place.identifier.clone(), place.render())),
            path: node.origin.path.clone(),
            original_file_path: node.origin.original_file_path.clone(),
            checksum: node.checksum.clone(),
            meta: node.config.get("meta").and_then(serde_json::Value::as_object).cloned().unwrap_or_default(),
            attached_node: node.as_data_test().and_then(|test| test.attached_node.clone()),
            started_at: None,
        }
    }

    /// What stands after `Failure in`: `model orders (models/orders.sql)`.
    pub fn heading(&self) -> String {
        format!("{} {} ({})", self.resource_type, self.name, self.original_file_path)
    }

    /// Where its compiled SQL stands below `target/compiled` (and what was run below `target/run`):
    /// at its own path, or below the YAML file it is declared in.
    pub fn compiled_path(&self) -> String {
        let package = self.unique_id.as_str().split('.').nth(1).unwrap_or_default();
        let has_own_file = [".sql", ".csv", ".py"].iter().any(|ending| self.original_file_path.ends_with(ending));
        if has_own_file {
            format!("{package}/{}", self.original_file_path)
        } else {
            format!("{package}/{}/{}", self.original_file_path, self.path)
        }
    }
}

/// Everything the engine can say.
#[derive(Debug, Clone)]
pub enum Event {
    /// The program started.
    Started,
    /// Which adapter is used, with its version.
    AdapterRegistered(String),
    /// No profile was found: the embedded lakehouse at this path is used.
    EmbeddedProfile(String),
    /// The project was read: how many of each.
    Found(ResourceCounts),
    /// The project was parsed in this time.
    Parsed(Duration),
    /// So many nodes will run at once, on this target.
    Concurrency {
        /// Number of workers.
        threads: usize,
        /// Target name.
        target: String,
    },
    /// A hook starts (`on-run-start`, `on-run-end`).
    HookStarted {
        /// Its node.
        node: NodeLabel,
        /// From 1.
        index: usize,
        /// How many.
        total: usize,
    },
    /// A hook ended.
    HookFinished {
        /// Its node.
        node: NodeLabel,
        /// From 1.
        index: usize,
        /// How many.
        total: usize,
        /// How it ended.
        outcome: Box<NodeOutcome>,
    },
    /// A node starts.
    NodeStarted {
        /// The node.
        node: NodeLabel,
        /// From 1.
        index: usize,
        /// How many.
        total: usize,
    },
    /// A node ended, in any way, skipped included.
    NodeFinished {
        /// The node.
        node: NodeLabel,
        /// From 1.
        index: usize,
        /// How many.
        total: usize,
        /// How it ended.
        outcome: Box<NodeOutcome>,
        /// For skipped nodes: the node upstream that is to blame, if one is.
        because_of: Option<UniqueId>,
    },
    /// One batch of a microbatch model starts.
    BatchStarted {
        /// The model.
        node: NodeLabel,
        /// From 1.
        index: usize,
        /// How many.
        total: usize,
        /// `2024-01-01`, `2024-01-01T05`, ...
        batch: String,
    },
    /// One batch of a microbatch model ended.
    BatchFinished {
        /// The model.
        node: NodeLabel,
        /// From 1.
        index: usize,
        /// How many.
        total: usize,
        /// `2024-01-01`, `2024-01-01 05:00`, ...
        batch: String,
        /// How it ended.
        status: NodeStatus,
        /// Wall time.
        elapsed: Duration,
    },
    /// Something found on the way, shown at once.
    Diagnostic(Box<Diagnostic>),
    /// A node was compiled.
    Compiled {
        /// The node.
        node: NodeLabel,
        /// Its SQL.
        sql: Arc<str>,
    },
    /// A node's statements are sent to the warehouse.
    Executed {
        /// The node.
        node: NodeLabel,
        /// All of them, as text.
        sql: Arc<str>,
    },
    /// Text at a level: Jinja's `log()`, progress of a command.
    Message {
        /// Level.
        level: LogLevel,
        /// Text.
        text: String,
    },
    /// Text the user asked for on standard output: `print()`, lines of `ls`, rows of `show`.
    Print(String),
    /// A statement was sent to the warehouse (debug level).
    Sql {
        /// The node or purpose it is for.
        label: String,
        /// The node, if it is for one.
        node: Option<Arc<NodeLabel>>,
        /// The statement.
        sql: String,
    },
    /// A statement ended well (debug level).
    SqlFinished {
        /// The node or purpose it was for.
        label: String,
        /// The node, if it was for one.
        node: Option<Arc<NodeLabel>>,
        /// The warehouse's answer.
        status: String,
        /// Wall time.
        elapsed: Duration,
    },
    /// Rows to show (`show`, `seed --show`).
    Rows {
        /// Name of the node or `inline`.
        name: String,
        /// The rows.
        table: Table,
    },
    /// A step of `deps`.
    Package(PackageStep),
    /// How often each kind of deprecation was met.
    Deprecations {
        /// Names of dbt's events with their numbers.
        kinds: Vec<(String, usize)>,
        /// Whether every one was shown.
        all_shown: bool,
    },
    /// Nothing matched the selection.
    NothingToDo,
    /// All nodes are done: counts by type and time, as in `Finished running 3 table models ...`.
    RunFinished {
        /// How many nodes of each label (`table model`, `test`) ran.
        counts: Vec<(String, usize)>,
        /// Wall time.
        elapsed: Duration,
    },
    /// Warnings and errors again, then the `Done. PASS=..` line.
    Summary(Box<RunResults>, Vec<NodeLabel>),
    /// The user asked to stop (Ctrl-C, SIGTERM).
    Interrupted,
    /// The command ended.
    Finished(CommandEnd),
}

/// What `deps` does with a package or a package file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageStep {
    /// The project asks for none.
    NoneAsked,
    /// One is being installed.
    Installing(String),
    /// It was, from this version.
    Installed(String),
    /// It stands there already, from this version.
    Kept(String),
    /// The newest version, where that is another one.
    Newest(Option<String>),
    /// Which folder of the repository was taken.
    Subdirectory(String),
    /// These packages have newer versions.
    Outdated(Vec<String>),
    /// The lock file is written.
    Locked(String),
    /// `--add-package` wrote a package into a file.
    Added {
        /// The package.
        package: String,
        /// The version asked for.
        version: Option<String>,
        /// The file.
        file: String,
    },
    /// `--add-package` removed the entry that asked for it so far.
    Replaced(String),
}

/// How many resources of each kind a project has, in the order shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceCounts(pub Vec<(String, usize)>);

/// How a command ended.
#[derive(Debug, Clone)]
pub struct CommandEnd {
    /// The subcommand.
    pub command: String,
    /// Whether it succeeded.
    pub success: bool,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// Wall time since the start of the program.
    pub elapsed: Duration,
}
