//! Carrying out a plan: the warehouse is opened and prepared, hooks run around the nodes, a signal
//! stops everything.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chrono::Utc;

use super::counts;
use super::external;
use super::interrupt::Listener;
use super::project_hooks::ProjectHooks;
use super::results::write_manifest;
use super::session::{Ending, Session};
use super::state;
use super::team_history;
use crate::adapter::{AdapterError, registry};
use crate::compile::Compiler;
use crate::config::{LogFormat, ProfileOrigin, WarningRules};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::{KEPT, Lookback};
use crate::observe::AnomalyTest;
use crate::outcome::{NodeOutcome, NodeStatus, RunResults};
use crate::parse::Loaded;
use crate::plan::{Goal, Plan};
use crate::project::Project;
use crate::relation::{Relation, SchemaRef};
use crate::report::{Event, NodeLabel, Reporter};
use crate::resource::{Materialization, Node};
use crate::run::{Interrupt, NodeRunner, QueryComments, RunOptions, Schedule, Warehouse, prepare_by_macros, walk};
use crate::selector::Selection;

/// A project and an open warehouse.
pub(super) struct Execution<'a> {
    session: &'a Session,
    project: Arc<Project>,
    compiler: Arc<Compiler>,
    pub(super) warehouse: Arc<Warehouse>,
    reporter: Arc<dyn Reporter>,
    interrupt: Interrupt,
    query_comments: Arc<QueryComments>,
    lookback: Mutex<Arc<Lookback>>,
    _listener: Listener,
}

impl<'a> Execution<'a> {
    /// Opens the warehouse, for nodes that are selected, and says so.
    ///
    /// # Errors
    /// Nothing more is to be said: it was.
    pub(super) async fn begin(session: &'a Session, loaded: &Loaded, selection: &Selection) -> Result<Self, Ending> {
        let settings = &session.settings;
        let profile = &settings.profile;
        let references = state::references(session, &loaded.project, selection)?;
        let adapter = registry::open(&profile.output, &settings.project.root, profile.threads);
        let adapter = adapter.map_err(|error| session.refuse(vec![refused(session, &error)]))?;
        session.reporter.report(&Event::AdapterRegistered(adapter.name().to_owned()));
        let project = Arc::clone(&loaded.project);
        let compiler = Arc::new(Compiler::new(Arc::clone(&project), Arc::clone(&loaded.engine), references));
        let interrupt = Interrupt::default();
        let reporter = Arc::clone(&session.reporter);
        let others = external::targets(session, &project).map_err(|problems| session.refuse(problems))?;
        let adapters = std::iter::once(&adapter).chain(others.adapters()).map(Arc::clone).collect();
        let listener = Listener::new(interrupt.clone(), Arc::clone(&reporter), adapters);
        let execution = Self {
            session,
            project,
            compiler,
            warehouse: Arc::new(Warehouse::new(adapter).beside(others)),
            reporter,
            interrupt,
            query_comments: Arc::new(QueryComments::new(settings.project.query_comment.as_ref(), &profile.name)),
            lookback: Mutex::new(Arc::new(Lookback::new(session.history(), &profile.target_name))),
            _listener: listener,
        };
        // A comment that cannot be rendered is told once, before anything runs.
        let comment = execution.runner(0).query_comment(None, "master");
        comment.map_err(|problem| session.refuse(vec![*problem]))?;
        let external = external::sources(&execution.project, &execution.warehouse);
        let external = external.map_err(|problems| session.refuse(problems))?;
        let registered = execution.warehouse.adapter().register_external(&external).await;
        registered.map_err(|error| session.refuse(vec![refused(session, &error)]))?;
        Ok(execution)
    }

    /// The same, with a reporter that hears of everything the nodes do.
    #[must_use]
    pub(super) fn reporting_to(mut self, reporter: Arc<dyn Reporter>) -> Self {
        self.reporter = reporter;
        self
    }

