//! `modules.re`: Python's regular expressions.

use std::sync::Arc;

use fancy_regex::{Captures, Regex};
use minijinja::value::{Object, ObjectRepr, Tuple};
use minijinja::{Error, ErrorKind, State, Value};

use crate::diagnostic::Code;
use crate::jinja::failure::fail;
use crate::jinja::objects::{MutableList, MutableMap, Namespace, Run};
use crate::jinja::python::{split_kwargs, text};
use crate::jinja::rendering::Rendering;

type Outcome = Result<Value, Error>;

const FUNCTIONS: &[(&str, Run)] = &[
    ("match", |_, _, args| on_pattern("match", args)),
    ("fullmatch", |_, _, args| on_pattern("fullmatch", args)),
    ("search", |_, _, args| on_pattern("search", args)),
    ("sub", |_, _, args| on_pattern("sub", args)),
    ("findall", |_, _, args| on_pattern("findall", args)),
    ("finditer", |_, _, args| on_pattern("finditer", args)),
    ("split", |_, _, args| on_pattern("split", args)),
    ("compile", |_, _, args| Pattern::new(args.first(), flags_of(args, 1)).map(Value::from_object)),
    ("escape", |_, _, args| Ok(Value::from(escaped(&args.first().map(text).unwrap_or_default())))),
];

/// Flags by name and number, as Python has them.
const FLAGS: [(&str, i64); 8] =
    [("IGNORECASE", 2), ("I", 2), ("MULTILINE", 8), ("M", 8), ("DOTALL", 16), ("S", 16), ("VERBOSE", 64), ("X", 64)];

/// `modules.re`.
pub(super) fn value(rendering: &Arc<Rendering>) -> Value {
    let module = Namespace::new("modules.re", FUNCTIONS, rendering);
    FLAGS.iter().fold(module, |module, (name, flag)| module.with(name, Value::from(*flag))).value()
}

fn flags_of(args: &[Value], index: usize) -> i64 {
    let (positional, named) = split_kwargs(args);
    let named = named.get_attr("flags").ok().and_then(|flags| flags.as_i64());
    positional.get(index).and_then(Value::as_i64).or(named).unwrap_or(0)
}

/// A function of the module: the pattern first, then what the method of a pattern takes.
fn on_pattern(name: &str, args: &[Value]) -> Outcome {
    let own: usize = if name == "sub" { 4 } else { 2 };
    let own = if name == "split" { 3 } else { own };
    let pattern = Arc::new(Pattern::new(args.first(), flags_of(args, own))?);
    pattern.apply(name, args.get(1..).unwrap_or_default())
}

/// Letters that mean something are marked, as Python marks them.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A pattern made ready.
#[derive(Debug)]
struct Pattern {
    written: String,
    flags: &'static str,
    regex: Regex,
}

impl Pattern {
    fn new(written: Option<&Value>, flags: i64) -> Result<Self, Error> {
        if let Some(known) = written.and_then(|value| value.downcast_object_ref::<Self>()) {
            return Ok(Self { written: known.written.clone(), flags: known.flags, regex: known.regex.clone() });
        }
        let written = written.map(text).unwrap_or_default();
        let flags = inline_flags(flags);
        let regex = Self::regex(flags, &written)?;
        Ok(Self { written, flags, regex })
    }

    fn regex(flags: &str, written: &str) -> Result<Regex, Error> {
        Regex::new(&format!("{flags}{written}"))
            .map_err(|error| fail(Code::JinjaError, format!("`{written}` is not a regular expression: {error}")))
    }

    /// The same pattern, held to the beginning or to the whole of a text.
    fn held(&self, before: &str, after: &str) -> Result<Regex, Error> {
        Self::regex(self.flags, &format!("{before}(?:{}){after}", self.written))
    }

