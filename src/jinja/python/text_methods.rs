//! Methods of Python's `str` that minijinja's own compatibility layer lacks or has otherwise.

use minijinja::value::Tuple;
use minijinja::{Error, ErrorKind, Value};

use super::{formatting, split_kwargs, text};
use crate::jinja::objects::MutableList;

/// A method's result; `None` where it is not one of these.
pub(super) fn call(own: &str, name: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    let call = Call { own, args };
    Ok(Some(match name {
        "format" => formatting::format_method(own, args)?,
        "split" => call.split(false)?,
        "rsplit" => call.split(true)?,
        "splitlines" => list(own.lines().map(Value::from)),
        "partition" | "rpartition" => call.partition(name == "rpartition"),
        "join" => call.join()?,
        "startswith" => call.at_edge(|own, edge| own.starts_with(edge))?,
        "endswith" => call.at_edge(|own, edge| own.ends_with(edge))?,
        "removeprefix" => Value::from(own.strip_prefix(call.text(0)?.as_str()).unwrap_or(own)),
        "removesuffix" => Value::from(own.strip_suffix(call.text(0)?.as_str()).unwrap_or(own)),
        "index" | "rindex" | "find" | "rfind" => call.find(name)?,
        "swapcase" => Value::from(own.chars().map(swapped).collect::<String>()),
        "casefold" => Value::from(own.to_lowercase().replace('ß', "ss")),
        "ljust" => call.padded(|missing| (0, missing))?,
        "rjust" => call.padded(|missing| (missing, 0))?,
        "center" => {
            let odd = call.width()? & 1;
            call.padded(|missing| {
                let left = missing / 2 + (missing & odd & 1);
                (left, missing - left)
            })?
        }
        "zfill" => call.zfill()?,
        "expandtabs" => Value::from(call.expandtabs()),
        "istitle" => Value::from(is_title(own)),
        "isidentifier" => Value::from(is_identifier(own)),
        "isprintable" => Value::from(own.chars().all(|letter| !letter.is_control())),
        "isdecimal" => Value::from(!own.is_empty() && own.chars().all(char::is_numeric)),
        "encode" | "decode" => Value::from(own),
        _ => return Ok(None),
    }))
}

