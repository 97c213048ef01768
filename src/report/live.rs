use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::event::Event;
use crate::resource::UniqueId;

/// Time between two frames of the spinners.
const FRAME: Duration = Duration::from_millis(100);

/// One line per running node below the lines that stay, and a last line that counts.
///
/// It draws on a terminal only; a thread of its own keeps the spinners and clocks moving and ends
/// when the lines are dropped.
#[derive(Debug)]
pub(super) struct LiveLines {
    screen: MultiProgress,
    running: Arc<Mutex<Running>>,
}

/// What is drawn now.
#[derive(Debug, Default)]
struct Running {
    nodes: HashMap<UniqueId, ProgressBar>,
    /// `12 of 141 done`, the last line.
    count: Option<ProgressBar>,
}

impl LiveLines {
    /// Live lines at the end of this target.
    pub(super) fn new(target: ProgressDrawTarget) -> Self {
        let running = Arc::new(Mutex::new(Running::default()));
        let weak = Arc::downgrade(&running);
        std::thread::spawn(move || keep_moving(&weak));
        Self { screen: MultiProgress::with_draw_target(target), running }
    }

    /// Writes lines that stay, above the live ones.
    pub(super) fn above<R>(&self, write: impl FnOnce() -> R) -> R {
        self.screen.suspend(write)
    }

    /// Adds or removes a node's line.
    pub(super) fn follow(&self, event: &Event) {
        match event {
            Event::NodeStarted { node, total, .. } => self.start(&node.unique_id, &node.relation, *total),
            Event::HookStarted { node, .. } => self.start(&node.unique_id, &node.name, 0),
            Event::NodeFinished { node, total, .. } => self.finish(&node.unique_id, *total),
            Event::HookFinished { node, .. } => self.finish(&node.unique_id, 0),
            Event::RunFinished { .. } | Event::Summary(..) | Event::Finished(_) => self.clear(),
            _ => {}
        }
    }

    fn start(&self, id: &UniqueId, name: &str, total: usize) {
        let mut running = lock(&self.running);
        let count = (total > 0).then(|| self.count_line(&mut running, total));
        let bar = ProgressBar::new_spinner().with_style(style("  {spinner} {elapsed:>4}  {wide_msg}"));
        let bar = match count {
            Some(count) => self.screen.insert_before(&count, bar),
            None => self.screen.add(bar),
        };
        bar.set_message(name.to_owned());
        running.nodes.insert(id.clone(), bar);
    }

    fn finish(&self, id: &UniqueId, total: usize) {
        let mut running = lock(&self.running);
        if let Some(bar) = running.nodes.remove(id) {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
        if total > 0 {
            self.count_line(&mut running, total).inc(1);
        }
    }

    fn count_line(&self, running: &mut Running, total: usize) -> ProgressBar {
        running
            .count
            .get_or_insert_with(|| {
                let bar = ProgressBar::new(total as u64).with_style(style("  {pos} of {len} done in {elapsed}"));
                self.screen.add(bar)
            })
            .clone()
    }

    fn clear(&self) {
        let mut running = lock(&self.running);
        for (_, bar) in running.nodes.drain() {
            bar.finish_and_clear();
        }
        if let Some(count) = running.count.take() {
            count.finish_and_clear();
        }
    }
}

impl Drop for LiveLines {
    fn drop(&mut self) {
        self.clear();
    }
}

fn keep_moving(running: &Weak<Mutex<Running>>) {
    loop {
        std::thread::sleep(FRAME);
        let Some(running) = running.upgrade() else { return };
        // The bars are cloned (they are handles) so that drawing does not hold up the engine.
        let bars: Vec<ProgressBar> = {
            let running = lock(&running);
            running.nodes.values().chain(&running.count).cloned().collect()
        };
        bars.iter().for_each(ProgressBar::tick);
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
}
