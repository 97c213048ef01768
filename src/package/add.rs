//! `--add-package`: one more entry in the file that asks for packages, everything else left as it is.

use std::ops::Range;
use std::path::Path;

use super::yaml_text::scalar;
use crate::config::yaml::{Yaml, YamlValue, parse};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, has_errors};
use crate::report::{Event, PackageStep, Reporter};
use crate::source::SourceSet;
use crate::system::FileSystem;

/// A package to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// Its name in the registry, its address or its folder.
    pub name: String,
    /// Version or versions (separated by commas), or a revision.
    pub version: Option<String>,
    /// `hub`, `git` or `local`.
    pub origin: String,
}

impl Addition {
    /// What `--add-package NAME@VERSION --source ORIGIN` means.
    ///
    /// # Errors
    /// `usage` when a version is needed and not given.
    pub fn from_arguments(text: &str, origin: &str) -> Result<Self, Box<Diagnostic>> {
        let (name, version) = match text.rsplit_once('@') {
            // The `@` of `git@github.com:a/b.git` stands before the address.
            Some((name, version)) if !name.is_empty() && !version.contains(['/', ':']) => (name, Some(version)),
            _ => (text, None),
        };
        if version.is_none() && origin != "local" {
            let message = format!("`--add-package {text}` needs a version: `{text}@VERSION`");
            return Err(Box::new(Diagnostic::error(Code::Usage, message)));
        }
        Ok(Self { name: name.to_owned(), version: version.map(str::to_owned), origin: origin.to_owned() })
    }

    /// Keys and values of its entry.
    fn entry(&self) -> Vec<(&'static str, String)> {
        let (key, version_key) = match self.origin.as_str() {
            "git" => ("git", "revision"),
            "local" => ("local", "version"),
            _ => ("package", "version"),
        };
        let version = self.version.as_ref().filter(|_| self.origin != "local");
        let value = version.map(|version| match version.contains(',') {
            true => format!("[{}]", version.split(',').map(|part| quoted(part.trim())).collect::<Vec<_>>().join(", ")),
            false => scalar(version),
        });
        [(key, scalar(&self.name))].into_iter().chain(value.map(|value| (version_key, value))).collect()
    }

