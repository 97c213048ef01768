//! Runs the tasks of a plan, as many at once as allowed, each as soon as what it waits for has ended
//! well.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::outcome::{NodeOutcome, NodeStatus};
use crate::plan::{Plan, Task};
use crate::resource::UniqueId;

/// Carries out one task. The scheduler knows nothing of how.
#[async_trait]
pub trait TaskRunner: Send + Sync + 'static {
    /// Carries a task out; `number` counts tasks from 1, `worker` from 1 to the number of threads.
    async fn run(&self, task: &Task, number: usize, worker: usize) -> NodeOutcome;
    /// Says that a task is not carried out, and gives its outcome.
    fn skip(&self, task: &Task, number: usize, reason: SkipReason) -> NodeOutcome;
}

/// Why a task is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// This node upstream did not end well.
    Upstream(UniqueId),
    /// Another node failed under `--fail-fast`.
    FailFast,
    /// The user asked to stop.
    Interrupted,
}

/// A switch that is thrown once, by Ctrl-C or SIGTERM.
#[derive(Debug, Clone)]
pub struct Interrupt {
    sender: Arc<watch::Sender<bool>>,
}

impl Default for Interrupt {
    fn default() -> Self {
        Self { sender: Arc::new(watch::Sender::new(false)) }
    }
}

impl Interrupt {
    /// Throws the switch.
    pub fn trigger(&self) {
        self.sender.send_replace(true);
    }

    /// Whether it was thrown.
    pub fn is_triggered(&self) -> bool {
        *self.sender.borrow()
    }

    /// Waits until it is thrown.
    pub async fn triggered(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives as long as self, so waiting cannot fail.
        let _ = receiver.wait_for(|thrown| *thrown).await;
    }
}

/// How a plan is walked.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Tasks at once, at least 1.
    pub threads: usize,
    /// Stop starting tasks after the first failure.
    pub fail_fast: bool,
    /// Stop starting tasks when thrown.
    pub interrupt: Interrupt,
}

/// Walks the plan to its end and gives one outcome per task, in order of completion.
///
/// It goes on among the runtime's workers, whose tasks it starts and waits for: from any other thread every
/// one of them would have to be woken across threads.
pub async fn walk(plan: Plan, runner: Arc<dyn TaskRunner>, schedule: Schedule) -> Vec<NodeOutcome> {
    match tokio::spawn(async move { walk_here(&plan, runner, &schedule).await }).await {
        Ok(outcomes) => outcomes,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that shuts down cancels it.
            Err(_) => Vec::new(),
        },
    }
}

async fn walk_here(plan: &Plan, runner: Arc<dyn TaskRunner>, schedule: &Schedule) -> Vec<NodeOutcome> {
    let mut walk = Walk::new(plan, runner, schedule);
    while walk.outcomes.len() < plan.tasks.len() {
        walk.start_ready();
        let Some(done) = walk.running.join_next().await else { break };
        match done {
            Ok(finished) => walk.finish(finished),
            // A task that panics is a fault of the engine; the others go on.
            Err(error) => walk.lost(&error),
        }
    }
    walk.outcomes
}

struct Finished {
    index: usize,
    worker: usize,
    outcome: NodeOutcome,
}

struct Walk<'a> {
    plan: &'a Plan,
    runner: Arc<dyn TaskRunner>,
    schedule: &'a Schedule,
    downstream: Vec<Vec<usize>>,
    waiting_for: Vec<usize>,
    blamed: Vec<Option<UniqueId>>,
    /// What became ready first is first; what did at once, in the order of the plan.
    ready: VecDeque<usize>,
    idle_workers: BinaryHeap<Reverse<usize>>,
    running: JoinSet<Finished>,
    in_flight: Vec<(usize, usize)>,
    started: usize,
    outcomes: Vec<NodeOutcome>,
    failed: AtomicBool,
}

impl<'a> Walk<'a> {
    fn new(plan: &'a Plan, runner: Arc<dyn TaskRunner>, schedule: &'a Schedule) -> Self {
        let waiting_for: Vec<usize> = plan.tasks.iter().map(|task| task.upstream.len()).collect();
        let ready = waiting_for.iter().enumerate().filter(|(_, left)| **left == 0).map(|(index, _)| index).collect();
        Self {
            plan,
            runner,
            schedule,
            downstream: plan.downstream(),
            waiting_for,
            blamed: vec![None; plan.tasks.len()],
            ready,
            idle_workers: (1..=schedule.threads.max(1)).map(Reverse).collect(),
            running: JoinSet::new(),
            in_flight: Vec::new(),
            started: 0,
            outcomes: Vec::with_capacity(plan.tasks.len()),
            failed: AtomicBool::new(false),
        }
    }

    /// Starts what is ready while a worker is idle; what must be skipped needs no worker.
    fn start_ready(&mut self) {
        while let Some(index) = self.ready.front().copied() {
            let Some(task) = self.plan.tasks.get(index) else { break };
            if let Some(reason) = self.reason_to_skip(index) {
                self.ready.pop_front();
                self.started += 1;
                let outcome = self.runner.skip(task, self.started, reason);
                self.settle(index, outcome);
                continue;
            }
            let Some(Reverse(worker)) = self.idle_workers.pop() else { break };
            self.ready.pop_front();
            self.started += 1;
            let (runner, task, number) = (Arc::clone(&self.runner), task.clone(), self.started);
            self.in_flight.push((index, worker));
            self.running.spawn(async move {
                let outcome = runner.run(&task, number, worker).await;
                Finished { index, worker, outcome }
            });
        }
    }

