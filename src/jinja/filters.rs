//! Filters, tests and functions of Jinja2 that minijinja lacks or has otherwise.

use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters};

use super::objects::{DateTimeValue, MutableMap, TimeDelta};
use super::python::{arithmetic, text, to_mutable};

/// minijinja's own `namespace`, which takes one argument.
const NAMESPACE: &str = "__namespace";

/// Makes an environment's filters, tests and functions those of Jinja2.
pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_function("__mod", |left: Value, right: Value| arithmetic::modulo(&left, &right));
    environment.add_function("__add", |left: Value, right: Value| arithmetic::add(&left, &right));
    environment.add_function("__sub", |left: Value, right: Value| arithmetic::subtract(&left, &right));
    environment.add_function("__mul", |left: Value, right: Value| arithmetic::multiply(&left, &right));
    environment.add_function("__div", |left: Value, right: Value| arithmetic::divide(&left, &right));
    environment.add_function("__floordiv", |left: Value, right: Value| arithmetic::floor_divide(&left, &right));
    environment.add_function("__neg", |value: Value| arithmetic::negate(&value));
    environment.add_function("dict", dict);
    environment.add_function(NAMESPACE, minijinja::functions::namespace);
    environment.add_function("namespace", namespace);
    environment.add_function("cycler", |items: Rest<Value>| minijinja_contrib::globals::cycler(items.0));
    environment.add_function("joiner", minijinja_contrib::globals::joiner);
    environment.add_filter("list", |state: &State<'_, '_>, value: Value| changeable(filters::list(state, value)));
    environment.add_filter("sort", |state: &State<'_, '_>, value: Value, options: Kwargs| {
        changeable(filters::sort(state, value, options))
    });
    environment.add_filter("dictsort", |value: Value, options: Kwargs| changeable(filters::dictsort(&value, options)));
    environment.add_filter("abs", |value: Value| arithmetic::absolute(&value).map_or_else(|| filters::abs(value), Ok));
    environment.add_filter("sum", sum);
    environment.add_filter("striptags", striptags);
    environment.add_filter("filesizeformat", minijinja_contrib::filters::filesizeformat);
    environment.add_filter("wordcount", |value: String| words(&value).count());
    environment.add_filter("wordwrap", wordwrap);
    environment.add_filter("truncate", truncate);
    environment.add_filter("center", center);
    environment.add_filter("indent", indent);
    environment.add_filter("urlencode", urlencode);
    environment.add_filter("escape", escape);
    environment.add_filter("e", escape);
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

/// `sum(attribute, start)`, by Python's `+`.
fn sum(state: &mut State<'_, '_>, values: Value, positional: Rest<Value>, named: Kwargs) -> Result<Value, Error> {
    let given = Given { positional: &positional, named: &named };
    let start = given.get(1, "start").unwrap_or_else(|| Value::from(0));
    let values = match given.get(0, "attribute") {
        Some(attribute) => {
            state.apply_filter("map", &[values, Kwargs::from_iter([("attribute", attribute)]).into()])?
        }
        None => values,
    };
    values.try_iter()?.try_fold(start, |sum, value| arithmetic::add(&sum, &value))
}

/// Arguments of a filter by place or name.
struct Given<'a> {
    positional: &'a [Value],
    named: &'a Kwargs,
}

impl Given<'_> {
    fn get(&self, index: usize, name: &str) -> Option<Value> {
        let named = self.named.get::<Option<Value>>(name).ok().flatten();
        self.positional.get(index).cloned().or(named).filter(|value| !value.is_none())
    }

    fn number(&self, index: usize, name: &str, default: usize) -> usize {
        self.get(index, name).and_then(|value| value.as_usize()).unwrap_or(default)
    }

    fn flag(&self, index: usize, name: &str) -> bool {
        self.get(index, name).is_some_and(|flag| flag.is_true())
    }
}

