use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

/// The environment a command runs in, captured once at the start.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// Working directory.
    pub working_directory: PathBuf,
    /// The user's home folder, if known.
    pub home: Option<PathBuf>,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Process id, for logs.
    pub process_id: u32,
    /// The command line as typed, program name included.
    pub command_line: Vec<String>,
}

impl Environment {
    /// The environment of this process, read once.
    #[allow(clippy::disallowed_methods, reason = "the one home of std::env")]
    pub fn capture() -> Self {
        let text = |value: OsString| value.to_string_lossy().into_owned();
        Self {
            variables: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
            working_directory: std::env::current_dir().unwrap_or_default(),
            home: std::env::home_dir(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            process_id: std::process::id(),
            command_line: std::env::args_os().map(text).collect(),
        }
    }

    /// A variable's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The first of `AQUIFER_<name>`, `DBT_ENGINE_<name>`, `DBT_<name>` that is set and not empty.
    pub fn flag(&self, name: &str) -> Option<&str> {
        ["AQUIFER_", "DBT_ENGINE_", "DBT_"]
            .iter()
            .find_map(|prefix| self.get(&format!("{prefix}{name}")))
            .filter(|value| !value.is_empty())
    }

    /// Values of variables whose name marks them as secret (`DBT_ENV_SECRET*`), longest first, so
    /// that they can be scrubbed from text.
    pub fn secrets(&self) -> Vec<&str> {
        let mut secrets: Vec<&str> = self
            .variables
            .iter()
            .filter(|(name, value)| name.starts_with("DBT_ENV_SECRET") && !value.trim().is_empty())
            .map(|(_, value)| value.as_str())
            .collect();
        secrets.sort_by_key(|value| std::cmp::Reverse(value.len()));
        secrets
    }
}
