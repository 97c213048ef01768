//! `modules`: the parts of Python's library that dbt shows to templates.

use std::sync::{Arc, Mutex};

use minijinja::value::{Tuple, ValueIter};
use minijinja::{Error, State, Value};

use super::regex;
use crate::diagnostic::Code;
use crate::jinja::failure::fail;
use crate::jinja::objects::{Namespace, Once, Run, datetime_module, pytz_module};
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
    ("count", count_up),
    ("cycle", cycle),
    ("compress", compress),
    ("tee", tee),
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
    Once::value(rows.into_iter().map(|row| Value::from(Tuple::from(row))))
}

fn iterated(args: &[Value], index: usize) -> Result<ValueIter, Error> {
    args.get(index).ok_or_else(|| fail(Code::JinjaError, "a list is needed"))?.try_iter()
}

fn items(args: &[Value]) -> Result<Vec<Value>, Error> {
    Ok(iterated(args, 0)?.collect())
}

fn count(args: &[Value], index: usize) -> Option<usize> {
    args.get(index).and_then(Value::as_usize)
}

fn named_count(args: &[Value], name: &str) -> Option<usize> {
    split_kwargs(args).1.get_attr(name).ok().and_then(|value| value.as_usize())
}

fn chain(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let lists: Vec<ValueIter> = args.iter().map(Value::try_iter).collect::<Result<_, Error>>()?;
    let has_end = lists.iter().all(|list| list.size_hint().1.is_some());
    let all = lists.into_iter().flatten();
    Ok(if has_end { Once::value(all.collect::<Vec<Value>>().into_iter()) } else { Once::value(all) })
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

fn accumulate(_: &Arc<Rendering>, state: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let (positional, named) = split_kwargs(args);
    let given = |name: &str| named.get_attr(name).ok().filter(|value| !value.is_undefined() && !value.is_none());
    let function = positional.get(1).cloned().filter(|value| !value.is_none()).or_else(|| given("func"));
    let mut sums: Vec<Value> = given("initial").into_iter().collect();
    for item in items(positional)? {
        let sum = match (sums.last(), &function) {
            (Some(last), Some(function)) => function.call(state, &[last.clone(), item])?,
            (Some(last), None) => arithmetic::add(last, &item)?,
            (None, _) => item,
        };
        sums.push(sum);
    }
    Ok(Once::value(sums.into_iter()))
}

fn islice(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let (start, stop) = match args.get(2) {
        Some(_) => (count(args, 1).unwrap_or(0), count(args, 2)),
        None => (0, count(args, 1)),
    };
    let step = count(args, 3).unwrap_or(1).max(1);
    Ok(Once::value(iterated(args, 0)?.take(stop.unwrap_or(usize::MAX)).skip(start).step_by(step)))
}

fn repeat(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let item = args.first().cloned().unwrap_or_default();
    Ok(match count(args, 1).or_else(|| named_count(args, "times")) {
        Some(times) => Once::value(std::iter::repeat_n(item, times)),
        None => Once::value(std::iter::repeat(item)),
    })
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
    Ok(Once::value(results.into_iter()))
}

/// `count(start=0, step=1)`, without an end.
fn count_up(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let (positional, named) = split_kwargs(args);
    let given = |index: usize, name: &str, default: i64| {
        let named = named.get_attr(name).ok().filter(|value| !value.is_undefined());
        positional.get(index).cloned().or(named).unwrap_or_else(|| Value::from(default))
    };
    let step = given(1, "step", 1);
    let start = given(0, "start", 0);
    arithmetic::add(&start, &step)?;
    Ok(Once::value(std::iter::successors(Some(start), move |last| arithmetic::add(last, &step).ok())))
}

fn cycle(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    Ok(Once::value(items(args)?.into_iter().cycle()))
}

/// Of a list, what stands where another has something true.
fn compress(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let pairs = iterated(args, 0)?.zip(iterated(args, 1)?);
    Ok(Once::value(pairs.filter(|(_, chosen)| chosen.is_true()).map(|(item, _)| item)))
}

/// Several iterators over the same, each at its own pace.
fn tee(_: &Arc<Rendering>, _: &mut State<'_, '_>, args: &[Value]) -> Outcome {
    let copies = count(args, 1).or_else(|| named_count(args, "n")).unwrap_or(2);
    let source = iterated(args, 0)?;
    let copies: Vec<Value> = if source.size_hint().1.is_some() {
        let items: Vec<Value> = source.collect();
        (0..copies).map(|_| Once::value(items.clone().into_iter())).collect()
    } else {
        let source = Arc::new(Mutex::new((source, Vec::new())));
        (0..copies).map(|_| Once::value(paced(Arc::clone(&source)))).collect()
    };
    Ok(Value::from(Tuple::from(copies)))
}

/// The items of a source without an end: those that were taken from it, and then further ones.
fn paced(source: Arc<Mutex<(ValueIter, Vec<Value>)>>) -> impl Iterator<Item = Value> + Send + Sync {
    let mut taken = 0;
    std::iter::from_fn(move || {
        let mut source = source.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (rest, seen) = &mut *source;
        if taken == seen.len() {
            seen.push(rest.next()?);
        }
        taken += 1;
        seen.get(taken - 1).cloned()
    })
}
