use std::path::Path;
use std::sync::Mutex;

use super::json::{RunIdentity, json_line, level_word};
use super::line::{Line, Stamp};
use super::scrub::Scrubber;
use super::wording;
use crate::config::{LogFormat, LogLevel};
use crate::system::RotatingFile;

/// Full files kept besides the current one.
const BACKUPS: u32 = 5;

/// `logs/dbt.log`: everything, whatever the console shows.
#[derive(Debug)]
pub(super) struct LogFile {
    format: LogFormat,
    level: LogLevel,
    file: Mutex<RotatingFile>,
}

impl LogFile {
    /// Opens `dbt.log` in the folder.
    ///
    /// # Errors
    /// The folder or file cannot be created or opened.
    pub(super) fn open(folder: &Path, format: LogFormat, level: LogLevel, max_bytes: u64) -> std::io::Result<Self> {
        let file = RotatingFile::open(&folder.join("dbt.log"), max_bytes, BACKUPS)?;
        Ok(Self { format, level, file: Mutex::new(file) })
    }

    /// Appends the lines it takes, all in one write.
    pub(super) fn append(&self, lines: &[Line], stamp: &Stamp, run: &RunIdentity, scrubber: &Scrubber) {
        let mut text = String::new();
        for line in lines.iter().filter(|line| line.level >= self.level) {
            text.push_str(&match self.format {
                LogFormat::Json => json_line(line, stamp, run),
                LogFormat::Text => format!("{}  {}", stamp.at.format("%H:%M:%S"), wording::plain(&line.text)),
                LogFormat::Debug | LogFormat::Default => debug_line(line, stamp, run),
            });
            text.push('\n');
        }
        if text.is_empty() {
            return;
        }
        let text = scrubber.scrub(text);
        let mut file = self.file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A full disk must not stop a run: its results are worth more than its log.
        let _ = file.append(text.as_bytes());
    }
}

/// `02:42:58.492523 [info ] [MainThread]: text`; a run's first line follows a ruler.
pub(super) fn debug_line(line: &Line, stamp: &Stamp, run: &RunIdentity) -> String {
    let time = stamp.at.format("%H:%M:%S%.6f");
    let mut out = String::new();
    if line.name == "MainReportVersion" {
        let ruler = "=".repeat(30);
        out.push_str(&format!("\n\n{ruler} {time} | {} {ruler}\n", run.invocation_id));
    }
    let thread: String = stamp.thread.chars().take(10).collect();
    let level = level_word(line.level);
    out.push_str(&format!("{time} [{level:<5}] [{thread:<10}]: {}", wording::plain(&line.text)));
    out
}
