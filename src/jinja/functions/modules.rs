//! `modules`: the parts of Python's library that dbt shows to templates.

use std::sync::Arc;

use fancy_regex::Regex;
use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use crate::diagnostic::Code;
use crate::jinja::failure::fail;
use crate::jinja::objects::{MutableList, Namespace, Run, datetime_module, pytz_module};
use crate::jinja::python::text;
use crate::jinja::rendering::Rendering;

const RE: &[(&str, Run)] = &[
    ("match", match_start),
    ("fullmatch", match_whole),
    ("search", search),
    ("sub", substitute),
    ("findall", find_all),
    ("split", split),
    ("escape", escape),
];

const ITERTOOLS: &[(&str, Run)] = &[("chain", chain), ("product", product)];

/// `modules`.
pub(super) fn value(rendering: &Arc<Rendering>) -> Value {
    let re = Namespace::new("modules.re", RE, rendering).with("IGNORECASE", Value::from(2)).with("I", Value::from(2));
    Namespace::new("modules", &[], rendering)
        .with("datetime", datetime_module(rendering))
        .with("pytz", pytz_module(rendering))
        .with("re", re.value())
        .with("itertools", Namespace::new("modules.itertools", ITERTOOLS, rendering).value())
        .value()
}

/// The pattern of a call, in front of which something of ours may stand.
fn pattern(args: &[Value], flags: Option<&Value>, around: (&str, &str)) -> Result<Regex, Error> {
    let written = args.first().map(text).unwrap_or_default();
    let ignore_case = if flags.and_then(Value::as_i64) == Some(2) { "(?i)" } else { "" };
    Regex::new(&format!("{ignore_case}{}{written}{}", around.0, around.1))
        .map_err(|error| fail(Code::JinjaError, format!("`{written}` is not a regular expression: {error}")))
}

fn find(args: &[Value], around: (&str, &str)) -> Result<Value, Error> {
    let regex = pattern(args, args.get(2), around)?;
    let subject = args.get(1).map(text).unwrap_or_default();
    let found = regex.captures(&subject).ok().flatten();
    let groups = |captures: fancy_regex::Captures<'_, String>| {
        captures.iter().map(|group| group.map(|group| group.as_str().to_owned())).collect::<Vec<Option<String>>>()
    };
    Ok(found.map_or_else(|| Value::from(()), |captures| Value::from_object(Match { groups: groups(captures) })))
}

fn match_start(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    find(args, ("^(?:", ")"))
}

fn match_whole(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    find(args, ("^(?:", ")$"))
}

fn search(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    find(args, ("", ""))
}

fn substitute(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let regex = pattern(args, None, ("", ""))?;
    // Python writes `\1` where Rust writes `${1}`.
    let replacement = args.get(1).map(text).unwrap_or_default().replace('$', "$$");
    let group = Regex::new(r"\\(?:g<)?(\w+)>?").map_err(|error| fail(Code::Internal, error.to_string()))?;
    let replacement = group.replace_all(&replacement, "$${$1}").into_owned();
    let subject = args.get(2).map(text).unwrap_or_default();
    Ok(Value::from(regex.replace_all(&subject, replacement.as_str()).into_owned()))
}

fn find_all(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let regex = pattern(args, args.get(2), ("", ""))?;
    let subject = args.get(1).map(text).unwrap_or_default();
    let piece = |captures: &fancy_regex::Captures<'_, String>, index: usize| {
        Value::from(captures.get(index).map_or("", |group| group.as_str()))
    };
    let found = regex.captures_iter(&subject).map_while(Result::ok).map(|captures| match captures.len() {
        1 => piece(&captures, 0),
        2 => piece(&captures, 1),
        count => Value::from((1..count).map(|index| piece(&captures, index)).collect::<Vec<Value>>()),
    });
    Ok(MutableList::value(found.collect()))
}

fn split(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let regex = pattern(args, None, ("", ""))?;
    let subject = args.get(1).map(text).unwrap_or_default();
    Ok(MutableList::value(regex.split(&subject).map_while(Result::ok).map(Value::from).collect()))
}

fn escape(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(fancy_regex::escape(&args.first().map(text).unwrap_or_default()).into_owned()))
}

/// What a regular expression found.
#[derive(Debug)]
struct Match {
    groups: Vec<Option<String>>,
}

impl Match {
    fn group(&self, index: usize) -> Value {
        self.groups.get(index).cloned().flatten().map_or_else(|| Value::from(()), Value::from)
    }
}

impl Object for Match {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        match name {
            "group" => Ok(self.group(args.first().and_then(Value::as_usize).unwrap_or(0))),
            "groups" => Ok(Value::from((1..self.groups.len()).map(|index| self.group(index)).collect::<Vec<Value>>())),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

fn chain(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let mut all = Vec::new();
    for list in args {
        all.extend(list.try_iter()?);
    }
    Ok(MutableList::value(all))
}

fn product(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in args {
        let items: Vec<Value> = list.try_iter()?.collect();
        let longer = |row: &Vec<Value>| {
            let with = |item: &Value| row.iter().chain([item]).cloned().collect::<Vec<Value>>();
            items.iter().map(with).collect::<Vec<Vec<Value>>>()
        };
        rows = rows.iter().flat_map(longer).collect();
    }
    Ok(MutableList::value(rows.into_iter().map(Value::from).collect()))
}
