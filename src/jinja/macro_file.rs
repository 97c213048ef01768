//! Macros of a file, and what minijinja is given for each: its body as a template of its own.

use minijinja::machinery::{Token, tokenize};

use super::blocks::{Block, BlockKind, split};
use super::prepare::{Prepared, prepare, prepare_with};
use crate::diagnostic::Diagnostics;
use crate::resource::{Macro, MacroKind, UniqueId};
use crate::source::SourceFile;

/// The macros, generic tests and materializations of one file, and what is wrong with it
/// (`jinja-syntax`).
pub fn macros_of_file(file: &SourceFile, package: &str, original_file_path: &str) -> (Vec<Macro>, Diagnostics) {
    let (blocks, problems) = split(file.id, &file.text);
    let macros = blocks
        .iter()
        .filter_map(|block| {
            let (name, kind) = named(block)?;
            Some(Macro {
                unique_id: UniqueId::new(format!("macro.{package}.{name}")),
                name,
                package: package.to_owned(),
                original_file_path: original_file_path.to_owned(),
                kind,
                source: file.text.get(block.span.start as usize..block.span.end as usize)?.to_owned(),
                span: block.span,
                description: String::new(),
                arguments: Vec::new(),
                meta: crate::resource::JsonMap::new(),
                docs_show: true,
                patch_path: None,
                depends_on: Vec::new(),
            })
        })
        .collect();
    (macros, problems)
}

fn named(block: &Block) -> Option<(String, MacroKind)> {
    match block.kind {
        BlockKind::Macro => Some((block.name.clone(), MacroKind::Macro)),
        BlockKind::Test => Some((format!("test_{}", block.name), MacroKind::Test)),
        BlockKind::Materialization => {
            let adapter = word_after(&block.arguments, "adapter").unwrap_or("default").to_owned();
            let languages = strings_after(&block.arguments, "supported_languages");
            let name = block.name.clone();
            let kind = MacroKind::Materialization { name: name.clone(), adapter: adapter.clone(), languages };
            Some((format!("materialization_{name}_{adapter}"), kind))
        }
        BlockKind::Snapshot | BlockKind::Docs => None,
    }
}

/// The string given for a key in `adapter='postgres', ...`.
fn word_after<'a>(arguments: &'a str, key: &str) -> Option<&'a str> {
    let rest = arguments.split_once(key)?.1.trim_start().strip_prefix('=')?.trim_start();
    rest.strip_prefix(['\'', '"'])?.split(['\'', '"']).next()
}

/// The strings of a list given for a key; `sql` when it is absent.
fn strings_after(arguments: &str, key: &str) -> Vec<String> {
    let Some((_, rest)) = arguments.split_once(key) else { return vec!["sql".to_owned()] };
    let list = rest.split_once(']').map_or(rest, |(list, _)| list);
    list.split(['\'', '"']).skip(1).step_by(2).map(str::to_owned).collect()
}

/// A macro made ready: its parameters, and its body as a template.
#[derive(Debug, Default)]
pub(super) struct Callable {
    /// Names of the parameters, in order.
    pub(super) parameters: Vec<String>,
    /// Whether the body reads `varargs`.
    pub(super) takes_varargs: bool,
    /// Whether the body reads `kwargs`.
    pub(super) takes_kwargs: bool,
    /// The body, with defaults of parameters in front.
    pub(super) body: Prepared,
}

impl Callable {
    /// Reads a macro's block. The tags around the body become comments of the same length, so that
    /// every byte of the body stays where it is.
    pub(super) fn new(source: &str) -> Self {
        let Some((head, tail)) = edges(source) else { return Self::default() };
        let (Some(opening), Some(body), Some(closing)) =
            (source.get(..head), source.get(head..tail), source.get(tail..))
        else {
            return Self::default();
        };
        let parameters = parameters(opening);
        let mut front = String::new();
        for (name, default) in &parameters {
            if let Some(default) = default {
                front.push_str(&format!("{{%if {name} is undefined%}}{{%set {name}={default}%}}{{%endif%}}"));
            }
        }
        let text = format!("{}{body}{}", as_comment(opening), as_comment(closing));
        Self {
            takes_varargs: body.contains("varargs"),
            takes_kwargs: body.contains("kwargs"),
            body: prepare_with(&text, &prepare(&front).source),
            parameters: parameters.into_iter().map(|(name, _)| name).collect(),
        }
    }
}