    /// Whether an address means the package that is added, however it is spelled.
    fn means(&self, address: &str) -> bool {
        let fold = |text: &str| text.replace('-', "_");
        let (name, address) = (fold(&self.name), fold(address));
        let short = name.rsplit('/').next().unwrap_or(&name);
        let is_edge = |letter: Option<char>| letter.is_none_or(|letter| letter == '/' || letter == '.');
        address.match_indices(short).any(|(at, _)| {
            let (before, after) = (address[..at].chars().next_back(), address[at + short.len()..].chars().next());
            !short.is_empty() && is_edge(before) && is_edge(after)
        })
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Adds a package to `packages.yml`, or to `dependencies.yml` if packages are asked for there.
///
/// # Errors
/// `invalid-value` for a file without room for it, `io`.
pub fn add(
    addition: &Addition,
    root: &Path,
    fs: &dyn FileSystem,
    sources: &SourceSet,
    reporter: &dyn Reporter,
) -> Result<(), Diagnostics> {
    let in_dependencies = fs
        .read_to_string(&root.join("dependencies.yml"))
        .is_ok_and(|text| text.lines().any(|line| line.starts_with("packages:")));
    let name = if in_dependencies { "dependencies.yml" } else { "packages.yml" };
    let path = root.join(name);
    let text = fs.read_to_string(&path).unwrap_or_else(|_| "packages:\n".to_owned());
    let (text, replaced) = with_addition(addition, &text, name, sources)?;
    fs.write(&path, text.as_bytes()).map_err(|error| vec![super::fetch::not_written(&path, &error)])?;
    let say = |step| reporter.report(&Event::Package(step));
    replaced.into_iter().for_each(|entry| say(PackageStep::Replaced(entry)));
    say(PackageStep::Added {
        package: addition.name.clone(),
        version: addition.version.clone(),
        file: path.display().to_string(),
    });
    Ok(())
}

/// The file's text with the entry, and what it had to make room for.
fn with_addition(
    addition: &Addition,
    text: &str,
    name: &str,
    sources: &SourceSet,
) -> Result<(String, Vec<String>), Diagnostics> {
    let file = sources.get(sources.add(std::path::PathBuf::from(name), name, text.to_owned()));
    let (tree, problems) = file.map_or((None, Diagnostics::new()), |file| parse(&file));
    if has_errors(&problems) {
        return Err(problems);
    }
    let Some((key, list)) = tree.as_ref().and_then(|tree| tree.entry("packages")) else {
        return Ok((format!("{}packages:\n{}", on_own_line(text), block(addition, "  ")), Vec::new()));
    };
    let items = list.items();
    let twins: Vec<&Yaml> = items.iter().filter(|item| address(item).is_some_and(|it| addition.means(&it))).collect();
    let replaced = twins.iter().filter_map(|item| address(item)).collect();
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let line_of = |at: u32| text[..at as usize].matches('\n').count();
    let first = items.first().map(|item| line_of(item.span.start));
    let indent = first.and_then(|line| lines.get(line)).and_then(|line| line.split_once("- ")).map(|(blank, _)| blank);
    let added = block(addition, indent.unwrap_or("  "));
    match (indent, items) {
        (Some(blank), [.., last]) if blank.trim().is_empty() => {
            let end = line_of(last.span.end.saturating_sub(1)) + 1;
            let gone: Vec<Range<usize>> = twins
                .iter()
                .map(|item| line_of(item.span.start)..line_of(item.span.end.saturating_sub(1)) + 1)
                .collect();
            let mut kept = String::new();
            for (number, line) in lines.drain(..).enumerate() {
                if number == end {
                    kept = on_own_line(&kept) + &added;
                }
                if !gone.iter().any(|range| range.contains(&number)) {
                    kept.push_str(line);
                }
            }
            let at_the_end = text.split_inclusive('\n').count() <= end;
            Ok((if at_the_end { on_own_line(&kept) + &added } else { kept }, replaced))
        }
        (_, []) if matches!(list.value, YamlValue::Null | YamlValue::List(_)) => {
            let line = line_of(key.span.start);
            let written = |(number, text): (usize, &&str)| {
                if number == line { format!("packages:\n{added}") } else { (*text).to_owned() }
            };
            Ok((lines.iter().enumerate().map(written).collect(), replaced))
        }
        _ => Err(vec![
            Diagnostic::error(Code::InvalidValue, format!("a package cannot be added to `{name}` as it is written"))
                .at(key.span, "not a list of `- ` lines")
                .help("write one `- package: ...` line for each package"),
        ]),
    }
}

/// What an entry asks for.
fn address(item: &Yaml) -> Option<String> {
    ["package", "git", "local", "tarball", "private"].iter().find_map(|key| item.get(key)).and_then(Yaml::scalar_text)
}

fn block(addition: &Addition, indent: &str) -> String {
    let mut text = String::new();
    for (number, (key, value)) in addition.entry().into_iter().enumerate() {
        let dash = if number == 0 { "- " } else { "  " };
        text.push_str(&format!("{indent}{dash}{key}: {value}\n"));
    }
    text
}

fn on_own_line(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(text: &str, package: &str, origin: &str) -> String {
        let addition = Addition::from_arguments(package, origin).unwrap();
        match with_addition(&addition, text, "packages.yml", &SourceSet::new()) {
            Ok((text, replaced)) => format!("{text}({})", replaced.join(" ")),
            Err(problems) => problems.iter().map(|problem| problem.message.clone()).collect(),
        }
    }

    #[test]
    fn an_entry_is_added_and_the_rest_stays() {
        let text = "# ours\npackages:\n  # dates\n  - package: a/b # pinned\n    version: 1.0.0\n\nprojects: []\n";
        insta::assert_snapshot!(added(text, "c/d@>=1.0.0,<2.0.0", "hub"), @r"
        # ours
        packages:
          # dates
          - package: a/b # pinned
            version: 1.0.0
          - package: c/d
            version: ['>=1.0.0', '<2.0.0']

        projects: []
        ()
        ");
        insta::assert_snapshot!(added("packages:\n- git: https://x.org/d-e.git\n  revision: '1'\n- local: ../x", "c/d_e@1.0.0", "hub"), @r"
        packages:
        - local: ../x
        - package: c/d_e
          version: 1.0.0
        (https://x.org/d-e.git)
        ");
        insta::assert_snapshot!(added("packages: []\n", "git@x.org:a/b.git@v1", "git"), @r"
        packages:
          - git: git@x.org:a/b.git
            revision: v1
        ()
        ");
        insta::assert_snapshot!(added("projects: []", "../own", "local"), @r"
        projects: []
        packages:
          - local: ../own
        ()
        ");
        assert_eq!(
            added("packages: [{local: x}]", "a/b@1.0.0", "hub"),
            "a package cannot be added to `packages.yml` as it is written"
        );
    }

    #[test]
    fn versions_are_needed_and_names_compared_by_words() {
        let refused = |text| Addition::from_arguments(text, "hub").unwrap_err().message;
        assert_eq!(refused("a/b"), "`--add-package a/b` needs a version: `a/b@VERSION`");
        let addition = Addition::from_arguments("dbt-labs/dbt_utils@1.0.0", "hub").unwrap();
        assert!(addition.means("https://github.com/dbt-labs/dbt-utils.git") && addition.means("dbt-labs/dbt_utils"));
        assert!(!addition.means("dbt-labs/dbt_utils_extra"));
    }
}