    /// A runner of `total` tasks.
    pub(super) fn runner(&self, total: usize) -> NodeRunner {
        let flags = &self.session.settings.flags;
        let retried = self.session.retried.as_ref();
        let options = RunOptions {
            full_refresh: flags.full_refresh,
            store_failures: flags.store_failures,
            warnings: WarningRules::new(flags),
            empty: flags.empty,
            points_to_latest: flags.behavior("latest_version_pointer_enabled_by_default"),
            prints: flags.print,
            introspects: flags.introspect,
            show: flags.show,
            event_time_start: flags.event_time_start,
            event_time_end: flags.event_time_end,
            sample: flags.sample,
            began: retried.and_then(|retried| retried.started_at),
            batches: Arc::new(retried.map(|retried| retried.batches.clone()).unwrap_or_default()),
            lookback: Arc::clone(&self.lookback.lock().unwrap_or_else(PoisonError::into_inner)),
            query_comments: Arc::clone(&self.query_comments),
        };
        let (compiler, warehouse) = (Arc::clone(&self.compiler), Arc::clone(&self.warehouse));
        let (reporter, files) = (Arc::clone(&self.reporter), Arc::clone(&self.session.files));
        NodeRunner::new(compiler, warehouse, reporter, files, options).of(total)
    }

    /// Carries out a plan, hooks of the project included.
    ///
    /// # Errors
    /// The warehouse cannot be reached or a hook not be rendered; it was reported.
    pub(super) async fn run(&self, plan: &Plan, goal: Goal) -> Result<RunResults, Ending> {
        let (started_at, clock) = (Utc::now(), Instant::now());
        let settings = &self.session.settings;
        let threads = settings.profile.threads;
        self.session.reporter.report(&Event::Concurrency { threads, target: settings.profile.target_name.clone() });
        let selected = plan.tasks.iter().map(|task| &task.node.unique_id).chain(&plan.inlined);
        self.compiler.engine().note_selected(selected.map(|id| id.as_str().to_owned()).collect());
        let flags = &settings.flags;
        if [flags.log_format, flags.log_format_file].contains(&LogFormat::Json) {
            // Who follows a run by its events looks the nodes up in the manifest while they run.
            write_manifest(self.session, &self.project, &[]);
        }
        let hooks = ProjectHooks::of(&self.project, settings, goal);
        let prepared = if goal == Goal::Compile { Ok(()) } else { self.prepare(plan).await };
        let walked = match prepared {
            // COMPAT: a warehouse that cannot be reached ends the command, without results (dbt 1.11).
            Err(ending) => Err(ending),
            Ok(()) => {
                self.look_back(plan).await;
                self.walk_between(&hooks, plan).await
            }
        };
        let elapsed = clock.elapsed();
        let interrupted = self.interrupt.is_triggered();
        let mut outcomes = walked?;
        if goal != Goal::Compile && settings.flags.write_json {
            self.note_sizes(&mut outcomes).await;
        }
        let results = RunResults { outcomes, elapsed, started_at, interrupted };
        if goal != Goal::Compile {
            let counts = counts::planned(plan, hooks.count());
            self.session.reporter.report(&Event::RunFinished { counts, elapsed });
            let labels = results.outcomes.iter().filter_map(|outcome| self.project.node(&outcome.unique_id));
            let labels = labels.map(|node| NodeLabel::of(node)).collect();
            self.session.reporter.report(&Event::Summary(Box::new(results.clone()), labels));
        }
        Ok(results)
    }

    /// The plan's nodes with the project's hooks around them.
    async fn walk_between(&self, hooks: &ProjectHooks, plan: &Plan) -> Result<Vec<NodeOutcome>, Ending> {
        let flags = &self.session.settings.flags;
        let runner = Arc::new(self.runner(plan.tasks.len()));
        let at_start = hooks.at_start.run(&runner).await;
        // COMPAT: nodes run all the same, unless a flag says otherwise (dbt 1.11).
        let skips = !at_start.well() && flags.behavior("skip_nodes_if_on_run_start_fails");
        let mut outcomes = at_start.outcomes;
        if let Some(refusal) = at_start.refusal {
            return Err(self.session.refuse(vec![*refusal]));
        }
        if skips {
            outcomes.extend(self.all_skipped(plan));
        } else {
            let threads = self.session.settings.profile.threads;
            let schedule = Schedule { threads, fail_fast: flags.fail_fast, interrupt: self.interrupt.clone() };
            outcomes.extend(walk(plan.clone(), runner.clone(), schedule).await);
        }
        // COMPAT: after an interrupt no hook runs any more (dbt 1.11).
        if !self.interrupt.is_triggered() {
            let at_end = hooks.at_end(&self.project, &self.session.settings, &outcomes).run(&runner).await;
            outcomes.extend(at_end.outcomes);
        }
        Ok(outcomes)
    }

