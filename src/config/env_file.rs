//! `.env`: variables for those that the environment does not set.

use std::path::Path;

use crate::system::{Environment, FileSystem};

/// The environment with the variables of the working folder's `.env`; what is set already stays.
///
/// # Source
/// dbt 1.12 reads such a file: `NAME=value` lines, `export` before them, quotes, `#` comments.
pub fn with_env_file(environment: &Environment, fs: &dyn FileSystem) -> Environment {
    let path = environment.working_directory.join(Path::new(".env"));
    let mut merged = environment.clone();
    let text = fs.read_to_string(&path).unwrap_or_default();
    for (name, value) in text.lines().filter_map(assignment) {
        merged.variables.entry(name.to_owned()).or_insert(value);
    }
    merged
}

fn assignment(line: &str) -> Option<(&str, String)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| (name, unquoted(value.trim_start())))
}

/// What is between quotes as it stands (with `\n`, `\"` and `\\` in double ones); else up to a comment.
fn unquoted(value: &str) -> String {
    let inner = |quote: char| value.strip_prefix(quote)?.rsplit_once(quote).map(|(inner, _)| inner);
    if let Some(plain) = inner('\'') {
        return plain.to_owned();
    }
    if let Some(escaped) = inner('"') {
        return escaped.replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\");
    }
    let plain = value.split_once(" #").map_or(value, |(before, _)| before);
    plain.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::system::MemoryFileSystem;

    #[test]
    fn variables_fill_gaps_only() {
        let text = "# ours\nA=from file\nexport B = two # said\nC='it #1'\nD=\"x\\ny\"\nnot a line\n=x\nE=\n";
        let fs = MemoryFileSystem::new([("/p/.env", text)]);
        let variables = [("A".to_owned(), "set".to_owned())].into();
        let environment = Environment { variables, working_directory: PathBuf::from("/p"), ..Environment::default() };
        let merged = with_env_file(&environment, &fs);
        let all: Vec<String> = merged.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(all, ["A=set", "B=two", "C=it #1", "D=x\ny", "E="]);
    }
}
