use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use insta::assert_snapshot;
use serde_json::Value;

use super::terminal::{Console, Streams};
use super::{CommandEnd, ConsoleReporter, Event, NodeLabel, ReportOptions, Reporter, ResourceCounts};
use crate::config::{Flags, LogFormat, LogLevel, OutputFormat};
use crate::diagnostic::{Code, Diagnostic};
use crate::outcome::{AdapterResponse, NodeOutcome, NodeStatus, RunResults};
use crate::relation::Table;
use crate::resource::{JsonMap, ResourceType, UniqueId};
use crate::source::{SourceSet, Span};
use crate::system::Environment;

/// What was written to a stream.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 5).unwrap()
}

/// A reporter into memory at noon, in a run called `run-1`.
struct Desk {
    flags: Flags,
    level: LogLevel,
    split: bool,
    sources: Arc<SourceSet>,
    secrets: Vec<String>,
    output: Captured,
    log: Captured,
}

impl Desk {
    fn new(format: LogFormat, level: LogLevel) -> Self {
        let flags = Flags { log_format: format, printer_width: 80, ..Flags::default() };
        let (output, log) = (Captured::default(), Captured::default());
        Self { flags, level, split: false, sources: Arc::new(SourceSet::new()), secrets: Vec::new(), output, log }
    }

    fn reporter(&self, colored: bool) -> ConsoleReporter {
        let environment = Environment { process_id: 7, ..Environment::default() };
        let options = ReportOptions {
            flags: &self.flags,
            environment: &environment,
            command: "build",
            invocation_id: "run-1",
            log_folder: None,
            compiled_folder: "target/compiled".to_owned(),
            secrets: self.secrets.clone(),
            sources: self.sources.clone(),
        };
        let log: Option<Box<dyn Write + Send>> = if self.split { Some(Box::new(self.log.clone())) } else { None };
        let streams = Mutex::new(Streams { output: Box::new(self.output.clone()), log });
        let console = Console { format: self.flags.log_format, level: self.level, colored, live: None, streams };
        ConsoleReporter::assemble(&options, console, None, noon)
    }

    /// What the console shows of these events.
    fn shown(&self, events: &[Event]) -> String {
        let reporter = self.reporter(false);
        events.iter().for_each(|event| reporter.report(event));
        self.output.text()
    }
}

fn label(kind: ResourceType, materialized: &str, name: &str) -> NodeLabel {
    let stands = !matches!(kind, ResourceType::Test | ResourceType::UnitTest | ResourceType::Operation);
    NodeLabel {
        unique_id: UniqueId::new(format!("{kind}.shop.{name}")),
        resource_type: kind,
        materialized: materialized.to_owned(),
        name: name.to_owned(),
        relation: if stands { format!("main.{name}") } else { name.to_owned() },
        node_relation: stands
            .then(|| ("dev".to_owned(), "main".to_owned(), name.to_owned(), format!("\"dev\".\"main\".\"{name}\""))),
        path: format!("marts/{name}.sql"),
        original_file_path: format!("models/marts/{name}.sql"),
        checksum: "c0ffee".to_owned(),
        meta: JsonMap::new(),
        attached_node: None,
        started_at: Some(noon() - Duration::from_millis(1_500)),
    }
}

fn outcome(node: &NodeLabel, status: NodeStatus, message: &str) -> NodeOutcome {
    NodeOutcome {
        message: (!message.is_empty()).then(|| message.to_owned()),
        thread_id: "Thread-2 (worker)".to_owned(),
        execution_time: Duration::from_millis(1_500),
        adapter_response: AdapterResponse { message: message.to_owned(), ..AdapterResponse::default() },
        ..NodeOutcome::new(node.unique_id.clone(), status)
    }
}

fn started(node: &NodeLabel, index: usize) -> Event {
    Event::NodeStarted { node: node.clone(), index, total: 9 }
}

