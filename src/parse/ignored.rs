//! `.dbtignore`: which files of a project are passed over, in the patterns of `.gitignore`.

use std::path::Path;

use regex::Regex;

use crate::system::FileSystem;

/// The patterns of a project's `.dbtignore`; none without the file.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    matches: Regex,
    /// `!`: what matches is taken back in.
    takes_back: bool,
}

impl Ignored {
    /// Those of the project in a folder.
    pub(super) fn of(root: &Path, fs: &dyn FileSystem) -> Self {
        fs.read_to_string(&root.join(".dbtignore")).map(|text| Self::from_text(&text)).unwrap_or_default()
    }

    fn from_text(text: &str) -> Self {
        Self { patterns: text.lines().filter_map(Pattern::from_line).collect() }
    }

    /// Whether a file, by its path in the project, is passed over: the last pattern that matches decides.
    pub(super) fn has(&self, path: &str) -> bool {
        let last = self.patterns.iter().rev().find(|pattern| pattern.matches.is_match(path));
        last.is_some_and(|pattern| !pattern.takes_back)
    }
}

impl Pattern {
    /// `None` for comments and what is no pattern.
    fn from_line(line: &str) -> Option<Self> {
        let line = line.trim();
        let takes_back = line.starts_with('!');
        let line = line.strip_prefix('!').unwrap_or(line);
        if line.trim_matches('/').is_empty() || line.starts_with('#') {
            return None;
        }
        Some(Self { matches: Regex::new(&expression(line)).ok()?, takes_back })
    }
}

/// A pattern as a regular expression over whole paths. What matches a folder matches all below it.
fn expression(pattern: &str) -> String {
    let path = pattern.trim_end_matches('/');
    let is_anchored = path.contains('/');
    let mut expression = String::from(if is_anchored { "^" } else { "^(?:.+/)?" });
    let mut parts = path.trim_start_matches('/').split('/').peekable();
    while let Some(part) = parts.next() {
        match (part, parts.peek().is_none()) {
            ("**", true) => return expression + ".*$",
            ("**", false) => expression.push_str("(?:.+/)?"),
            (part, true) => expression.push_str(&name(part)),
            (part, false) => expression = expression + &name(part) + "/",
        }
    }
    expression + if pattern.ends_with('/') { "/.*$" } else { "(?:/.*)?$" }
}

/// The part of a pattern for one name.
fn name(part: &str) -> String {
    let mut expression = String::new();
    let mut rest = part.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '[' => match rest.as_str().split_once(']').filter(|(inner, _)| !inner.is_empty()) {
                Some((inner, after)) => {
                    let inner = inner.replace('\\', "\\\\");
                    let inner = inner.strip_prefix('!').map_or(inner.clone(), |others| format!("^{others}"));
                    expression = expression + "[" + &inner + "]";
                    rest = after.chars();
                }
                None => expression.push_str("\\["),
            },
            '\\' => rest.next().into_iter().for_each(|next| expression.push_str(&regex::escape(&next.to_string()))),
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
    expression
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_git() {
        let ignored = Ignored::from_text(
            "# drafts\n\n*.tmp.sql\n/models/old/\nmodels/**/wip_?.sql\nscratch\n!models/keep/scratch.sql\n[ab]*.csv\n",
        );
        let has = |path: &str| ignored.has(path);
        assert!(has("models/a.tmp.sql") && has("models/deep/er/a.tmp.sql"));
        assert!(has("models/old/x.sql") && !has("models/very/models/old/x.sql"));
        assert!(has("models/wip_1.sql") && has("models/a/b/wip_2.sql") && !has("models/wip_10.sql"));
        assert!(has("macros/scratch/m.sql") && !has("models/scratch.sql"));
        assert!(has("seeds/apples.csv") && !has("seeds/cherries.csv"));
        let back = Ignored::from_text("models/*\n!models/keep.sql\n");
        assert!(back.has("models/a.sql") && !back.has("models/keep.sql"));
        assert!(!Ignored::from_text("").has("models/a.sql"));
    }
}
