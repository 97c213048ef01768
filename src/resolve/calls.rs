//! An exact reader of `ref('x')` and `source('a', 'b')` where no template needs rendering.

use serde_json::Value;

use crate::resource::{RefCall, SourceCall, VersionRef};
use crate::source::Span;

/// A call that a string of a properties file consists of.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// `ref(...)`
    Ref(RefCall),
    /// `source(...)`
    Source(SourceCall),
    /// `metric(...)`
    Metric(Vec<String>),
}

/// The call, if the text (with or without `{{ }}`) is nothing but one call with literal arguments.
pub fn read(text: &str, span: Option<Span>) -> Option<Call> {
    let (name, arguments) = call(text)?;
    let texts = |arguments: &[(Option<String>, Value)]| -> Option<Vec<String>> {
        arguments
            .iter()
            .map(|(key, value)| value.as_str().filter(|_| key.is_none()).map(str::to_owned))
            .collect::<Option<Vec<String>>>()
    };
    match name {
        "ref" => reference(arguments, span).map(Call::Ref),
        "source" => match texts(&arguments)?.as_slice() {
            [source, table] => Some(Call::Source(SourceCall { source: source.clone(), table: table.clone(), span })),
            _ => None,
        },
        "metric" => Some(Call::Metric(texts(&arguments)?)),
        _ => None,
    }
}

/// The arguments of `doc(...)`, if the text is nothing but that call.
pub(super) fn doc(text: &str) -> Option<Vec<String>> {
    let (name, arguments) = call(text)?;
    let texts: Option<Vec<String>> =
        arguments.iter().map(|(key, value)| value.as_str().filter(|_| key.is_none()).map(str::to_owned)).collect();
    texts.filter(|texts| name == "doc" && matches!(texts.len(), 1 | 2))
}

fn reference(arguments: Vec<(Option<String>, Value)>, span: Option<Span>) -> Option<RefCall> {
    let mut names = Vec::new();
    let mut version = None;
    for (key, value) in arguments {
        match (key.as_deref(), value) {
            (None, Value::String(name)) => names.push(name),
            (Some("version" | "v"), Value::Null) => {}
            (Some("version" | "v"), value) => version = Some(VersionRef(value)),
            _ => return None,
        }
    }
    let mut names = names.into_iter();
    match (names.next(), names.next(), names.next()) {
        (Some(name), None, None) => Some(RefCall { name, package: None, version, span }),
        (Some(package), Some(name), None) => Some(RefCall { name, package: Some(package), version, span }),
        _ => None,
    }
}

type Arguments = Vec<(Option<String>, Value)>;

fn call(text: &str) -> Option<(&str, Arguments)> {
    let text = text.trim();
    let text = match text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}")) {
        Some(inner) => inner.trim_start_matches('-').trim_end_matches('-').trim(),
        None => text,
    };
    let (name, rest) = text.split_once('(')?;
    let mut rest = rest.strip_suffix(')')?.trim();
    let mut arguments = Vec::new();
    while !rest.is_empty() {
        let (key, value) = match rest.find(['=', '\'', '"', ',']) {
            Some(at) if rest.as_bytes().get(at) == Some(&b'=') => {
                (Some(rest.get(..at)?.trim().to_owned()), rest.get(at + 1..)?.trim_start())
            }
            _ => (None, rest),
        };
        let (literal, after) = literal(value)?;
        arguments.push((key, literal));
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some((name.trim(), arguments))
}

/// A string without escapes, a number, or `none`, and what follows it.
fn literal(text: &str) -> Option<(Value, &str)> {
    let quote = text.chars().next()?;
    if matches!(quote, '\'' | '"') {
        let body = text.get(1..)?;
        let end = body.find(quote)?;
        let inner = body.get(..end)?;
        return (!inner.contains('\\')).then(|| (Value::from(inner), body.get(end + 1..).unwrap_or_default()));
    }
    let end = text.find(',').unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    let word = word.trim();
    if let Ok(whole) = word.parse::<i64>() {
        return Some((Value::from(whole), after));
    }
    if let Ok(number) = word.parse::<f64>() {
        return Some((Value::from(number), after));
    }
    matches!(word, "none" | "None").then_some((Value::Null, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match read(text, None) {
            Some(Call::Ref(call)) => {
                let version = call.version.map(|version| version.text());
                format!("ref {:?} {} {version:?}", call.package, call.name)
            }
            Some(Call::Source(call)) => format!("source {} {}", call.source, call.table),
            Some(Call::Metric(names)) => format!("metric {names:?}"),
            None => "no".to_owned(),
        }
    }

    #[test]
    fn calls_with_literal_arguments_are_read_and_nothing_else() {
        assert_eq!(shown("ref('a')"), "ref None a None");
        assert_eq!(shown(" {{ ref( \"p\" , 'a', v=2 ) }} "), "ref Some(\"p\") a Some(\"2\")");
        assert_eq!(shown("ref('a', version='x=1')"), "ref None a Some(\"x=1\")");
        assert_eq!(shown("source('s', 't')"), "source s t");
        assert_eq!(shown("metric('m')"), "metric [\"m\"]");
        for text in ["ref(x)", "ref('a') ~ 'b'", "ref('a', 'b', 'c')", "source('s')", "'a'", "ref('a\\'b')", "var('x')"]
        {
            assert_eq!(shown(text), "no", "{text}");
        }
        assert_eq!(doc("{{ doc('p', 'd') }}"), Some(vec!["p".to_owned(), "d".to_owned()]));
    }
}
