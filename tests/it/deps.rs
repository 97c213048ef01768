//! Packages: `deps` from folders, git, archives and a registry that each test starts for itself.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::support::{Project, Warehouse};

/// A registry as hub.getdbt.com answers, on a port of its own for as long as the test runs.
struct Registry {
    address: String,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let files: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (served, noted) = (Arc::clone(&files), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                answer(stream, &served, &noted);
            }
        });
        Self { address, files, asked }
    }

    fn serve(&self, path: &str, content: Vec<u8>) {
        self.files.lock().unwrap().insert(format!("/{path}"), content);
    }

    /// Publishes versions of a package, each with what it asks for.
    fn publish(&self, name: &str, versions: &[(&str, Value)]) {
        let mut all = serde_json::Map::new();
        for (version, packages) in versions {
            let archive = archive(&[("dbt_project.yml", &format!("name: {name}\nversion: {version}\n"))]);
            let sha1 = hex::encode(Sha1::digest(&archive));
            let file = format!("{name}-{version}.tar.gz");
            self.serve(&file, archive);
            let tarball = format!("{}{file}", self.address);
            let downloads = json!({ "tarball": tarball, "format": "tgz", "sha1": sha1 });
            let entry = json!({ "name": name, "version": version, "packages": packages, "downloads": downloads });
            all.insert((*version).to_owned(), entry);
        }
        self.replace(name, Value::Object(all));
    }

    fn replace(&self, name: &str, versions: Value) {
        let document = json!({ "name": name, "namespace": "acme", "versions": versions });
        self.serve(&format!("api/v1/acme/{name}.json"), document.to_string().into_bytes());
    }

    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn project(&self, packages: &str) -> Project {
        Project::new(Warehouse::postgres())
            .variable("DBT_PACKAGE_HUB_URL", &self.address)
            .file("packages.yml", packages)
    }
}

