use super::{Key, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::source::Span;

/// Reads a mapping by key: a value of the wrong type is reported where it stands and read as absent;
/// null is absent.
#[derive(Debug)]
pub struct Fields<'a> {
    owner: &'a str,
    entries: &'a [(Key, Yaml)],
    span: Span,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Fields<'a> {
    /// The fields of `yaml`; `owner` names the thing in messages (``model `orders` ``). A value that
    /// is no mapping is reported and has no fields.
    pub fn new(owner: &'a str, yaml: &'a Yaml, diagnostics: &'a mut Diagnostics) -> Self {
        if !matches!(yaml.value, YamlValue::Map(_) | YamlValue::Null) {
            diagnostics.push(
                Diagnostic::error(Code::InvalidValue, format!("{owner} must be a mapping, but is {}", yaml.kind()))
                    .at(yaml.span, "expected `key: value` lines"),
            );
        }
        Self { owner, entries: yaml.entries(), span: yaml.span, diagnostics }
    }

    /// Where the mapping stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The entry of a key, null or not.
    pub fn entry(&self, name: &str) -> Option<&'a (Key, Yaml)> {
        self.entries.iter().find(|(key, _)| key.name == name)
    }

    /// The value of a key, unless null.
    pub fn get(&self, name: &str) -> Option<&'a Yaml> {
        self.entry(name).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// Text; numbers and booleans are taken as written in Python.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let (key, value) = self.present(name)?;
        value.scalar_text().or_else(|| self.refuse(key, value, "text"))
    }

    /// Text that must be there.
    pub fn required_text(&mut self, name: &str) -> Option<String> {
        if self.get(name).is_none() {
            let entry = self.entry(name).or(self.entries.first());
            let place = entry.map_or(self.span, |(key, _)| key.span);
            self.diagnostics.push(
                Diagnostic::error(Code::MissingKey, format!("{} has no `{name}`", self.owner))
                    .at(place, format!("`{name}:` is required"))
                    .help(format!("add `{name}: ...`")),
            );
        }
        self.text(name)
    }

    /// A truth value.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        let (key, value) = self.present(name)?;
        match &value.value {
            YamlValue::Bool(flag) => Some(*flag),
            YamlValue::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some(true),
                "false" | "no" | "off" => Some(false),
                _ => self.refuse(key, value, "`true` or `false`"),
            },
            _ => self.refuse(key, value, "`true` or `false`"),
        }
    }

    /// A whole number.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        let (key, value) = self.present(name)?;
        match &value.value {
            YamlValue::Int(number) => Some(*number),
            YamlValue::Text(text) => match text.trim().parse() {
                Ok(number) => Some(number),
                Err(_) => self.refuse(key, value, "a whole number"),
            },
            _ => self.refuse(key, value, "a whole number"),
        }
    }

    /// A list; absent is empty.
    pub fn list(&mut self, name: &str) -> &'a [Yaml] {
        match self.present(name) {
            Some((_, Yaml { value: YamlValue::List(items), .. })) => items,
            Some((key, value)) => self.refuse(key, value, "a list").unwrap_or_default(),
            None => &[],
        }
    }

    /// Text or a list of texts; `None` when absent.
    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let (key, value) = self.present(name)?;
        match &value.value {
            YamlValue::List(items) => {
                let mut texts = Vec::with_capacity(items.len());
                for item in items {
                    match item.scalar_text() {
                        Some(text) => texts.push(text),
                        None => self.refuse(key, item, "text or a list of texts").unwrap_or_default(),
                    }
                }
                Some(texts)
            }
            YamlValue::Map(_) => self.refuse(key, value, "text or a list of texts"),
            _ => value.scalar_text().map(|text| vec![text]),
        }
    }

    /// A mapping; `None` when absent.
    pub fn map(&mut self, name: &str) -> Option<&'a Yaml> {
        let (key, value) = self.present(name)?;
        match &value.value {
            YamlValue::Map(_) => Some(value),
            _ => self.refuse(key, value, "a mapping"),
        }
    }

    /// Warns of keys that are not `known`, naming the nearest known one.
    pub fn check_keys(&mut self, known: &[&str]) {
        for (key, _) in self.entries.iter().filter(|(key, _)| !known.contains(&key.name.as_str())) {
            let name = &key.name;
            let warning =
                Diagnostic::warning(Code::UnknownKey, format!("{} has a key `{name}` that is not known", self.owner))
                    .at(key.span, "has no effect");
            self.diagnostics.push(match closest(name, known.iter().copied()) {
                Some(near) => warning.help(format!("did you mean `{near}`?")),
                None => warning.help("remove it, or put your own data under `meta`"),
            });
        }
    }

    /// Adds a diagnostic of the caller's own.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn present(&self, name: &str) -> Option<&'a (Key, Yaml)> {
        self.entry(name).filter(|(_, value)| !value.is_null())
    }

    fn refuse<T>(&mut self, key: &Key, value: &Yaml, wanted: &str) -> Option<T> {
        let place = if value.span.start == value.span.end { key.span } else { value.span };
        self.diagnostics.push(
            Diagnostic::error(Code::InvalidValue, format!("`{}` of {} must be {wanted}", key.name, self.owner))
                .at(place, format!("this is {}", value.kind())),
        );
        None
    }
}
