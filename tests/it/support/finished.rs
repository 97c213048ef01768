//! A command that has ended.

use std::path::Path;
use std::process::Output;

use regex::Regex;

/// A command that has ended: its exit code and what it wrote.
pub struct Finished {
    command_line: String,
    folder: String,
    /// The exit code; -1 after a signal.
    pub code: i32,
    /// Standard output as written.
    pub stdout: String,
    /// Standard error as written.
    pub stderr: String,
}

impl Finished {
    pub(super) fn new(arguments: &[&str], output: Output, folder: &Path) -> Self {
        Self {
            command_line: format!("aquifer {}", arguments.join(" ")),
            folder: folder.display().to_string(),
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts exit code 0.
    #[track_caller]
    pub fn succeeds(&self) -> &Self {
        self.exits_with(0)
    }

    /// Asserts the exit code: 1 is a node that failed, 2 a command that could not be carried out.
    #[track_caller]
    pub fn exits_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "exit code of {self}");
        self
    }

    /// Asserts that the output, on either stream, has a text in it.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "`{text}` is not in the output of {self}");
        self
    }

    /// Asserts that the output, on either stream, has a text not in it.
    #[track_caller]
    pub fn says_not(&self, text: &str) -> &Self {
        assert!(!self.stdout.contains(text) && !self.stderr.contains(text), "`{text}` is in the output of {self}");
        self
    }

    /// The output with what changes from run to run replaced: clock times, durations, the project's
    /// folder, counts of built-in macros, versions.
    pub fn stable(&self) -> String {
        let replacements = [
            (r"\x1b\[[0-9;]*m", ""),
            (r"(?m)^\d\d:\d\d:\d\d  ?", ""),
            (r"\d+ macros", "[n] macros"),
            (r"\b\d+\.\d+s\b", "[time]"),
            (r"\d+ hours \d+ minutes and \d+\.\d+ seconds", "[time]"),
            (r"dbt=\S+ \(aquifer \S+\)", "dbt=[version] (aquifer [version])"),
            (r"aquifer_it_\d+_\d+", "[database]"),
        ];
        let mut text = format!("{}{}", self.stdout, self.stderr).replace(&self.folder, "[project]");
        for (pattern, replacement) in replacements {
            text = Regex::new(pattern).unwrap().replace_all(&text, replacement).into_owned();
        }
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// The stable output without the opening lines that every command has.
    pub fn message(&self) -> String {
        let opening = ["Running with ", "Registered adapter: ", "Found ", "Concurrency: "];
        let stable = self.stable();
        let lines: Vec<&str> =
            stable.lines().filter(|line| !opening.iter().any(|start| line.starts_with(start))).collect();
        lines.join("\n").trim().to_owned()
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` (exit code {}):\n{}{}", self.command_line, self.code, self.stdout, self.stderr)
    }
}
