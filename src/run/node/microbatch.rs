//! Microbatch models: built batch by batch, each in a session of its own.

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use futures::StreamExt;

use super::{Ended, Work};
use crate::adapter::AdapterError;
use crate::config::EventWindow;
use crate::diagnostic::Diagnostic;
use crate::materialization::{BatchLimits, BatchSize, batch_size, batches, gaps, is_incremental, is_microbatch};
use crate::outcome::{BatchResults, NodeStatus};
use crate::report::{Event, NodeLabel};
use crate::resource::Node;
use crate::run::failure::diagnose;
use crate::run::intervals::Intervals;

/// A batch of a model at work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    /// The event time it covers.
    pub(super) window: EventWindow,
    /// Whether it adds to a table that stands.
    pub(super) adds: bool,
}

/// A batch among all of its model's.
#[derive(Clone, Copy)]
struct Place {
    batch: Batch,
    index: usize,
    total: usize,
    size: BatchSize,
}

/// How a batch ended.
struct Built {
    window: EventWindow,
    problem: Option<Box<Diagnostic>>,
    status: NodeStatus,
}

impl Work<'_> {
    /// Whether the node is still to be divided into batches.
    pub(super) fn has_batches(&self) -> bool {
        self.batch.is_none() && is_microbatch(self.node)
    }

    /// Builds every batch: the first by itself, the last when all others have ended, those between
    /// side by side where the warehouse and the model allow it. After a first batch that fails, the
    /// others are skipped.
    ///
    /// What is built is remembered; batches that are missing before those of this run are built along.
    pub(super) async fn build_batches(&self) -> Result<Ended, Box<Diagnostic>> {
        let memory = self.memory().await;
        let memory = memory.as_ref();
        let places = self.places(memory).await?;
        let mut built = Vec::with_capacity(places.len());
        let (first, rest) = places.split_first().map_or((None, &[][..]), |(first, rest)| (Some(first), rest));
        if let Some(first) = first {
            built.push(self.build_batch(*first, memory).await);
        }
        if built.iter().any(|batch| batch.status != NodeStatus::Success) {
            built.extend(rest.iter().map(|place| self.skip_batch(place)));
            return Ok(self.merged(built));
        }
        let (last, between) = rest.split_last().map_or((None, &[][..]), |(last, between)| (Some(last), between));
        let at_once = self.batches_at_once();
        let waiting: Vec<_> = between.iter().map(|place| self.build_batch(*place, memory)).collect();
        let running = futures::stream::iter(waiting).buffer_unordered(at_once);
        built.extend(running.collect::<Vec<Built>>().await);
        if let Some(last) = last {
            built.push(self.build_batch(*last, memory).await);
        }
        if let Some(memory) = memory {
            self.warn_unless(memory.join().await);
        }
        Ok(self.merged(built))
    }

    /// What became of the model as a whole. COMPAT: statuses and messages of dbt 1.11.
    fn merged(&self, built: Vec<Built>) -> Ended {
        let mut results = BatchResults::default();
        let mut problems = Vec::new();
        for batch in built {
            let span = (batch.window.start, batch.window.end);
            match batch.status {
                NodeStatus::Success => results.successful.push(span),
                _ => results.failed.push(span),
            }
            problems.extend(batch.problem);
        }
        results.successful.sort_unstable();
        results.failed.sort_unstable();
        let (well, badly) = (results.successful.len(), results.failed.len());
        let (status, message) = match (well, badly) {
            (_, 0) => (NodeStatus::Success, "SUCCESS".to_owned()),
            (0, _) => (NodeStatus::Error, "ERROR".to_owned()),
            _ => (NodeStatus::PartialSuccess, format!("PARTIAL SUCCESS ({well}/{})", well + badly)),
        };
        let mut ended = Ended { message: Some(message), batches: Some(results), ..Ended::with(status) };
        if status == NodeStatus::Error {
            // The summary tells of it.
            ended.diagnostic = problems.into_iter().next();
        } else {
            problems.into_iter().for_each(|problem| self.runner.reporter.report(&Event::Diagnostic(problem)));
        }
        ended
    }

    /// What is remembered of the model; nothing while a run reads some of the rows only. Not to remember
    /// is no reason not to build.
    async fn memory(&self) -> Option<Intervals> {
        if self.runner.options.empty || self.runner.options.sample.is_some() {
            return None;
        }
        let opened = Intervals::open(self.runner, self.node).await;
        match opened {
            Ok(memory) => memory,
            Err(error) => {
                self.warn_unless(Err(error));
                None
            }
        }
    }

    fn warn_unless(&self, remembered: Result<(), AdapterError>) {
        let Err(error) = remembered else { return };
        let message = format!("the batches of `{}` are not remembered: {}", self.node.name, error.message);
        let warning = Diagnostic::warning(error.kind.code(), message).at(self.node.origin.configured(), "");
        self.runner.reporter.report(&Event::Diagnostic(Box::new(warning)));
    }

    /// The batches to build. Those after the first add to what the first has left.
    async fn places(&self, memory: Option<&Intervals>) -> Result<Vec<Place>, Box<Diagnostic>> {
        let target = self.node.relation.clone().ok_or_else(|| self.nowhere())?;
        let existing = self.runner.warehouse.relation(&target).await.map_err(|error| diagnose(&error))?;
        let options = &self.runner.options;
        let size = batch_size(self.node)?;
        let adds = is_incremental(self.node, existing.as_ref(), self.full_refresh());
        let windows = match options.batches.get(&self.node.unique_id) {
            Some(left) => left.clone(),
            None => {
                let now = options.began.unwrap_or_else(Utc::now);
                let sample = options.sample;
                let (start, end) = match sample {
                    Some(sample) => (Some(sample.start), Some(sample.end)),
                    None => (options.event_time_start, options.event_time_end),
                };
                let asked = batches(self.node, &BatchLimits { is_incremental: adds, start, end, now })?;
                let fills = adds && start.is_none() && end.is_none();
                let mut windows = if fills { self.missing(memory, size, &asked).await } else { Vec::new() };
                windows.extend(asked);
                windows
            }
        };
        let total = windows.len();
        let place = |(index, window)| Place { batch: Batch { window, adds: adds || index > 0 }, index, total, size };
        Ok(windows.into_iter().enumerate().map(place).collect())
    }

    /// Batches before those that are asked for which were never built, or not to their end.
    async fn missing(&self, memory: Option<&Intervals>, size: BatchSize, asked: &[EventWindow]) -> Vec<EventWindow> {
        let (Some(memory), Some(first)) = (memory, asked.first()) else { return Vec::new() };
        if self.node.config.flag("fill_gaps") == Some(false) {
            return Vec::new();
        }
        match memory.built().await {
            Ok(built) => gaps(size, built, first.start),
            Err(error) => {
                self.warn_unless(Err(error));
                Vec::new()
            }
        }
    }

    /// COMPAT: batches run one after the other where the model reads its own table (dbt 1.11).
    fn batches_at_once(&self) -> usize {
        let adapter = self.runner.warehouse.adapter();
        let reads_itself = || {
            let letters = |letter: char| !(letter.is_alphanumeric() || letter == '_');
            self.node.raw_code.split(letters).any(|word| word == "this")
        };
        let allowed = self.node.config.flag("concurrent_batches").unwrap_or_else(|| !reads_itself());
        if adapter.capabilities().concurrent_batches && allowed { adapter.concurrency().max(1) } else { 1 }
    }

    async fn build_batch(&self, place: Place, memory: Option<&Intervals>) -> Built {
        let clock = Instant::now();
        self.say_batch_started(&place);
        let mut node = Node::clone(self.node);
        // COMPAT: hooks run before the first batch and after the last one (dbt 1.11).
        if place.index > 0 {
            node.config.pre_hook.clear();
        }
        if place.index + 1 < place.total {
            node.config.post_hook.clear();
        }
        let node = Arc::new(node);
        let mut work = Work::new(self.runner, &node, self.worker);
        work.batch = Some(place.batch);
        let problem = Box::pin(work.materialize()).await.err();
        let status = if problem.is_none() { NodeStatus::Success } else { NodeStatus::Error };
        if let Some(memory) = memory.filter(|_| status == NodeStatus::Success) {
            self.warn_unless(self.remember(memory, place.batch).await);
        }
        self.say_batch_finished(&place, status, clock.elapsed());
        Built { window: place.batch.window, problem, status }
    }

    /// Remembers a batch that was built. What lies after the beginning of the run is not built yet.
    async fn remember(&self, memory: &Intervals, batch: Batch) -> Result<(), AdapterError> {
        if !batch.adds {
            memory.forget().await?;
        }
        let now = self.runner.options.began.unwrap_or(self.began);
        memory.add(EventWindow { start: batch.window.start, end: batch.window.end.min(now) }).await
    }

    fn skip_batch(&self, place: &Place) -> Built {
        self.say_batch_finished(place, NodeStatus::Skipped, std::time::Duration::ZERO);
        Built { window: place.batch.window, problem: None, status: NodeStatus::Skipped }
    }

    fn say_batch_started(&self, place: &Place) {
        self.runner.reporter.report(&Event::BatchStarted {
            node: NodeLabel::of(self.node),
            index: place.index + 1,
            total: place.total,
            batch: place.size.label(place.batch.window.start),
        });
    }

    fn say_batch_finished(&self, place: &Place, status: NodeStatus, elapsed: std::time::Duration) {
        self.runner.reporter.report(&Event::BatchFinished {
            node: NodeLabel::of(self.node),
            index: place.index + 1,
            total: place.total,
            batch: place.size.label(place.batch.window.start),
            status,
            elapsed,
        });
    }
}