    /// Reads what the team's earlier runs measured, if the plan has tests that compare with it.
    async fn look_back(&self, plan: &Plan) {
        if !plan.tasks.iter().any(|task| AnomalyTest::of(&task.node).is_some()) {
            return;
        }
        let found = team_history::observed(self.session, &**self.warehouse.adapter(), KEPT).await;
        match found {
            Ok(None) => {}
            Ok(Some(observed)) => {
                let lookback = Arc::new(Lookback::read(observed));
                *self.lookback.lock().unwrap_or_else(PoisonError::into_inner) = lookback;
            }
            Err(error) => {
                let warning = Diagnostic::warning(Code::Io, "the records of earlier runs cannot be read");
                let warning = warning.caused_by(error.message).note("those of this machine are used");
                self.session.reporter.report(&Event::Diagnostic(Box::new(warning)));
            }
        }
    }

    /// Notes how large the tables are that were built, as far as the warehouse knows: for the record of the run,
    /// which is not worth failing for.
    async fn note_sizes(&self, outcomes: &mut [NodeOutcome]) {
        let table_of = |outcome: &NodeOutcome| {
            let node = self.project.node(&outcome.unique_id)?;
            let stored = !matches!(node.config.materialized, Materialization::View | Materialization::Ephemeral);
            let built = outcome.status == NodeStatus::Success && stored;
            node.built_relation().filter(|_| built).cloned()
        };
        let tables: Vec<Relation> = outcomes.iter().filter_map(table_of).collect();
        let Ok(sizes) = self.warehouse.adapter().sizes(&tables).await else { return };
        for outcome in outcomes {
            let Some(table) = table_of(outcome) else { continue };
            let Some(size) = sizes.iter().find(|size| size.relation.same_place(&table)) else { continue };
            let contents = outcome.contents.get_or_insert_default();
            contents.bytes = Some(size.bytes);
            contents.rows = contents.rows.or(size.rows);
        }
    }

    /// Makes the schemas of the plan's nodes and finds out what stands in all schemas of the project.
    ///
    /// # Errors
    /// Nothing more is to be said: it was.
    pub(super) async fn prepare(&self, plan: &Plan) -> Result<(), Ending> {
        let schema = |node: &Arc<Node>| node.built_relation().map(Relation::schema_ref);
        let mut needed: Vec<SchemaRef> = plan.tasks.iter().filter_map(|task| schema(&task.node)).collect();
        let mut known: Vec<SchemaRef> = self.project.nodes.values().filter_map(schema).collect();
        for schemas in [&mut needed, &mut known] {
            schemas.sort_unstable();
            schemas.dedup();
        }
        match prepare_by_macros(&self.runner(0), &needed, &known).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                let prepared = self.warehouse.prepare(&needed, &known).await;
                prepared.map_err(|error| self.session.refuse(vec![refused(self.session, &error)]))
            }
            Err(problem) => Err(self.session.refuse(vec![*problem])),
        }
    }

    fn all_skipped(&self, plan: &Plan) -> Vec<NodeOutcome> {
        plan.tasks.iter().map(|task| NodeOutcome::new(task.node.unique_id.clone(), NodeStatus::Skipped)).collect()
    }
}

/// A warehouse that cannot be opened, with what to do.
pub(super) fn refused(session: &Session, error: &AdapterError) -> Diagnostic {
    let profile = &session.settings.profile;
    let file = match &profile.origin {
        ProfileOrigin::File(path) => format!(" of {}", path.display()),
        ProfileOrigin::Embedded => String::new(),
    };
    let (name, target) = (&profile.name, &profile.target_name);
    Diagnostic::from(error)
        .note(format!("profile `{name}`, target `{target}` ({}){file}", profile.adapter_type))
        .help("`aquifer debug` shows what is used and tries the connection")
}