/// Where the opening tag ends and where the closing tag begins.
fn edges(source: &str) -> Option<(usize, usize)> {
    let (blocks, _) = split(crate::source::FileId(0), source);
    let block = blocks.first()?;
    Some((block.body.start as usize, block.body.end as usize))
}

/// A tag as a comment of the same length that trims white space on the same sides.
fn as_comment(tag: &str) -> String {
    let inner = tag.get(2..tag.len().saturating_sub(2)).unwrap_or_default();
    let mut text = String::with_capacity(tag.len());
    text.push_str("{#");
    let last = inner.len().saturating_sub(1);
    for (index, byte) in inner.bytes().enumerate() {
        text.push(match byte {
            b'\n' => '\n',
            b'-' if index == 0 || index == last => '-',
            _ => ' ',
        });
    }
    text.push_str("#}");
    text
}

/// Parameters of `{% macro name(a, b=1) %}`, with the text of their defaults.
fn parameters(opening: &str) -> Vec<(String, Option<String>)> {
    let Some(start) = opening.find('(') else { return Vec::new() };
    let Some(list) = opening.get(start..).and_then(|rest| rest.rfind(')').and_then(|end| rest.get(1..end))) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let (mut from, mut equals) = (0, None);
    let mut take = |from: usize, to: usize, equals: Option<usize>| {
        let name = list.get(from..equals.unwrap_or(to)).unwrap_or_default().trim();
        // A type may follow the name: `{% macro cents(amount: int) %}`.
        let name = name.split(':').next().unwrap_or_default().trim();
        let default = equals.and_then(|at| list.get(at + 1..to)).map(|text| text.trim().to_owned());
        if !name.is_empty() {
            found.push((name.to_owned(), default));
        }
    };
    for (token, span) in tokenize(list, true, minijinja::syntax::SyntaxConfig::default()).map_while(Result::ok) {
        match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => depth = depth.saturating_sub(1),
            Token::Comma if depth == 0 => {
                take(from, span.start_offset as usize, equals);
                (from, equals) = (span.end_offset as usize, None);
            }
            Token::Assign if depth == 0 && equals.is_none() => equals = Some(span.start_offset as usize),
            _ => {}
        }
    }
    take(from, list.len(), equals);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_macro_becomes_a_template_of_its_own_in_which_nothing_moves() {
        let source = "{% macro cents(column, scale=2, names=['a', 'b']) -%}\n  {{ column }}\n{%- endmacro %}";
        let callable = Callable::new(source);
        assert_eq!(callable.parameters, ["column", "scale", "names"]);
        let place = callable.body.source.find("column").unwrap();
        assert_eq!(callable.body.original(place), source.rfind("column").unwrap());
        assert!(callable.body.source.starts_with("{%if scale is undefined%}{%set scale=2%}{%endif%}"));
        assert!(callable.body.source.contains("-#}\n  {{ column }}\n{#-"));
        assert!(!callable.takes_kwargs && !callable.takes_varargs);
    }

    #[test]
    fn materializations_say_what_they_are_for() {
        let set = crate::source::SourceSet::new();
        let text = "{% materialization mv, adapter='postgres', supported_languages=['sql', 'python'] %}x{% endmaterialization %}{% test even(model) %}y{% endtest %}";
        let file = set.get(set.add("macros/m.sql", "macros/m.sql", text)).unwrap();
        let (macros, problems) = macros_of_file(&file, "shop", "macros/m.sql");
        assert!(problems.is_empty());
        let names: Vec<&str> = macros.iter().map(|item| item.unique_id.as_str()).collect();
        assert_eq!(names, ["macro.shop.materialization_mv_postgres", "macro.shop.test_even"]);
        let expected = MacroKind::Materialization {
            name: "mv".to_owned(),
            adapter: "postgres".to_owned(),
            languages: vec!["sql".to_owned(), "python".to_owned()],
        };
        assert_eq!(macros.first().map(|item| &item.kind), Some(&expected));
    }
}
