//! A project in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::{Finished, Warehouse, console};

const PROJECT_FILE: &str = "name: shop\nversion: '1.0'\nprofile: test\n";

/// A project, the warehouse it is built in, and the folder that holds both.
///
/// It has a `project.yml` (name `shop`) and a `profiles.yml` (profile `test`, schema `main`) unless the
/// test writes its own.
pub struct Project {
    folder: TempDir,
    variables: Vec<(String, String)>,
    pub warehouse: Warehouse,
}

impl Project {
    /// A project without any resource.
    pub fn new(warehouse: Warehouse) -> Self {
        let project = Self::empty(warehouse);
        project.write("project.yml", PROJECT_FILE);
        project.write("profiles.yml", &project.profiles("test"));
        project
    }

    /// An empty folder, for projects that are wrong from the start.
    pub fn empty(warehouse: Warehouse) -> Self {
        let folder = tempfile::Builder::new().prefix("aquifer-it").tempdir().unwrap();
        std::fs::create_dir(folder.path().join("project")).unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        Self { folder, variables: Vec::new(), warehouse }
    }

    /// A copy of `tests/fixtures/<name>`, which may bring its own project file.
    pub fn fixture(warehouse: Warehouse, name: &str) -> Self {
        let project = Self::new(warehouse);
        project.copy(&fixture_folder(name));
        project
    }

    /// Copies what is in a folder, over what is there.
    pub fn copy(&self, folder: &Path) {
        self.copy_into(folder, "");
    }

    /// Copies what is in a folder into a folder of the project.
    pub fn copy_into(&self, folder: &Path, into: &str) {
        copy_folder(folder, &self.path(into));
    }

    /// A `profiles.yml` of one profile that leads to the test's warehouse.
    pub fn profiles(&self, profile: &str) -> String {
        format!("{profile}:\n  target: dev\n  outputs:\n    dev: {}\n", self.warehouse.output("main"))
    }

    /// A project whose profile has these targets, each a schema of its name; the first is the default.
    pub fn with_targets(warehouse: Warehouse, targets: &[&str]) -> Self {
        let outputs: String =
            targets.iter().map(|target| format!("    {target}: {}\n", warehouse.output(target))).collect();
        let profiles = format!("test:\n  target: {}\n  outputs:\n{outputs}", targets[0]);
        Self::new(warehouse).file("profiles.yml", &profiles)
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// Sets an environment variable for every command that follows.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes a file, over an earlier one.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Removes a file.
    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.path(path)).unwrap();
    }

    /// The place of a file of the project; `""` is its folder.
    pub fn path(&self, path: &str) -> PathBuf {
        let folder = self.folder.path().join("project");
        if path.is_empty() { folder } else { folder.join(path) }
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        let path = self.path(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A JSON file of the target folder, such as `manifest.json`.
    pub fn artifact(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(&format!("target/{name}"))).unwrap()
    }

    /// What became of each node of the last run, as `name: status`, sorted.
    pub fn statuses(&self) -> Vec<String> {
        let results = self.artifact("run_results.json");
        let one = |result: &Value| {
            let id: Vec<&str> = result["unique_id"].as_str().unwrap().split('.').collect();
            // The name of a unit test follows that of its model; a test's id ends in a hash.
            let name = if id[0] == "unit_test" { id[3] } else { id[2] };
            format!("{name}: {}", result["status"].as_str().unwrap())
        };
        let mut statuses: Vec<String> = results["results"].as_array().unwrap().iter().map(one).collect();
        statuses.sort();
        statuses
    }

    /// Runs a command line, split at blanks: `project.run("build --select a")`.
    pub fn run(&self, command_line: &str) -> Finished {
        self.run_arguments(&command_line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs a command whose arguments have blanks in them.
    pub fn run_arguments(&self, arguments: &[&str]) -> Finished {
        let output = self.command(arguments).output().expect("the executable starts");
        Finished::new(arguments, output, &self.path(""))
    }

    /// The command, not started yet, in an environment that has nothing of the machine's.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(executable());
        command.args(arguments).current_dir(self.path("")).env_clear();
        command.env("HOME", self.folder.path().join("home"));
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs statements in the warehouse without touching the project's artifacts.
    pub fn execute(&self, sql: &str) {
        match &self.warehouse {
            Warehouse::Lakehouse | Warehouse::Bucket(_) => console::execute(self, sql),
            Warehouse::Postgres(database) => database.execute(sql),
        }
    }

    /// The rows of a query, each value as text, NULL as `NULL`, without touching the project's
    /// artifacts.
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        console::rows(self, sql)
    }

    /// The rows of a query by the names of its columns.
    pub fn records(&self, sql: &str) -> Vec<serde_json::Map<String, Value>> {
        console::records(self, sql)
    }

    /// A folder beside the project that lasts as long as it does.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// `AQUIFER_BIN` if it is set, else what cargo built for this test.
fn executable() -> PathBuf {
    std::env::var_os("AQUIFER_BIN").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_aquifer")), PathBuf::from)
}

/// A file of this repository.
pub fn repository_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The folder of a fixture, such as `errors/cycle`.
pub fn fixture_folder(name: &str) -> PathBuf {
    repository_file("tests/fixtures").join(name)
}

/// Copies what is in a folder into another one.
fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    let entries = std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    for entry in entries.map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
