use std::collections::BTreeMap;
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
