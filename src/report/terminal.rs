use std::io::Write;
use std::sync::Mutex;

use super::event::Event;
use super::json::{RunIdentity, json_line};
use super::line::{Line, Stamp};
use super::live::LiveLines;
use super::log_file::debug_line;
use super::scrub::Scrubber;
use super::wording;
use crate::config::{LogFormat, LogLevel};

/// Standard output (and, for commands whose output is data, standard error for everything else).
pub(super) struct Console {
    /// How lines look.
    pub(super) format: LogFormat,
    /// The least level shown.
    pub(super) level: LogLevel,
    /// Whether colours are kept.
    pub(super) colored: bool,
    /// Lines of running nodes, on a terminal.
    pub(super) live: Option<LiveLines>,
    /// Where lines go.
    pub(super) streams: Mutex<Streams>,
}

/// Where a console writes to.
pub(super) struct Streams {
    /// What the user asked for, and everything else if `log` is absent.
    pub(super) output: Box<dyn Write + Send>,
    /// Everything else, where standard output must stay clean.
    pub(super) log: Option<Box<dyn Write + Send>>,
}

impl Console {
    /// Shows the lines of one event.
    pub(super) fn show(&self, event: &Event, lines: &[Line], stamp: &Stamp, run: &RunIdentity, scrubber: &Scrubber) {
        if let Some(live) = &self.live {
            live.follow(event);
        }
        let (mut output, mut log) = (String::new(), String::new());
        for line in lines.iter().filter(|line| self.shows(line)) {
            let text = if line.is_output() { &mut output } else { &mut log };
            text.push_str(&self.formatted(line, stamp, run));
            text.push('\n');
        }
        let write = || self.write(scrubber.scrub(output), scrubber.scrub(log));
        match &self.live {
            Some(live) => live.above(write),
            None => write(),
        }
    }

    fn shows(&self, line: &Line) -> bool {
        line.is_output() || (line.level >= self.level && !(self.live.is_some() && line.is_start()))
    }

    fn formatted(&self, line: &Line, stamp: &Stamp, run: &RunIdentity) -> String {
        let text = match self.format {
            LogFormat::Json => return json_line(line, stamp, run),
            // The user's own output is passed on as it is, escapes and all.
            _ if line.is_output() => return line.text.clone(),
            LogFormat::Debug => return debug_line(line, stamp, run),
            LogFormat::Text | LogFormat::Default if self.colored => line.text.as_str().into(),
            LogFormat::Text | LogFormat::Default => wording::plain(&line.text),
        };
        format!("{}  {text}", stamp.at.format("%H:%M:%S"))
    }

    fn write(&self, output: String, log: String) {
        let mut streams = self.streams.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let Streams { output: out, log: err } = &mut *streams;
        // A reader that has gone away (`| head`) must not stop a run.
        if let Some(err) = err.as_mut() {
            let _ = err.write_all(log.as_bytes()).and_then(|()| err.flush());
        } else {
            let _ = out.write_all(log.as_bytes());
        }
        let _ = out.write_all(output.as_bytes()).and_then(|()| out.flush());
    }
}