fn answer(mut stream: TcpStream, files: &Mutex<BTreeMap<String, Vec<u8>>>, asked: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let content = files.lock().unwrap().get(&path).cloned();
    asked.lock().unwrap().push(path);
    let (status, body) = content.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // A client that hangs up is the test's own business.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

/// A `.tar.gz` with everything below one folder.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, format!("package-1/{path}"), text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn lock_of(project: &Project) -> String {
    let lock = project.read("package-lock.yml");
    lock.lines().filter(|line| !line.starts_with("sha1_hash")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_newest_version_that_everyone_takes_is_installed() {
    let registry = Registry::start();
    let none = json!([]);
    registry.publish(
        "utils",
        &[("1.0.0", none.clone()), ("1.2.0", none.clone()), ("1.10.0", none.clone()), ("2.0.0-rc1", none)],
    );
    registry.publish("top", &[("0.1.0", json!([{ "package": "acme/utils", "version": [">=1.0.0", "<1.5.0"] }]))]);
    let project = registry.project(
        "packages:\n  - package: acme/top\n    version: 0.1.0\n  - package: acme/utils\n    version: \">=1.0.0\"\n",
    );
    project.run("deps").succeeds().says("Installed from version 1.2.0").says("Updated version available: 1.10.0");
    assert_eq!(
        lock_of(&project),
        "packages:\n  - name: top\n    package: acme/top\n    version: 0.1.0\n  - name: utils\n    package: acme/utils\n    version: 1.2.0"
    );
    assert!(project.read("dbt_packages/utils/dbt_project.yml").contains("1.2.0"));
    project.run("parse").succeeds();
}

#[test]
fn what_is_installed_needs_no_network() {
    let registry = Registry::start();
    registry.publish("utils", &[("1.0.0", json!([]))]);
    let project = registry.project("packages:\n  - package: acme/utils\n    version: \">=1.0.0\"\n");
    project.run("deps").succeeds();
    assert!(!registry.requests().is_empty());
    registry.publish("utils", &[("1.0.0", json!([])), ("1.1.0", json!([]))]);
    project.run("deps").succeeds().says("Installed already from version 1.0.0");
    assert_eq!(registry.requests(), Vec::<String>::new());
    // Somebody's edit is not kept for the package.
    project.write("dbt_packages/utils/extra.sql", "select 1");
    project.run("deps").succeeds().says("Installed from version 1.0.0");
    assert!(!project.path("dbt_packages/utils/extra.sql").exists());
    project.run("deps --upgrade").succeeds().says("Installed from version 1.1.0");
}

#[test]
fn a_lock_alone_installs_nothing() {
    let registry = Registry::start();
    registry.publish("utils", &[("1.0.0", json!([]))]);
    let project = registry.project("packages:\n  - package: acme/utils\n    version: 1.0.0\n");
    project.run("deps --lock").succeeds().says("Updating lock file");
    assert!(lock_of(&project).contains("version: 1.0.0") && !project.path("dbt_packages/utils").exists());
    assert_ne!(project.run("parse").code, 0);
}

#[test]
fn packages_are_added_to_the_file() {
    let registry = Registry::start();
    registry.publish("utils", &[("1.0.0", json!([])), ("2.0.0", json!([]))]);
    let project = registry.project("# ours\npackages:\n  - package: acme/utils # old\n    version: 1.0.0\n");
    project.run("deps --add-package acme/utils@2.0.0").succeeds().says("Added new package acme/utils@2.0.0");
    assert_eq!(project.read("packages.yml"), "# ours\npackages:\n  - package: acme/utils\n    version: 2.0.0\n");
    assert!(lock_of(&project).contains("version: 2.0.0"));
    project.run("deps --add-package acme/utils").exits_with(2);
}

#[test]
fn conflicts_name_who_asks_for_what() {
    let registry = Registry::start();
    registry.publish("utils", &[("1.0.0", json!([])), ("2.0.0", json!([]))]);
    registry.publish("top", &[("1.0.0", json!([{ "package": "acme/utils", "version": "2.0.0" }]))]);
    let project = registry.project(
        "packages:\n  - package: acme/top\n    version: 1.0.0\n  - package: acme/utils\n    version: \"<2.0.0\"\n",
    );
    let refused = project.run("deps");
    refused.exits_with(2).says("[package-conflict]").says("`shop` asks for <2.0.0").says("`top` asks for =2.0.0");
    assert!(!project.path("dbt_packages/top").exists() && !project.path("dbt_packages/.incoming").exists());
}

#[test]
fn unknown_packages_and_changed_archives_are_told() {
    let registry = Registry::start();
    registry.publish("utils", &[("1.0.0", json!([]))]);
    registry.serve("api/v1/index.json", json!(["acme/utils"]).to_string().into_bytes());
    let project = registry.project("packages:\n  - package: acme/util\n    version: 1.0.0\n");
    project.run("deps").exits_with(2).says("[unknown-package]").says("did you mean `acme/utils`?");
    project.write("packages.yml", "packages:\n  - package: acme/utils\n    version: 1.0.0\n");
    registry.serve("utils-1.0.0.tar.gz", archive(&[("dbt_project.yml", "name: utils\n# changed\n")]));
    project.run("deps").succeeds().says("[package-changed]");
}

#[test]
fn versions_for_another_dbt_are_passed_over() {
    let registry = Registry::start();
    registry.publish("utils", &[("1.0.0", json!([])), ("2.0.0", json!([]))]);
    let mut document: Value =
        serde_json::from_slice(&registry.files.lock().unwrap()["/api/v1/acme/utils.json"].clone()).unwrap();
    document["versions"]["2.0.0"]["require_dbt_version"] = json!([">=9.0.0"]);
    registry.replace("utils", document["versions"].take());
    let project = registry.project("packages:\n  - package: acme/utils\n    version: \">=1.0.0\"\n");
    project.run("deps").succeeds().says("Installed from version 1.0.0");
    project.run("deps --upgrade --no-version-check").succeeds().says("Installed from version 2.0.0");
}

#[test]
fn archives_that_leave_their_folder_are_refused_whole() {
    let registry = Registry::start();
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for path in ["own/dbt_project.yml", "own/../../../escaped.sql"] {
        let text = b"name: own\n";
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(text.len() as u64);
        header.set_cksum();
        builder.append(&header, text.as_slice()).unwrap();
    }
    registry.serve("own.tar.gz", builder.into_inner().unwrap().finish().unwrap());
    let address = &registry.address;
    let project = registry.project(&format!("packages:\n  - tarball: {address}own.tar.gz\n    name: own\n"));
    project.run("deps").exits_with(2).says("[download-failed]").says("leads out of the package's folder");
    assert!(!project.path("escaped.sql").exists() && !project.path("dbt_packages/own").exists());
}

#[test]
fn archives_and_folders_are_packages_too() {
    let registry = Registry::start();
    registry.serve("own.tar.gz", archive(&[("dbt_project.yml", "name: own\n"), ("models/m.sql", "select 1 as id")]));
    let packages =
        format!("packages:\n  - tarball: {}own.tar.gz\n    name: own\n  - local: packages/near\n", registry.address);
    let project = registry
        .project(&packages)
        .file("packages/near/dbt_project.yml", "name: near\n")
        .file("packages/near/models/n.sql", "select 1 as id");
    project.run("deps").succeeds();
    let listed = project.run("ls --quiet --output name");
    assert_eq!(listed.stdout.lines().collect::<Vec<_>>(), ["n", "m"]);
    // A local package is a link: changes show at once.
    project.write("packages/near/models/later.sql", "select 1 as id");
    project.run("ls --quiet --output name -s later").succeeds().says("later");
}

fn git(folder: &std::path::Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(arguments).current_dir(folder);
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn git_packages_are_taken_at_their_revision() {
    let project = Project::new(Warehouse::postgres())
        .file("repository/dbt_project.yml", "name: whole\n")
        .file("repository/inner/dbt_project.yml", "name: inner\n");
    let repository = project.path("repository");
    git(&repository, &["init", "-q", "-b", "main", "."]);
    git(&repository, &["add", "-A"]);
    git(&repository, &["commit", "-qm", "one"]);
    git(&repository, &["tag", "v1"]);
    let first = git(&repository, &["rev-parse", "HEAD"]);
    project.write("repository/dbt_project.yml", "name: whole\n# two\n");
    git(&repository, &["commit", "-qam", "two"]);
    let address = format!("file://{}", repository.display());
    project.write(
        "packages.yml",
        &format!("packages:\n  - git: {address}\n    revision: v1\n  - git: {address}\n    subdirectory: inner\n"),
    );
    project.run("deps").succeeds().says("[unpinned-package]").says("and subdirectory inner");
    assert!(lock_of(&project).contains(&format!("name: whole\n    revision: {first}")));
    assert_eq!(project.read("dbt_packages/whole/dbt_project.yml"), "name: whole\n");
    assert_eq!(project.read("dbt_packages/inner/dbt_project.yml"), "name: inner\n");
    project.write("packages.yml", &format!("packages:\n  - git: {address}\n    revision: nowhere\n"));
    project.run("deps").exits_with(2).says("[download-failed]");
    project.write(
        "packages.yml",
        &format!("packages:\n  - git: {address}\n    revision: v1\n  - git: {address}.git\n    revision: main\n"),
    );
    project.run("deps").exits_with(2).says("[package-conflict]").says("`shop` asks for `main`");
}