    fn reason_to_skip(&self, index: usize) -> Option<SkipReason> {
        if self.schedule.interrupt.is_triggered() {
            return Some(SkipReason::Interrupted);
        }
        if let Some(Some(culprit)) = self.blamed.get(index) {
            return Some(SkipReason::Upstream(culprit.clone()));
        }
        (self.schedule.fail_fast && self.failed.load(Ordering::Relaxed)).then_some(SkipReason::FailFast)
    }

    fn finish(&mut self, finished: Finished) {
        self.idle_workers.push(Reverse(finished.worker));
        self.in_flight.retain(|(index, _)| *index != finished.index);
        self.settle(finished.index, finished.outcome);
    }

    /// Books an outcome and frees or blames what waits for it.
    fn settle(&mut self, index: usize, outcome: NodeOutcome) {
        let continues = self
            .plan
            .tasks
            .get(index)
            .is_some_and(|task| task.node.config.on_error == crate::resource::OnError::Continue);
        let ended_well = outcome.status.lets_children_run() || (continues && outcome.status != NodeStatus::Skipped);
        if outcome.status.is_failure() {
            self.failed.store(true, Ordering::Relaxed);
        }
        let culprit = self.blamed.get(index).cloned().flatten().unwrap_or_else(|| outcome.unique_id.clone());
        for child in self.downstream.get(index).cloned().unwrap_or_default() {
            if let Some(left) = self.waiting_for.get_mut(child) {
                *left -= 1;
                if *left == 0 {
                    self.ready.push_back(child);
                }
            }
            if !ended_well && let Some(blame) = self.blamed.get_mut(child) {
                blame.get_or_insert_with(|| culprit.clone());
            }
        }
        self.outcomes.push(outcome);
    }

    fn lost(&mut self, error: &tokio::task::JoinError) {
        // Which task it was cannot be told from the error; it is the one no longer running.
        let Some((index, worker)) = self.in_flight.pop() else { return };
        self.idle_workers.push(Reverse(worker));
        let Some(task) = self.plan.tasks.get(index) else { return };
        let mut outcome = NodeOutcome::new(task.node.unique_id.clone(), NodeStatus::Error);
        outcome.message = Some(format!("internal error: {error}"));
        self.settle(index, outcome);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::project::sample;

    /// Ends every node well, but those named; notes what was started and skipped.
    #[derive(Default)]
    struct Recorder {
        failing: Vec<&'static str>,
        log: Mutex<Vec<String>>,
        interrupt_at: Option<(&'static str, Interrupt)>,
    }

    #[async_trait]
    impl TaskRunner for Recorder {
        async fn run(&self, task: &Task, _number: usize, _worker: usize) -> NodeOutcome {
            let name = task.node.name.as_str();
            self.log.lock().unwrap().push(format!("run {name}"));
            if let Some((at, interrupt)) = &self.interrupt_at
                && *at == name
            {
                interrupt.trigger();
            }
            let failed = self.failing.contains(&name);
            let status = if failed { NodeStatus::Error } else { NodeStatus::Success };
            NodeOutcome::new(task.node.unique_id.clone(), status)
        }

        fn skip(&self, task: &Task, _number: usize, reason: SkipReason) -> NodeOutcome {
            let why = match reason {
                SkipReason::Upstream(culprit) => culprit.to_string(),
                other => format!("{other:?}"),
            };
            self.log.lock().unwrap().push(format!("skip {} because of {why}", task.node.name));
            NodeOutcome::new(task.node.unique_id.clone(), NodeStatus::Skipped)
        }
    }

    /// a -> b -> c, d alone.
    fn plan() -> Plan {
        let nodes = [("a", None), ("b", Some(0)), ("c", Some(1)), ("d", None)];
        let tasks = nodes
            .into_iter()
            .map(|(name, parent)| Task {
                node: Arc::new(sample::model(&format!("models/{name}.sql"))),
                action: crate::plan::Action::Materialize,
                upstream: parent.into_iter().collect(),
            })
            .collect();
        Plan { tasks, inlined: Vec::new() }
    }

    async fn log_of(recorder: Recorder, fail_fast: bool) -> Vec<String> {
        let interrupt = recorder.interrupt_at.as_ref().map(|(_, interrupt)| interrupt.clone()).unwrap_or_default();
        let recorder = Arc::new(recorder);
        let schedule = Schedule { threads: 1, fail_fast, interrupt };
        let outcomes = walk(plan(), recorder.clone(), schedule).await;
        assert_eq!(outcomes.len(), 4, "every task has an outcome");
        let log = recorder.log.lock().unwrap();
        log.clone()
    }

    #[tokio::test]
    async fn each_task_waits_for_what_it_needs() {
        assert_eq!(log_of(Recorder::default(), false).await, ["run a", "run d", "run b", "run c"]);
    }

    #[tokio::test]
    async fn a_failure_skips_everything_downstream_and_names_the_culprit() {
        let recorder = Recorder { failing: vec!["a"], ..Recorder::default() };
        let log = log_of(recorder, false).await;
        assert_eq!(log, ["run a", "skip b because of model.shop.a", "skip c because of model.shop.a", "run d"]);
    }

    #[tokio::test]
    async fn fail_fast_starts_nothing_more() {
        let recorder = Recorder { failing: vec!["a"], ..Recorder::default() };
        let log = log_of(recorder, true).await;
        assert_eq!(
            log,
            ["run a", "skip d because of FailFast", "skip b because of model.shop.a", "skip c because of model.shop.a"]
        );
    }

    #[tokio::test]
    async fn an_interrupt_skips_what_has_not_started() {
        let recorder = Recorder { interrupt_at: Some(("a", Interrupt::default())), ..Recorder::default() };
        let log = log_of(recorder, false).await;
        assert_eq!(
            log,
            [
                "run a",
                "skip d because of Interrupted",
                "skip b because of Interrupted",
                "skip c because of Interrupted"
            ]
        );
    }
}