fn finished(node: &NodeLabel, index: usize, outcome: &NodeOutcome) -> Event {
    Event::NodeFinished { node: node.clone(), index, total: 9, outcome: Box::new(outcome.clone()), because_of: None }
}

fn rows(columns: &[(&str, &[&str])]) -> Table {
    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    let arrays = columns
        .iter()
        .map(|(name, values)| (*name, Arc::new(StringArray::from_iter_values(values.iter())) as ArrayRef));
    let batch = RecordBatch::try_from_iter(arrays).unwrap();
    Table::new(batch.schema(), vec![batch])
}

/// A build in which everything that can happen to a node happens.
fn eventful_build(sources: &SourceSet) -> Vec<Event> {
    use NodeStatus::{Error, Fail, NoOp, PartialSuccess, Pass, Skipped, Success, Warn};
    use ResourceType::{Exposure, Model, Operation, Seed, Snapshot, Test, UnitTest};
    let file = sources.add("/shop/models/marts/broken.sql", "models/marts/broken.sql", "select 1\nfrom nowhere\n");
    let hook = label(Operation, "view", "shop-on-run-start-0");
    let end_hook = label(Operation, "view", "shop-on-run-end-0");
    let nodes = [
        (label(Seed, "seed", "countries"), Success, "INSERT 3"),
        (label(Model, "table", "orders"), Success, "SELECT 5"),
        (label(Snapshot, "snapshot", "history"), Success, "SELECT 2"),
        (label(Test, "test", "unique_orders_id"), Pass, ""),
        (label(Test, "test", "few_orders"), Warn, "Got 2 results, configured to warn if != 0"),
        (label(Test, "test", "no_orders"), Fail, "Got 12 results, configured to fail if != 0"),
        (label(Model, "view", "broken"), Error, "relation \"nowhere\" does not exist"),
        (label(Model, "incremental", "events"), PartialSuccess, "Partial success (2/3)"),
        (label(Exposure, "", "dashboard"), NoOp, ""),
    ];
    let mut ends: Vec<(NodeLabel, NodeOutcome)> =
        nodes.into_iter().map(|(node, status, message)| (node.clone(), outcome(&node, status, message))).collect();
    for (node, end) in &mut ends {
        match end.status {
            Warn => end.failures = Some(2),
            Fail => {
                end.failures = Some(12);
                end.compiled_code = Some("select".to_owned());
                end.relation_name = Some("\"dev\".\"audit\".\"no_orders\"".to_owned());
                end.sample = Some(rows(&[("order_id", &["a1", "b22"]), ("state", &["new", "lost"])]));
            }
            Error => {
                end.compiled_code = Some("select".to_owned());
                let diagnostic =
                    Diagnostic::error(Code::SqlError, format!("the warehouse refused model `{}`", node.name))
                        .at(Span::new(file, 14, 21), "relation \"nowhere\" does not exist");
                end.diagnostics.push(diagnostic);
            }
            _ => {}
        }
    }
    let mut events = vec![
        Event::Started,
        Event::AdapterRegistered("postgres=0.1.0".to_owned()),
        Event::Found(ResourceCounts(vec![("model".to_owned(), 3), ("test".to_owned(), 1)])),
        Event::Concurrency { threads: 4, target: "dev".to_owned() },
        Event::HookStarted { node: hook.clone(), index: 1, total: 1 },
        Event::HookFinished { node: hook.clone(), index: 1, total: 1, outcome: Box::new(outcome(&hook, Success, "")) },
    ];
    for (index, (node, end)) in ends.iter().enumerate() {
        events.push(started(node, index + 1));
        events.push(finished(node, index + 1, end));
    }
    let unit_test = label(UnitTest, "unit", "orders.adds_up");
    let child = label(Model, "view", "child");
    let skipped = outcome(&child, Skipped, "");
    events.push(started(&unit_test, 8));
    events.push(Event::NodeFinished {
        node: child,
        index: 9,
        total: 9,
        outcome: Box::new(skipped.clone()),
        because_of: Some(UniqueId::new("model.shop.broken")),
    });
    events.push(Event::HookStarted { node: end_hook.clone(), index: 1, total: 1 });
    let end_hook_end = outcome(&end_hook, Error, "division by zero");
    events.push(Event::HookFinished { node: end_hook, index: 1, total: 1, outcome: Box::new(end_hook_end) });
    let counts = vec![("seed".to_owned(), 1), ("table model".to_owned(), 2)];
    events.push(Event::RunFinished { counts, elapsed: Duration::from_millis(62_340) });
    let (labels, mut outcomes): (Vec<NodeLabel>, Vec<NodeOutcome>) = ends.into_iter().unzip();
    outcomes.push(skipped);
    events.push(Event::Summary(Box::new(run_results(outcomes)), labels));
    let end = CommandEnd { command: "build".to_owned(), success: false, at: noon(), elapsed: Duration::from_secs(63) };
    events.push(Event::Finished(end));
    events
}