    fn apply(&self, name: &str, args: &[Value]) -> Outcome {
        let (positional, named) = split_kwargs(args);
        let given = |index: usize, name: &str| {
            let named = named.get_attr(name).ok().filter(|value| !value.is_undefined());
            positional.get(index).cloned().or(named)
        };
        let subject = |index: usize| given(index, "string").as_ref().map(text).unwrap_or_default();
        match name {
            "match" => Ok(first_match(&self.held(r"\A", "")?, &subject(0))),
            "fullmatch" => Ok(first_match(&self.held(r"\A", r"\z")?, &subject(0))),
            "search" => Ok(first_match(&self.regex, &subject(0))),
            "findall" => Ok(MutableList::value(all(&self.regex, &subject(0), found))),
            "finditer" => {
                let subject = subject(0);
                let matched = |captures: &Captures<'_, str>| Match::value(&self.regex, &subject, captures);
                Ok(MutableList::value(all(&self.regex, &subject, matched)))
            }
            "split" => {
                let most = given(1, "maxsplit").and_then(|most| most.as_usize()).unwrap_or(0);
                Ok(self.split(&subject(0), most))
            }
            "sub" => {
                let most = given(2, "count").and_then(|most| most.as_usize()).unwrap_or(0);
                let replacement = given(0, "repl").as_ref().map(text).unwrap_or_default();
                let replacement = in_rust(&replacement)?;
                let subject = subject(1);
                let replaced = self.regex.try_replacen(&subject, most, replacement.as_str());
                let replaced = replaced.map_err(|error| fail(Code::JinjaError, error.to_string()))?;
                Ok(Value::from(replaced.into_owned()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn split(&self, subject: &str, most: usize) -> Value {
        let pieces: Vec<Value> = match most {
            0 => self.regex.split(subject).map_while(Result::ok).map(Value::from).collect(),
            most => self.regex.splitn(subject, most + 1).map_while(Result::ok).map(Value::from).collect(),
        };
        MutableList::value(pieces)
    }
}

fn inline_flags(flags: i64) -> &'static str {
    match (flags & 2 != 0, flags & 8 != 0, flags & 16 != 0) {
        (false, false, false) => "",
        (true, false, false) => "(?i)",
        (false, true, false) => "(?m)",
        (false, false, true) => "(?s)",
        (true, true, false) => "(?im)",
        (true, false, true) => "(?is)",
        (false, true, true) => "(?ms)",
        (true, true, true) => "(?ims)",
    }
}

/// Python writes `\1` and `\g<name>` where Rust writes `${1}`.
fn in_rust(replacement: &str) -> Result<String, Error> {
    let group = Regex::new(r"\\(?:g<(\w+)>|(\d{1,2}))").map_err(|error| fail(Code::Internal, error.to_string()))?;
    let replacement = replacement.replace('$', "$$");
    Ok(group.replace_all(&replacement, "$${$1$2}").into_owned())
}

fn first_match(regex: &Regex, subject: &str) -> Value {
    match regex.captures(subject) {
        Ok(Some(captures)) => Match::value(regex, subject, &captures),
        _ => Value::from(()),
    }
}

fn all(regex: &Regex, subject: &str, value: impl Fn(&Captures<'_, str>) -> Value) -> Vec<Value> {
    regex.captures_iter(subject).map_while(Result::ok).map(|captures| value(&captures)).collect()
}

/// What `findall` gives for one match: all of it, its only group, or its groups.
fn found(captures: &Captures<'_, str>) -> Value {
    let piece = |index: usize| Value::from(captures.get(index).map_or("", |group| group.as_str()));
    match captures.len() {
        1 => piece(0),
        2 => piece(1),
        count => Value::from(Tuple::from((1..count).map(piece).collect::<Vec<Value>>())),
    }
}

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str()? == "pattern").then(|| Value::from(self.written.as_str()))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Outcome {
        self.apply(name, args)
    }
}

/// What a regular expression found: each group's text and place, in characters.
#[derive(Debug)]
struct Match {
    groups: Vec<Option<(String, usize, usize)>>,
    names: Vec<Option<String>>,
}

impl Match {
    /// Places count characters.
    fn value(regex: &Regex, subject: &str, captures: &Captures<'_, str>) -> Value {
        let place = |byte: usize| subject.get(..byte).map_or(0, |before| before.chars().count());
        let group = |index: usize| {
            let group = captures.get(index)?;
            Some((group.as_str().to_owned(), place(group.start()), place(group.end())))
        };
        let groups = (0..captures.len()).map(group).collect();
        let names = regex.capture_names().map(|name| name.map(str::to_owned)).collect();
        Value::from_object(Self { groups, names })
    }

    fn index(&self, key: Option<&Value>) -> Result<usize, Error> {
        let Some(key) = key else { return Ok(0) };
        let named = key.as_str().and_then(|name| self.names.iter().position(|known| known.as_deref() == Some(name)));
        let index = named.or_else(|| key.as_usize()).filter(|index| *index < self.groups.len());
        index.ok_or_else(|| fail(Code::JinjaError, format!("no such group: {}", text(key))))
    }

    fn group(&self, index: usize) -> Value {
        let text = self.groups.get(index).and_then(|group| group.as_ref()).map(|(text, ..)| text.as_str());
        text.map_or_else(|| Value::from(()), Value::from)
    }

    fn span(&self, index: usize) -> (i64, i64) {
        let place = |place: usize| i64::try_from(place).unwrap_or(i64::MAX);
        let group = self.groups.get(index).and_then(|group| group.as_ref());
        group.map_or((-1, -1), |(_, start, end)| (place(*start), place(*end)))
    }

    fn groups(&self, default: Option<&Value>) -> Vec<Value> {
        let or_default = |value: Value| match default {
            Some(default) if value.is_none() => default.clone(),
            _ => value,
        };
        (1..self.groups.len()).map(|index| or_default(self.group(index))).collect()
    }
}

impl Object for Match {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.index(Some(key)).ok().map(|index| self.group(index))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Outcome {
        Ok(match name {
            "group" if args.len() > 1 => {
                let groups: Result<Vec<Value>, Error> =
                    args.iter().map(|key| self.index(Some(key)).map(|index| self.group(index))).collect();
                Value::from(Tuple::from(groups?))
            }
            "group" => self.group(self.index(args.first())?),
            "groups" => Value::from(Tuple::from(self.groups(args.first()))),
            "groupdict" => {
                let named =
                    |(index, name): (usize, &Option<String>)| Some((Value::from(name.as_deref()?), self.group(index)));
                MutableMap::value(self.names.iter().enumerate().filter_map(named).collect())
            }
            "start" => Value::from(self.span(self.index(args.first())?).0),
            "end" => Value::from(self.span(self.index(args.first())?).1),
            "span" => {
                let (start, end) = self.span(self.index(args.first())?);
                Value::from(Tuple::from(vec![Value::from(start), Value::from(end)]))
            }
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        })
    }
}