/// `dict(pairs, a=1)`
fn dict(sources: Rest<Value>, named: Kwargs) -> Result<Value, Error> {
    let mut entries = indexmap::IndexMap::new();
    for source in sources.iter() {
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
    for name in named.args() {
        entries.insert(Value::from(name), named.get(name)?);
    }
    Ok(MutableMap::value(entries))
}

/// `namespace(other, a=1)`
fn namespace(state: &mut State<'_, '_>, sources: Rest<Value>, named: Kwargs) -> Result<Value, Error> {
    let entries = dict(sources, named)?;
    let pairs = entries.try_iter()?.map(|key| (text(&key), entries.get_item(&key).unwrap_or_default()));
    let values: Value = pairs.collect::<Kwargs>().into();
    state.lookup(NAMESPACE).unwrap_or_default().call(state, &[values])
}

/// Text made safe within HTML; what is safe already stays.
fn escape(value: Value) -> Value {
    if value.is_safe() {
        return value;
    }
    let mut escaped = String::new();
    for letter in text(&value).chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            plain => escaped.push(plain),
        }
    }
    Value::from_safe_string(escaped)
}

/// Text made fit for an address; a dict or pairs become its query.
fn urlencode(value: Value) -> Result<String, Error> {
    if let Some(own) = value.as_str() {
        return Ok(percent_encoded(own, "/"));
    }
    let pairs: Vec<(Value, Value)> = match value.kind() {
        ValueKind::Map => {
            value.try_iter()?.map(|key| Ok((key.clone(), value.get_item(&key)?))).collect::<Result<_, Error>>()?
        }
        ValueKind::Seq => value
            .try_iter()?
            .map(|pair| Ok((pair.get_item_by_index(0)?, pair.get_item_by_index(1)?)))
            .collect::<Result<_, Error>>()?,
        _ => return Ok(percent_encoded(&text(&value), "/")),
    };
    let query = |part: &Value| percent_encoded(&text(part), " ").replace(' ', "+");
    let pairs = pairs.iter().map(|(key, value)| format!("{}={}", query(key), query(value)));
    Ok(pairs.collect::<Vec<String>>().join("&"))
}

fn percent_encoded(text: &str, kept: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = char::from(byte);
        if letter.is_ascii_alphanumeric() || "_.-~".contains(letter) || kept.contains(letter) {
            encoded.push(letter);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
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
fn truncate(value: String, positional: Rest<Value>, named: Kwargs) -> String {
    let given = Given { positional: &positional, named: &named };
    let (length, leeway) = (given.number(0, "length", 255), given.number(3, "leeway", 5));
    let end = given.get(2, "end").map_or_else(|| "...".to_owned(), |end| text(&end));
    let letters: Vec<char> = value.chars().collect();
    if letters.len() <= length + leeway {
        return value;
    }
    let kept: String = letters.iter().take(length.saturating_sub(end.chars().count())).collect();
    let cut = if given.flag(1, "killwords") { None } else { kept.rfind(' ').and_then(|at| kept.get(..at)) };
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
fn indent(value: Value, positional: Rest<Value>, named: Kwargs) -> Result<String, Error> {
    let given = Given { positional: &positional, named: &named };
    let front = match given.get(0, "width") {
        Some(width) => match (width.as_str(), width.as_usize()) {
            (Some(front), _) => front.to_owned(),
            (None, Some(width)) => " ".repeat(width),
            (None, None) => return Err(Error::new(ErrorKind::InvalidOperation, "`indent` needs a number or a text")),
        },
        None => " ".repeat(4),
    };
    let (first, blank) = (given.flag(1, "first"), given.flag(2, "blank"));
    let own = text(&value);
    let mut lines: Vec<String> = Vec::new();
    for (index, line) in own.split('\n').enumerate() {
        let is_indented = if index == 0 { first } else { blank || !line.is_empty() };
        lines.push(if is_indented { format!("{front}{line}") } else { line.to_owned() });
    }
    Ok(lines.join("\n"))
}
