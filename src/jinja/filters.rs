//! Filters, tests and functions of Jinja2 that minijinja lacks or has otherwise.

use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters};

use super::objects::{DateTimeValue, MutableMap, TimeDelta};
use super::python::{arithmetic, split_kwargs, text, to_mutable};

/// minijinja's own `namespace`, which takes one argument.
const NAMESPACE: &str = "__namespace";

/// Makes an environment's filters, tests and functions those of Jinja2.
pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_function("__mod", |left: Value, right: Value| arithmetic::modulo(&left, &right));
    environment.add_function("__add", |left: Value, right: Value| arithmetic::add(&left, &right));
    environment.add_function("__sub", |left: Value, right: Value| arithmetic::subtract(&left, &right));
    environment.add_function("dict", dict);
    environment.add_function(NAMESPACE, minijinja::functions::namespace);
    environment.add_function("namespace", namespace);
    environment.add_function("cycler", minijinja_contrib::globals::cycler);
    environment.add_function("joiner", minijinja_contrib::globals::joiner);
    environment.add_filter("list", |state: &State<'_, '_>, value: Value| changeable(filters::list(state, value)));
    environment.add_filter("sort", |state: &State<'_, '_>, value: Value, options: Kwargs| {
        changeable(filters::sort(state, value, options))
    });
    environment.add_filter("dictsort", |value: Value, options: Kwargs| changeable(filters::dictsort(&value, options)));
    environment.add_filter("striptags", striptags);
    environment.add_filter("filesizeformat", minijinja_contrib::filters::filesizeformat);
    environment.add_filter("wordcount", |value: String| words(&value).count());
    environment.add_filter("wordwrap", wordwrap);
    environment.add_filter("truncate", truncate);
    environment.add_filter("center", center);
    environment.add_filter("indent", indent);
    environment.add_filter("is_list", |value: Value| value.kind() == ValueKind::Seq && !value.is_tuple());
    environment.remove_filter("zip");
    environment.add_test("callable", is_callable);
    environment.add_test("sequence", |value: Value| {
        matches!(value.kind(), ValueKind::Seq | ValueKind::String | ValueKind::Map | ValueKind::Undefined)
    });
}

/// A list that templates may append to, as in Python.
fn changeable(list: Result<Value, Error>) -> Result<Value, Error> {
    list.map(|list| to_mutable(&list))
}

/// `dict(pairs, a=1)`
fn dict(args: Rest<Value>) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(&args);
    let mut entries = indexmap::IndexMap::new();
    for source in positional.iter().chain([&named]) {
        if source.kind() == ValueKind::Map {
            for key in source.try_iter()? {
                let value = source.get_item(&key)?;
                entries.insert(key, value);
            }
        } else {
            for pair in source.try_iter()? {
                entries.insert(pair.get_item_by_index(0)?, pair.get_item_by_index(1)?);
            }
        }
    }
    Ok(MutableMap::value(entries))
}

/// `namespace(other, a=1)`
fn namespace(state: &mut State<'_, '_>, args: Rest<Value>) -> Result<Value, Error> {
    let entries = dict(args)?;
    let pairs = entries.try_iter()?.map(|key| (text(&key), entries.get_item(&key).unwrap_or_default()));
    let values: Value = pairs.collect::<Kwargs>().into();
    state.lookup(NAMESPACE).unwrap_or_default().call(state, &[values])
}

fn is_callable(value: Value) -> bool {
    let is_time =
        value.downcast_object_ref::<DateTimeValue>().is_some() || value.downcast_object_ref::<TimeDelta>().is_some();
    value.kind() == ValueKind::Plain && !is_time
}

fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

/// Text without tags, white space as single blanks.
fn striptags(value: String) -> String {
    let plain = minijinja_contrib::filters::striptags(value);
    plain.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// Lines of at most so many letters, broken between words.
fn wordwrap(value: String, width: Option<usize>, options: Kwargs) -> Result<String, Error> {
    let width = width.or(options.get("width")?).unwrap_or(79).max(1);
    let separator = options.get::<Option<String>>("wrapstring")?.unwrap_or_else(|| "\n".to_owned());
    let mut lines: Vec<String> = Vec::new();
    for paragraph in value.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let mut word: Vec<char> = word.chars().collect();
            let used = line.chars().count();
            if used > 0 && used + 1 + word.len() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            while word.len() > width {
                lines.push(word.drain(..width).collect());
            }
            line.extend(word);
        }
        lines.push(line);
    }
    Ok(lines.join(&separator))
}

/// Text cut to a length, at a word's end unless `killwords`; a little more than that is let be.
fn truncate(value: String, args: Rest<Value>) -> String {
    let (positional, named) = split_kwargs(&args);
    let given = |index: usize, name: &str| {
        let named = named.get_attr(name).ok().filter(|value| !value.is_undefined());
        positional.get(index).cloned().or(named).filter(|value| !value.is_none())
    };
    let number = |index, name, default| given(index, name).and_then(|value| value.as_usize()).unwrap_or(default);
    let (length, leeway) = (number(0, "length", 255), number(3, "leeway", 5));
    let end = given(2, "end").map_or_else(|| "...".to_owned(), |end| text(&end));
    let letters: Vec<char> = value.chars().collect();
    if letters.len() <= length + leeway {
        return value;
    }
    let kept: String = letters.iter().take(length.saturating_sub(end.chars().count())).collect();
    let kill_words = given(1, "killwords").is_some_and(|flag| flag.is_true());
    let cut = if kill_words { None } else { kept.rfind(' ').and_then(|at| kept.get(..at)) };
    format!("{}{end}", cut.unwrap_or(&kept))
}

fn center(value: String, width: Option<usize>) -> String {
    let width = width.unwrap_or(80);
    let missing = width.saturating_sub(value.chars().count());
    // COMPAT: the odd blank goes where Python's `str.center` puts it.
    let left = missing / 2 + (missing & width & 1);
    format!("{}{value}{}", " ".repeat(left), " ".repeat(missing - left))
}

/// `indent(width=4, first=false, blank=false)`; the width may be the text to put in front.
fn indent(value: Value, args: Rest<Value>) -> Result<String, Error> {
    let (positional, named) = split_kwargs(&args);
    let given = |index: usize, name: &str| {
        let named = named.get_attr(name).ok().filter(|value| !value.is_undefined());
        positional.get(index).cloned().or(named)
    };
    let front = match given(0, "width") {
        Some(width) => match (width.as_str(), width.as_usize()) {
            (Some(front), _) => front.to_owned(),
            (None, Some(width)) => " ".repeat(width),
            (None, None) => return Err(Error::new(ErrorKind::InvalidOperation, "`indent` needs a number or a text")),
        },
        None => " ".repeat(4),
    };
    let flag = |index: usize, name: &str| given(index, name).is_some_and(|flag| flag.is_true());
    let (first, blank) = (flag(1, "first"), flag(2, "blank"));
    let own = text(&value);
    let mut lines: Vec<String> = Vec::new();
    for (index, line) in own.split('\n').enumerate() {
        let is_indented = if index == 0 { first } else { blank || !line.is_empty() };
        lines.push(if is_indented { format!("{front}{line}") } else { line.to_owned() });
    }
    Ok(lines.join("\n"))
}
