//! `modules`: the parts of Python's library that dbt shows to templates.

use std::sync::Arc;

use minijinja::value::Tuple;
use minijinja::{Error, State, Value};

use super::regex;
use crate::diagnostic::Code;
use crate::jinja::failure::fail;
use crate::jinja::objects::{MutableList, Namespace, Run, datetime_module, pytz_module};
use crate::jinja::python::{arithmetic, split_kwargs};
use crate::jinja::rendering::Rendering;

const ITERTOOLS: &[(&str, Run)] = &[
    ("chain", chain),
    ("product", product),
    ("combinations", combinations),
    ("combinations_with_replacement", combinations_with_replacement),
    ("permutations", permutations),
    ("zip_longest", zip_longest),
    ("accumulate", accumulate),
    ("islice", islice),
    ("repeat", repeat),
    ("starmap", starmap),
];

/// `modules`.
pub(super) fn value(rendering: &Arc<Rendering>) -> Value {
    Namespace::new("modules", &[], rendering)
        .with("datetime", datetime_module(rendering))
        .with("pytz", pytz_module(rendering))
        .with("re", regex::value(rendering))
        .with("itertools", Namespace::new("modules.itertools", ITERTOOLS, rendering).value())
        .value()
}

type Outcome = Result<Value, Error>;

fn tuples(rows: Vec<Vec<Value>>) -> Value {
    MutableList::value(rows.into_iter().map(|row| Value::from(Tuple::from(row))).collect())
}

fn items(args: &[Value]) -> Result<Vec<Value>, Error> {
    let list = args.first().ok_or_else(|| fail(Code::JinjaError, "a list is needed"))?;
    Ok(list.try_iter()?.collect())
}

fn count(args: &[Value], index: usize) -> Option<usize> {
    args.get(index).and_then(Value::as_usize)
}

fn named_count(args: &[Value], name: &str) -> Option<usize> {
    split_kwargs(args).1.get_attr(name).ok().and_then(|value| value.as_usize())
}

fn chain(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let mut all = Vec::new();
    for list in args {
        all.extend(list.try_iter()?);
    }
    Ok(MutableList::value(all))
}

fn product(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let (lists, _) = split_kwargs(args);
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for _ in 0..named_count(args, "repeat").unwrap_or(1) {
        for list in lists {
            let items: Vec<Value> = list.try_iter()?.collect();
            let longer = |row: &Vec<Value>| {
                let with = |item: &Value| row.iter().chain([item]).cloned().collect::<Vec<Value>>();
                items.iter().map(with).collect::<Vec<Vec<Value>>>()
            };
            rows = rows.iter().flat_map(longer).collect();
        }
    }
    Ok(tuples(rows))
}

/// Choices of so many items by their places; `next` says which places may follow one.
fn choices(items: &[Value], size: usize, next: impl Fn(&[usize], usize) -> bool) -> Value {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size {
        let longer = |row: &Vec<usize>| {
            let follows = (0..items.len()).filter(|place| next(row, *place));
            follows.map(|place| row.iter().copied().chain([place]).collect()).collect::<Vec<Vec<usize>>>()
        };
        rows = rows.iter().flat_map(longer).collect();
    }
    let chosen = |row: Vec<usize>| row.iter().filter_map(|place| items.get(*place).cloned()).collect();
    tuples(rows.into_iter().map(chosen).collect())
}

fn combinations(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let items = items(args)?;
    let size = count(args, 1).or_else(|| named_count(args, "r")).unwrap_or(0);
    Ok(choices(&items, size, |row, place| row.last().is_none_or(|last| place > *last)))
}

fn combinations_with_replacement(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let items = items(args)?;
    let size = count(args, 1).or_else(|| named_count(args, "r")).unwrap_or(0);
    Ok(choices(&items, size, |row, place| row.last().is_none_or(|last| place >= *last)))
}

fn permutations(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let items = items(args)?;
    let size = count(args, 1).or_else(|| named_count(args, "r")).unwrap_or(items.len());
    Ok(choices(&items, size, |row, place| !row.contains(&place)))
}

fn zip_longest(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let (lists, named) = split_kwargs(args);
    let filler = named.get_attr("fillvalue").ok().filter(|value| !value.is_undefined());
    let filler = filler.unwrap_or_else(|| Value::from(()));
    let lists: Vec<Vec<Value>> =
        lists.iter().map(|list| Ok(list.try_iter()?.collect())).collect::<Result<_, Error>>()?;
    let length = lists.iter().map(Vec::len).max().unwrap_or(0);
    let row = |index: usize| lists.iter().map(|list| list.get(index).unwrap_or(&filler).clone()).collect();
    Ok(tuples((0..length).map(row).collect()))
}

fn accumulate(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let mut sums: Vec<Value> = Vec::new();
    for item in items(args)? {
        let sum = match sums.last() {
            Some(last) => arithmetic::add(last, &item)?,
            None => item,
        };
        sums.push(sum);
    }
    Ok(MutableList::value(sums))
}

fn islice(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let (start, stop) = match args.get(2) {
        Some(_) => (count(args, 1).unwrap_or(0), count(args, 2)),
        None => (0, count(args, 1)),
    };
    let step = count(args, 3).unwrap_or(1).max(1);
    let taken = items(args)?.into_iter().take(stop.unwrap_or(usize::MAX)).skip(start).step_by(step);
    Ok(MutableList::value(taken.collect()))
}

/// Only so many times: a list without an end cannot be had.
fn repeat(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let times = count(args, 1).or_else(|| named_count(args, "times"));
    let times = times.ok_or_else(|| fail(Code::JinjaError, "`repeat` needs a number of times"))?;
    Ok(MutableList::value(std::iter::repeat_n(args.first().cloned().unwrap_or_default(), times).collect()))
}

fn starmap(_: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let [function, rows] = args else {
        return Err(fail(Code::JinjaError, "`starmap` takes a function and a list"));
    };
    let mut results = Vec::new();
    for row in rows.try_iter()? {
        let arguments: Vec<Value> = row.try_iter()?.collect();
        results.push(function.call(state, &arguments)?);
    }
    Ok(MutableList::value(results))
}
