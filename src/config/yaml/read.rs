use dbt_yaml::mapping::DuplicateKey;
use dbt_yaml::{Mapping, Value};

use super::scalar::content_range;
use super::{Key, Yaml, YamlValue, explain};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceFile, Span};

/// Reads a registered file. An empty file is [`YamlValue::Null`]; `None` means that it is not YAML.
pub fn parse(file: &SourceFile) -> (Option<Yaml>, Diagnostics) {
    let text = file.text.as_ref();
    let mut reader = Reader { file, text, diagnostics: Vec::new() };
    if text.trim().is_empty() {
        let nothing = Yaml { value: YamlValue::Null, span: reader.span(0, 0) };
        return (Some(nothing), reader.diagnostics);
    }
    let mut doubles = Vec::new();
    let parsed = Value::from_str(text, |_, key, earlier| {
        doubles.push((key.clone(), earlier.clone()));
        DuplicateKey::Overwrite
    });
    match parsed {
        Ok(value) => {
            reader.report_doubles(&doubles);
            let tree = reader.value(value);
            let broken = crate::diagnostic::has_errors(&reader.diagnostics);
            ((!broken).then_some(tree), reader.diagnostics)
        }
        Err(error) => (None, vec![explain::syntax_error(file, &error)]),
    }
}

struct Reader<'a> {
    file: &'a SourceFile,
    text: &'a str,
    diagnostics: Diagnostics,
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file.id, start, end)
    }

    fn value(&mut self, value: Value) -> Yaml {
        let (start, end) = (value.span().start.index(), value.span().end.index());
        match value {
            Value::Sequence(items, _) => {
                let items: Vec<Yaml> = items.into_iter().map(|item| self.value(item)).collect();
                let last = items.last().map(|item| item.span);
                Yaml { span: self.collection(start, last), value: YamlValue::List(items) }
            }
            Value::Mapping(mapping, _) => {
                let entries = self.entries(mapping);
                let last = entries.last().map(|(_, value)| value.span);
                Yaml { span: self.collection(start, last), value: YamlValue::Map(entries) }
            }
            Value::Tagged(tagged, _) => {
                let span = self.span(start, start + self.text.get(start..end).map_or(0, first_word_length));
                self.diagnostics.push(
                    Diagnostic::error(Code::InvalidYaml, format!("the tag `{}` is not known", tagged.tag))
                        .at(span, "tags other than YAML's own mean nothing here")
                        .help("leave the tag out, or put the value in quotes if it begins with `!`"),
                );
                self.value(tagged.value)
            }
            scalar => self.scalar(scalar, start, end),
        }
    }

    /// A collection ends where its last item ends; an empty one is shown by its two brackets.
    fn collection(&self, start: usize, last: Option<Span>) -> Span {
        let end = last.map_or(start + 2, |span| span.end as usize);
        self.span(start, end.clamp(start, self.text.len().max(start)))
    }

    fn scalar(&self, value: Value, start: usize, end: usize) -> Yaml {
        let (from, to) = content_range(self.text, start, end, value.as_str());
        let span = self.span(from, to);
        let value = match value {
            Value::Bool(flag, _) => YamlValue::Bool(flag),
            Value::Number(number, _) => match number.as_i64() {
                Some(whole) => YamlValue::Int(whole),
                None => YamlValue::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text, _) => YamlValue::Text(text),
            // A date stays as written: there are no dates in JSON, nor in the files users edit.
            Value::Timestamp(date, _) => {
                let written = self.text.get(start..end).and_then(|text| text.lines().next()).map(without_comment);
                let written = written.filter(|text| text.starts_with(|c: char| c.is_ascii_digit()));
                let text = written.map_or_else(|| date.to_string(), str::to_owned);
                return Yaml { span: self.span(start, start + text.len()), value: YamlValue::Text(text) };
            }
            _ => return Yaml { span: self.span(from, from), value: YamlValue::Null },
        };
        Yaml { value, span }
    }

    fn entries(&mut self, mapping: Mapping) -> Vec<(Key, Yaml)> {
        let mut entries: Vec<(Key, Yaml)> = Vec::with_capacity(mapping.len());
        let mut merged = Vec::new();
        let mut after = 0;
        for (key, value) in mapping {
            if key.as_str() == Some("<<") {
                let value = self.value(value);
                self.merge(value, &mut merged);
                continue;
            }
            let Some(key) = self.key(&key, after) else { continue };
            let value = self.value(value);
            after = key.span.end as usize;
            entries.push((key, value));
        }
        for (key, value) in merged {
            if !entries.iter().any(|(own, _)| own.name == key.name) {
                entries.push((key, value));
            }
        }
        entries
    }

    /// `<<: *anchor` or `<<: [*a, *b]`, where earlier mappings win.
    fn merge(&mut self, value: Yaml, merged: &mut Vec<(Key, Yaml)>) {
        match value.value {
            YamlValue::Map(entries) => {
                for (key, value) in entries {
                    if !merged.iter().any(|(earlier, _)| earlier.name == key.name) {
                        merged.push((key, value));
                    }
                }
            }
            YamlValue::List(items) => items.into_iter().for_each(|item| self.merge(item, merged)),
            _ => self.diagnostics.push(
                Diagnostic::error(Code::InvalidYaml, "`<<` merges mappings, but this is none")
                    .at(value.span, format!("this is {}", value.kind()))
                    .help("write `<<: *name`, where `&name` marks a mapping"),
            ),
        }
    }

    fn key(&mut self, key: &Value, after: usize) -> Option<Key> {
        let (start, end) = (key.span().start.index(), key.span().end.index());
        match key {
            Value::Sequence(..) | Value::Mapping(..) | Value::Tagged(..) => {
                self.diagnostics.push(explain::collection_as_key(self.file, start));
                None
            }
            Value::String(name, _) => Some(Key { name: name.clone(), span: self.key_span(name, start, end, after) }),
            _ => {
                let (from, to) = content_range(self.text, start, end, None);
                let name = self.text.get(from..to).unwrap_or("").to_owned();
                Some(Key { name, span: self.span(from, to) })
            }
        }
    }

    /// A key's own text. After an alias the parser's marks are those of the anchor, so a key that
    /// does not stand where it should is looked for behind the key before it.
    fn key_span(&self, name: &str, start: usize, end: usize, after: usize) -> Span {
        let (from, to) = content_range(self.text, start, end, Some(name));
        if start >= after && self.text.get(from..).is_some_and(|rest| rest.starts_with(name)) {
            return self.span(from, to);
        }
        match self.text.get(after..).and_then(|rest| rest.find(name)) {
            Some(found) => self.span(after + found, after + found + name.len()),
            None => self.span(from, to.max(from)),
        }
    }

    fn report_doubles(&mut self, doubles: &[(Value, Value)]) {
        for (later, earlier) in doubles {
            let (Some(later), Some(earlier)) = (self.key(later, 0), self.key(earlier, 0)) else { continue };
            self.diagnostics.push(
                // COMPAT: the last one wins, with a deprecation (dbt 1.11).
                Diagnostic::warning(Code::Deprecated, format!("the key `{}` is given twice", later.name))
                    .event("DuplicateYAMLKeysDeprecation")
                    .at(later.span, "this one wins")
                    .and_at(earlier.span, "this one is not used")
                    .help("remove one of them"),
            );
        }
    }
}

fn first_word_length(text: &str) -> usize {
    text.find(char::is_whitespace).unwrap_or(text.len())
}

fn without_comment(line: &str) -> &str {
    line.split(" #").next().unwrap_or(line).trim_end().trim_end_matches([',', ']', '}']).trim_end()
}