fn list(items: impl Iterator<Item = Value>) -> Value {
    MutableList::value(items.collect())
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn swapped(letter: char) -> char {
    let other: Vec<char> =
        if letter.is_uppercase() { letter.to_lowercase().collect() } else { letter.to_uppercase().collect() };
    match other.as_slice() {
        [one] => *one,
        _ => letter,
    }
}

fn is_title(own: &str) -> bool {
    let mut within = false;
    let mut any = false;
    for letter in own.chars() {
        if letter.is_alphabetic() && letter.is_uppercase() == within {
            return false;
        }
        within = letter.is_alphabetic();
        any |= within;
    }
    any
}

fn is_identifier(own: &str) -> bool {
    let mut letters = own.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

struct Call<'a> {
    own: &'a str,
    args: &'a [Value],
}

impl Call<'_> {
    fn get(&self, index: usize, name: &str) -> Option<Value> {
        let (positional, named) = split_kwargs(self.args);
        let named = named.get_attr(name).ok().filter(|value| !value.is_undefined());
        positional.get(index).cloned().or(named).filter(|value| !value.is_none())
    }

    fn text(&self, index: usize) -> Result<String, Error> {
        let given = self.get(index, "").ok_or_else(|| wrong("a text is needed"))?;
        given.as_str().map(str::to_owned).ok_or_else(|| wrong(format!("a text is needed, not {}", text(&given))))
    }

    fn number(&self, index: usize, name: &str) -> Option<usize> {
        self.get(index, name).and_then(|value| value.as_usize())
    }

    fn width(&self) -> Result<usize, Error> {
        self.number(0, "width").ok_or_else(|| wrong("a width is needed"))
    }

    /// `split(sep, maxsplit)`; without a separator, at runs of white space.
    fn split(&self, from_right: bool) -> Result<Value, Error> {
        let most = self.get(1, "maxsplit").and_then(|value| value.as_usize()).map_or(usize::MAX, |most| most + 1);
        let separator = self.get(0, "sep").map(|separator| text(&separator));
        let parts: Vec<&str> = match (separator.as_deref(), from_right) {
            (Some(""), _) => return Err(wrong("empty separator")),
            (Some(separator), false) => self.own.splitn(most, separator).collect(),
            (Some(separator), true) => {
                let mut parts: Vec<&str> = self.own.rsplitn(most, separator).collect();
                parts.reverse();
                parts
            }
            (None, from_right) => at_white_space(self.own, most, from_right),
        };
        Ok(list(parts.into_iter().map(Value::from)))
    }

    fn partition(&self, from_right: bool) -> Value {
        let separator = self.get(0, "sep").map(|separator| text(&separator)).unwrap_or_default();
        let found = if from_right { self.own.rsplit_once(&separator) } else { self.own.split_once(separator.as_str()) };
        let parts = match found {
            Some((before, after)) => [before, &separator, after],
            None if from_right => ["", "", self.own],
            None => [self.own, "", ""],
        };
        Value::from(Tuple::from(parts.map(Value::from).to_vec()))
    }

    fn join(&self) -> Result<Value, Error> {
        let items = self.get(0, "iterable").ok_or_else(|| wrong("`join` needs a list"))?;
        let mut joined = String::new();
        for (index, item) in items.try_iter()?.enumerate() {
            let Some(piece) = item.as_str() else {
                return Err(wrong(format!("sequence item {index}: expected str instance, not {}", text(&item))));
            };
            if index > 0 {
                joined.push_str(self.own);
            }
            joined.push_str(piece);
        }
        Ok(Value::from(joined))
    }

    /// `startswith` and `endswith`: one text or a tuple of them, within a range.
    fn at_edge(&self, fits: fn(&str, &str) -> bool) -> Result<Value, Error> {
        let wanted = self.get(0, "").ok_or_else(|| wrong("a text is needed"))?;
        let (start, end) = (self.number(1, "start").unwrap_or(0), self.number(2, "end").unwrap_or(usize::MAX));
        let own: String = self.own.chars().take(end).skip(start).collect();
        let all: Vec<Value> = if wanted.is_tuple() { wanted.try_iter()?.collect() } else { vec![wanted] };
        Ok(Value::from(all.iter().any(|edge| fits(&own, &text(edge)))))
    }

    /// Positions count characters.
    fn find(&self, name: &str) -> Result<Value, Error> {
        let wanted = self.text(0)?;
        let skipped = self.number(1, "start").unwrap_or(0);
        let from = self.own.char_indices().nth(skipped).map_or(self.own.len(), |(at, _)| at);
        let within = self.own.get(from..).unwrap_or_default();
        let found = if name.starts_with('r') { within.rfind(&wanted) } else { within.find(&wanted) };
        let position = found.map(|at| skipped + within.get(..at).map_or(0, |before| before.chars().count()));
        match position {
            Some(position) => Ok(Value::from(position)),
            None if name.ends_with("index") => Err(wrong("substring not found")),
            None => Ok(Value::from(-1)),
        }
    }

    fn padded(&self, sides: impl Fn(usize) -> (usize, usize)) -> Result<Value, Error> {
        let missing = self.width()?.saturating_sub(self.own.chars().count());
        let fill = self.get(1, "fillchar").and_then(|fill| text(&fill).chars().next()).unwrap_or(' ');
        let (left, right) = sides(missing);
        let side = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
        Ok(Value::from(format!("{}{}{}", side(left), self.own, side(right))))
    }

    /// Zeros go behind a sign.
    fn zfill(&self) -> Result<Value, Error> {
        let missing = self.width()?.saturating_sub(self.own.chars().count());
        let (sign, digits) = match self.own.strip_prefix(['-', '+']) {
            Some(digits) => self.own.split_at(self.own.len() - digits.len()),
            None => ("", self.own),
        };
        Ok(Value::from(format!("{sign}{}{digits}", "0".repeat(missing))))
    }

    fn expandtabs(&self) -> String {
        let size = self.number(0, "tabsize").unwrap_or(8);
        let mut expanded = String::new();
        let mut column = 0;
        for letter in self.own.chars() {
            match letter {
                '\t' if size > 0 => {
                    let missing = size - column % size;
                    expanded.push_str(&" ".repeat(missing));
                    column += missing;
                }
                '\t' => {}
                letter => {
                    expanded.push(letter);
                    column = if matches!(letter, '\n' | '\r') { 0 } else { column + 1 };
                }
            }
        }
        expanded
    }
}

fn at_white_space(own: &str, most: usize, from_right: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = if from_right { own.trim_end() } else { own.trim_start() };
    while !rest.is_empty() {
        if parts.len() + 1 == most {
            parts.push(if from_right { rest.trim_start() } else { rest.trim_end() });
            break;
        }
        let cut = if from_right { rest.rfind(char::is_whitespace) } else { rest.find(char::is_whitespace) };
        let Some(at) = cut else {
            parts.push(rest);
            break;
        };
        let (before, after) = rest.split_at(at);
        if from_right {
            parts.push(after.trim_start());
            rest = before.trim_end();
        } else {
            parts.push(before);
            rest = after.trim_start();
        }
    }
    if from_right {
        parts.reverse();
    }
    parts
}
