//! Descriptions: `doc()` resolved.

use std::collections::HashMap;
use std::sync::Arc;

use super::calls;
use super::context::Context;
use crate::config::has_jinja;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::resource::{DocsBlock, UniqueId};
use crate::source::Span;

/// Docs blocks by name and package.
#[derive(Debug, Default)]
pub(super) struct DocIndex {
    by_name: HashMap<String, Vec<(String, UniqueId, Arc<str>)>>,
}

/// A description with `doc()` resolved.
#[derive(Debug, Default)]
pub(super) struct Described {
    pub text: String,
    pub doc_blocks: Vec<UniqueId>,
}

impl DocIndex {
    pub fn new<'a>(blocks: impl Iterator<Item = &'a DocsBlock>) -> Self {
        let mut index = Self::default();
        for block in blocks {
            let entry = (block.package.clone(), block.unique_id.clone(), Arc::from(block.contents.as_str()));
            index.by_name.entry(block.name.clone()).or_default().push(entry);
        }
        index
    }

    /// COMPAT: the root project's blocks come before the package's own, then any (dbt 1.11).
    fn find(&self, names: &[String], package: &str, root: &str) -> Option<&(String, UniqueId, Arc<str>)> {
        let (of, name) = match names {
            [name] => (None, name),
            [package, name] => (Some(package), name),
            _ => return None,
        };
        let candidates = self.by_name.get(name)?;
        match of {
            Some(of) => candidates.iter().find(|(package, ..)| package == of),
            None => candidates.iter().min_by_key(|(candidate, ..)| (candidate != root, candidate != package)),
        }
    }

    fn unknown(&self, names: &[String]) -> Diagnostic {
        let name = names.last().map(String::as_str).unwrap_or_default();
        let problem = Diagnostic::error(Code::UnknownDoc, format!("the docs block `{name}` does not exist"));
        let mut known: Vec<&str> = self.by_name.keys().map(String::as_str).collect();
        known.sort_unstable();
        match closest(name, known) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("write `{{% docs {name} %}} ... {{% enddocs %}}` in a Markdown file")),
        }
    }
}

impl Context<'_> {
    /// A description as readers see it.
    pub fn described(&self, text: &str, package: &str, place: Option<Span>, problems: &mut Diagnostics) -> Described {
        if !has_jinja(text) {
            return Described { text: text.to_owned(), doc_blocks: Vec::new() };
        }
        let root = &self.root().name;
        let rendered = match self.only_docs(text, package) {
            Some(Ok(described)) => return described,
            Some(Err(problem)) => Err(problem),
            None => {
                let lookup = |names: &[String]| match self.docs.find(names, package, root) {
                    Some((_, _, contents)) => Ok(contents.to_string()),
                    None => Err(Box::new(self.docs.unknown(names))),
                };
                self.engine.render_property(package, text, &lookup)
            }
        };
        match rendered {
            Ok(value) => Described { text: super::python::text(&value), doc_blocks: self.blocks_named(text, package) },
            Err(problem) => {
                problems.push(if problem.primary.is_some() {
                    *problem
                } else {
                    problem.at_opt(place, "described here")
                });
                Described { text: text.to_owned(), doc_blocks: Vec::new() }
            }
        }
    }

    /// The usual description: text and `doc()` calls alone need no template engine.
    fn only_docs(&self, text: &str, package: &str) -> Option<Result<Described, Box<Diagnostic>>> {
        if text.contains("{%") || text.contains("{#") || text.contains("-}}") || text.contains("{{-") {
            return None;
        }
        let mut described = Described::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (call, after) = after.split_once("}}")?;
            let names = calls::doc(call)?;
            let Some((_, id, contents)) = self.docs.find(&names, package, &self.root().name) else {
                return Some(Err(Box::new(self.docs.unknown(&names))));
            };
            described.text.push_str(before);
            described.text.push_str(contents);
            described.doc_blocks.push(id.clone());
            rest = after;
        }
        // COMPAT: a rendered text loses one line end (Jinja2).
        described.text.push_str(rest.strip_suffix('\n').unwrap_or(rest));
        Some(Ok(described))
    }

    fn blocks_named(&self, text: &str, package: &str) -> Vec<UniqueId> {
        text.split("{{")
            .skip(1)
            .filter_map(|piece| piece.split_once("}}"))
            .filter_map(|(call, _)| calls::doc(call.trim_matches('-')))
            .filter_map(|names| self.docs.find(&names, package, &self.root().name))
            .map(|(_, id, _)| id.clone())
            .collect()
    }
}