fn run_results(outcomes: Vec<NodeOutcome>) -> RunResults {
    RunResults { outcomes, elapsed: Duration::from_secs(62), started_at: noon(), interrupted: false }
}

#[test]
fn a_build_as_text() {
    let desk = Desk::new(LogFormat::Default, LogLevel::Info);
    let events = eventful_build(&desk.sources);
    assert_snapshot!(desk.shown(&events), @r#"
    12:00:05  Running with dbt=1.11.16 (aquifer 0.1.0)
    12:00:05  Registered adapter: postgres=0.1.0
    12:00:05  Found 3 models, 1 test
    12:00:05  
    12:00:05  Concurrency: 4 threads (target='dev')
    12:00:05  
    12:00:05  1 of 1 START hook: shop.on-run-start.0 ......................................... [RUN]
    12:00:05  1 of 1 OK hook: shop.on-run-start.0 ............................................ [OK in 1.50s]
    12:00:05  
    12:00:05  1 of 9 START seed file main.countries .......................................... [RUN]
    12:00:05  1 of 9 OK loaded seed file main.countries ...................................... [INSERT 3 in 1.50s]
    12:00:05  2 of 9 START sql table model main.orders ....................................... [RUN]
    12:00:05  2 of 9 OK created sql table model main.orders .................................. [SELECT 5 in 1.50s]
    12:00:05  3 of 9 START snapshot main.history ............................................. [RUN]
    12:00:05  3 of 9 OK snapshotted main.history ............................................. [SELECT 2 in 1.50s]
    12:00:05  4 of 9 START test unique_orders_id ............................................. [RUN]
    12:00:05  4 of 9 PASS unique_orders_id ................................................... [PASS in 1.50s]
    12:00:05  5 of 9 START test few_orders ................................................... [RUN]
    12:00:05  5 of 9 WARN 2 few_orders ....................................................... [WARN 2 in 1.50s]
    12:00:05  6 of 9 START test no_orders .................................................... [RUN]
    12:00:05  6 of 9 FAIL 12 no_orders ....................................................... [FAIL 12 in 1.50s]
    12:00:05  7 of 9 START sql view model main.broken ........................................ [RUN]
    12:00:05  7 of 9 ERROR creating sql view model main.broken ............................... [ERROR in 1.50s]
    12:00:05  8 of 9 START sql incremental model main.events ................................. [RUN]
    12:00:05  8 of 9 PARTIALLY created sql incremental model main.events ..................... [PARTIAL SUCCESS (2/3) in 1.50s]
    12:00:05  9 of 9 NO-OP exposure dashboard ................................................ [NO-OP in 1.50s]
    12:00:05  8 of 9 START unit_test orders::adds_up ......................................... [RUN]
    12:00:05  9 of 9 SKIP relation main.child ................................................ [SKIP]
    12:00:05  
    12:00:05  1 of 1 START hook: shop.on-run-end.0 ........................................... [RUN]
    12:00:05  1 of 1 ERROR hook: shop.on-run-end.0 ........................................... [ERROR in 1.50s]
    12:00:05  
    12:00:05  Finished running 1 seed, 2 table models in 0 hours 1 minutes and 2.34 seconds (62.34s).
    12:00:05  
    12:00:05  Completed with 2 errors, 1 partial success, and 1 warning:
    12:00:05  
    12:00:05  Failure in test no_orders (models/marts/no_orders.sql)
    12:00:05    Got 12 results, configured to fail if != 0
    12:00:05  
    12:00:05    2 of 12 failing rows:
      | order_id | state |
      | -------- | ----- |
      | a1       | new   |
      | b22      | lost  |
    12:00:05  
    12:00:05    compiled code at target/compiled/shop/models/marts/no_orders.sql
    12:00:05  
    12:00:05    See test failures:
      ---------------------------------------
      select * from "dev"."audit"."no_orders"
      ---------------------------------------
    12:00:05  
    12:00:05  Failure in model broken (models/marts/broken.sql)
    12:00:05    Database Error in model broken (models/marts/broken.sql)
      error[sql-error]: the warehouse refused model `broken`
        --> models/marts/broken.sql:2:6
         |
       2 | from nowhere
         |      ^^^^^^^ relation "nowhere" does not exist
    12:00:05  
    12:00:05    compiled code at target/compiled/shop/models/marts/broken.sql
    12:00:05  
    12:00:05  Warning in test few_orders (models/marts/few_orders.sql)
    12:00:05  Got 2 results, configured to warn if != 0
    12:00:05  
    12:00:05  Done. PASS=4 WARN=1 ERROR=3 SKIP=1 NO-OP=1 TOTAL=10
    "#);
}

#[test]
fn a_build_as_debug_lines() {
    let desk = Desk::new(LogFormat::Debug, LogLevel::Debug);
    let sql = [
        Event::Started,
        Event::Sql { label: "model.shop.orders".to_owned(), node: None, sql: "select 1".to_owned() },
        Event::SqlFinished {
            label: "model.shop.orders".to_owned(),
            node: None,
            status: "SELECT 1".to_owned(),
            elapsed: Duration::from_millis(3),
        },
        started(&label(ResourceType::Model, "view", "orders"), 1),
        Event::Interrupted,
    ];
    let shown = desk.shown(&sql);
    // The thread is the test's own, by name.
    let thread = std::thread::current().name().unwrap_or_default().chars().take(10).collect::<String>();
    assert_snapshot!(shown.replace(&format!("[{thread:<10}]"), "[MainThread]"), @"


    ============================== 12:00:05.000000 | run-1 ==============================
    12:00:05.000000 [info ] [MainThread]: Running with dbt=1.11.16 (aquifer 0.1.0)
    12:00:05.000000 [debug] [MainThread]: On model.shop.orders: select 1
    12:00:05.000000 [debug] [MainThread]: SQL status: SELECT 1 in 0.003 seconds
    12:00:05.000000 [debug] [MainThread]: Began running node model.shop.orders
    12:00:05.000000 [info ] [MainThread]: 1 of 9 START sql view model main.orders ........................................ [RUN]
    12:00:05.000000 [warn ] [MainThread]: Interrupted: cancelling what is running
    ");
}

#[test]
fn quiet_shows_errors_and_what_was_asked_for() {
    let mut desk = Desk::new(LogFormat::Default, LogLevel::Error);
    desk.flags.quiet = true;
    let mut events = eventful_build(&desk.sources);
    events.insert(0, Event::Print("printed".to_owned()));
    events.push(Event::Rows { name: "orders".to_owned(), table: rows(&[("id", &["1"])]) });
    assert_snapshot!(desk.shown(&events), @r#"
    printed
    12:00:05  6 of 9 FAIL 12 no_orders ....................................................... [FAIL 12 in 1.50s]
    12:00:05  7 of 9 ERROR creating sql view model main.broken ............................... [ERROR in 1.50s]
    12:00:05  Failure in test no_orders (models/marts/no_orders.sql)
    12:00:05    Got 12 results, configured to fail if != 0
    12:00:05    2 of 12 failing rows:
      | order_id | state |
      | -------- | ----- |
      | a1       | new   |
      | b22      | lost  |
    12:00:05  Failure in model broken (models/marts/broken.sql)
    12:00:05    Database Error in model broken (models/marts/broken.sql)
      error[sql-error]: the warehouse refused model `broken`
        --> models/marts/broken.sql:2:6
         |
       2 | from nowhere
         |      ^^^^^^^ relation "nowhere" does not exist
    | id |
    | -- |
    | 1  |
    "#);
}

#[test]
fn json_lines_carry_dbt_names_and_final_statuses() {
    let desk = Desk::new(LogFormat::Json, LogLevel::Info);
    let events = eventful_build(&desk.sources);
    let text = desk.shown(&events);
    let mut told = String::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let part = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
        if part("/info/name") == "Formatting" {
            continue;
        }
        told.push_str(&format!(
            "{} {} {} {} {}\n",
            part("/info/code"),
            part("/info/name"),
            part("/info/level"),
            part("/data/node_info/node_status"),
            part("/data/node_info/unique_id"),
        ));
    }
    assert_snapshot!(told, @"
    A001 MainReportVersion info - -
    E034 AdapterRegistered info - -
    W006 FoundStats info - -
    Q027 ConcurrencyLine info - -
    Q032 LogHookStartLine info started operation.shop.shop-on-run-start-0
    Q033 LogHookEndLine info success operation.shop.shop-on-run-start-0
    Q011 LogStartLine info started seed.shop.countries
    Q016 LogSeedResult info success seed.shop.countries
    Q011 LogStartLine info started model.shop.orders
    Q012 LogModelResult info success model.shop.orders
    Q011 LogStartLine info started snapshot.shop.history
    Q015 LogSnapshotResult info success snapshot.shop.history
    Q011 LogStartLine info started test.shop.unique_orders_id
    Q007 LogTestResult info pass test.shop.unique_orders_id
    Q011 LogStartLine info started test.shop.few_orders
    Q007 LogTestResult warn warn test.shop.few_orders
    Q011 LogStartLine info started test.shop.no_orders
    Q007 LogTestResult error fail test.shop.no_orders
    Q011 LogStartLine info started model.shop.broken
    Q012 LogModelResult error error model.shop.broken
    Q011 LogStartLine info started model.shop.events
    Q012 LogModelResult info partial success model.shop.events
    Q019 LogNodeNoOpResult info no-op exposure.shop.dashboard
    Q011 LogStartLine info started unit_test.shop.orders.adds_up
    Q034 SkippingDetails info skipped model.shop.child
    Q032 LogHookStartLine info started operation.shop.shop-on-run-end-0
    Q033 LogHookEndLine info error operation.shop.shop-on-run-end-0
    E047 FinishedRunningStats info - -
    Z030 EndOfRunSummary info - -
    Z022 RunResultFailure error None test.shop.no_orders
    Z024 RunResultError error None test.shop.no_orders
    AQ03 FailingRows error None test.shop.no_orders
    Z026 SQLCompiledPath info None test.shop.no_orders
    Z027 CheckNodeTestFailure info None test.shop.no_orders
    Z022 RunResultFailure error None model.shop.broken
    Z024 RunResultError error None model.shop.broken
    Z026 SQLCompiledPath info None model.shop.broken
    Z021 RunResultWarning warn None test.shop.few_orders
    Z046 RunResultWarningMessage warn None test.shop.few_orders
    Z023 StatsLine info - -
    ");
}

#[test]
fn json_lines_are_sorted_and_plain() {
    let desk = Desk::new(LogFormat::Json, LogLevel::Info);
    let node = label(ResourceType::Model, "table", "orders");
    let reporter = desk.reporter(true);
    reporter.report(&finished(&node, 1, &outcome(&node, NodeStatus::Success, "SELECT 5")));
    reporter.report(&Event::Print("{\"name\": \"orders\"}".to_owned()));
    assert_snapshot!(desk.output.text(), @r#"
    {"data":{"description":"sql table model main.orders","execution_time":1.5,"index":1,"node_info":{"materialized":"table","meta":{},"node_checksum":"c0ffee","node_finished_at":"2026-03-01T12:00:05.000000","node_name":"orders","node_path":"marts/orders.sql","node_relation":{"alias":"orders","database":"dev","relation_name":"\"dev\".\"main\".\"orders\"","schema":"main"},"node_started_at":"2026-03-01T12:00:03.500000","node_status":"success","resource_type":"model","unique_id":"model.shop.orders"},"status":"SELECT 5","total":9},"info":{"category":"","code":"Q012","extra":{},"invocation_id":"run-1","level":"info","msg":"1 of 9 OK created sql table model main.orders .................................. [SELECT 5 in 1.50s]","name":"LogModelResult","pid":7,"thread":"Thread-2 (worker)","ts":"2026-03-01T12:00:05.000000Z"}}
    {"data":{"msg":"{\"name\": \"orders\"}"},"info":{"category":"","code":"Z052","extra":{},"invocation_id":"run-1","level":"info","msg":"{\"name\": \"orders\"}","name":"PrintEvent","pid":7,"thread":"report::tests::json_lines_are_sorted_and_plain","ts":"2026-03-01T12:00:05.000000Z"}}
    "#);
}

#[test]
fn colours_mark_statuses_on_a_terminal() {
    let desk = Desk::new(LogFormat::Default, LogLevel::Info);
    let node = label(ResourceType::Test, "test", "unique_id");
    let reporter = desk.reporter(true);
    reporter.report(&finished(&node, 1, &outcome(&node, NodeStatus::Fail, "")));
    assert_snapshot!(desk.output.text().replace('\u{1b}', "<ESC>"), @"12:00:05  1 of 9 FAIL 0 unique_id ........................................................ [<ESC>[31mFAIL 0<ESC>[0m in 1.50s]");
}

#[test]
fn output_that_is_data_has_standard_output_to_itself() {
    let mut desk = Desk::new(LogFormat::Default, LogLevel::Info);
    desk.split = true;
    desk.flags.output = OutputFormat::Json;
    let shown = desk.shown(&[
        Event::Started,
        Event::Print("shop.orders".to_owned()),
        Event::Rows { name: "inline".to_owned(), table: rows(&[("id", &["1"])]) },
        Event::NothingToDo,
    ]);
    assert_snapshot!(shown, @r#"
    shop.orders
    {
      "show": [
        {
          "id": "1"
        }
      ]
    }
    "#);
    assert_snapshot!(desk.log.text(), @"
    12:00:05  Running with dbt=1.11.16 (aquifer 0.1.0)
    12:00:05  Nothing to do. Try checking your model configs and model specification args
    ");
}

#[test]
fn secrets_are_scrubbed_from_every_line() {
    let mut desk = Desk::new(LogFormat::Json, LogLevel::Debug);
    desk.secrets = vec!["hunter2".to_owned()];
    let shown = desk.shown(&[
        Event::Print("hunter2".to_owned()),
        Event::Sql { label: "x".to_owned(), node: None, sql: "create user a password 'hunter2'".to_owned() },
    ]);
    assert_eq!(shown.matches("hunter2").count(), 0);
    assert_eq!(shown.matches("*****").count(), 4);
}

#[test]
fn messages_and_diagnostics_stand_on_their_own() {
    let desk = Desk::new(LogFormat::Default, LogLevel::Info);
    let diagnostic = Diagnostic::warning(Code::Deprecated, "`tests:` is now `data_tests:`").help("rename the key");
    let shown = desk.shown(&[
        Event::EmbeddedProfile("target/lakehouse".to_owned()),
        Event::Diagnostic(Box::new(diagnostic)),
        Event::Message { level: LogLevel::Info, text: "two\nlines".to_owned() },
        Event::Message { level: LogLevel::Debug, text: "unseen".to_owned() },
        Event::Rows { name: "orders".to_owned(), table: rows(&[("id", &["1"])]) },
        Event::Interrupted,
        Event::Summary(Box::new(RunResults { interrupted: true, ..run_results(Vec::new()) }), Vec::new()),
    ]);
    assert_snapshot!(shown, @"
    12:00:05  No profiles.yml found: building in the embedded lakehouse at target/lakehouse
    12:00:05  warning[deprecated]: `tests:` is now `data_tests:`
       = help: rename the key
    12:00:05  two
    lines
    Previewing node 'orders':
    | id |
    | -- |
    | 1  |

    12:00:05  Interrupted: cancelling what is running
    12:00:05  
    12:00:05  Exited because of keyboard interrupt
    12:00:05  
    12:00:05  Done. PASS=0 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=0
    ");
}

#[test]
fn freshness_and_batches_have_their_own_lines() {
    let desk = Desk::new(LogFormat::Default, LogLevel::Info);
    let source =
        NodeLabel { unique_id: UniqueId::new("source.shop.raw.orders"), ..label(ResourceType::Source, "", "orders") };
    let events = label(ResourceType::Model, "incremental", "events");
    let batch = |index, status| Event::BatchFinished {
        node: events.clone(),
        index,
        total: 3,
        batch: "2026-01-01".to_owned(),
        status,
        elapsed: Duration::from_millis(20),
    };
    let mut shown = vec![started(&source, 1)];
    for status in [NodeStatus::Pass, NodeStatus::Warn, NodeStatus::Error, NodeStatus::RuntimeError] {
        shown.push(finished(&source, 1, &outcome(&source, status, "")));
    }
    shown.extend([batch(1, NodeStatus::Success), batch(2, NodeStatus::Error), batch(3, NodeStatus::Skipped)]);
    assert_snapshot!(desk.shown(&shown), @"
    12:00:05  1 of 9 START freshness of raw.orders ........................................... [RUN]
    12:00:05  1 of 9 PASS freshness of raw.orders ............................................ [PASS in 1.50s]
    12:00:05  1 of 9 WARN freshness of raw.orders ............................................ [WARN in 1.50s]
    12:00:05  1 of 9 ERROR STALE freshness of raw.orders ..................................... [ERROR STALE in 1.50s]
    12:00:05  1 of 9 ERROR freshness of raw.orders ........................................... [ERROR in 1.50s]
    12:00:05  Batch 1 of 3 OK created batch 2026-01-01 of main.events .............................. [SUCCESS in 0.02s]
    12:00:05  Batch 2 of 3 ERROR creating batch 2026-01-01 of main.events .......................... [ERROR in 0.02s]
    12:00:05  Batch 3 of 3 SKIP batch 2026-01-01 of main.events .................................... [SKIPPED in 0.02s]
    ");
}

#[test]
fn the_log_file_holds_debug_lines_whatever_the_console_shows() {
    let folder = tempfile::tempdir().unwrap();
    let flags = Flags { quiet: true, log_level_file: LogLevel::Debug, ..Flags::default() };
    let environment = Environment::default();
    let options = ReportOptions {
        flags: &flags,
        environment: &environment,
        command: "run",
        invocation_id: "run-1",
        log_folder: Some(folder.path()),
        compiled_folder: String::new(),
        secrets: vec!["hunter2".to_owned()],
        sources: Arc::new(SourceSet::new()),
    };
    for _ in 0..2 {
        let reporter = ConsoleReporter::new(&options);
        reporter.report(&Event::Started);
        reporter.report(&Event::Sql { label: "x".to_owned(), node: None, sql: "select 'hunter2'".to_owned() });
    }
    let log = crate::system::FileSystem::read_to_string(&crate::system::OsFileSystem, &folder.path().join("dbt.log"));
    let log = log.unwrap();
    assert_eq!(log.matches("On x: select '*****'").count(), 2);
    assert_eq!(log.matches("| run-1 ====").count(), 2);
}
