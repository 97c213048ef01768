//! Python's text formatting: `'%s' % x`, `'{}'.format(x)`, and how it writes numbers.

use minijinja::{Error, ErrorKind, Value};

use super::arithmetic::whole;
use super::{repr, split_kwargs, text};

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// How Python writes a float: the shortest digits that mean the same.
pub(super) fn float(number: f64) -> String {
    if !number.is_finite() {
        return if number.is_nan() { "nan".to_owned() } else { format!("{number}") };
    }
    let scientific = format!("{number:e}");
    let exponent = scientific.rsplit_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok()).unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return format!("{number:?}");
    }
    with_exponent(&scientific, 'e')
}

/// `1.5e7` as Python has it: `1.5e+07`.
fn with_exponent(scientific: &str, letter: char) -> String {
    let (digits, exponent) = scientific.rsplit_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}{letter}{sign}{:02}", exponent.unsigned_abs())
}

/// How a value is to be written.
#[derive(Debug, Clone, Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Wider than anything sensible; what asks for more is a mistake.
const WIDEST: usize = 100_000;

impl Spec {
    /// `[[fill]align][sign][#][0][width][grouping][.precision][type]`
    fn parse(written: &str) -> Result<Self, Error> {
        let mut spec = Self::default();
        let letters: Vec<char> = written.chars().collect();
        let is_align = |at: usize| letters.get(at).is_some_and(|letter| matches!(letter, '<' | '>' | '^' | '='));
        let mut at = 0;
        if is_align(1) {
            spec.fill = letters.first().copied();
            spec.align = letters.get(1).copied();
            at = 2;
        } else if is_align(0) {
            spec.align = letters.first().copied();
            at = 1;
        }
        let mut take = |wanted: &str| {
            let found = letters.get(at).copied().filter(|letter| wanted.contains(*letter));
            at += usize::from(found.is_some());
            found
        };
        spec.sign = take("+- ");
        spec.alternate = take("#").is_some();
        if take("0").is_some() {
            spec.fill = spec.fill.or(Some('0'));
            spec.align = spec.align.or(Some('='));
        }
        let number = |take: &mut dyn FnMut(&str) -> Option<char>| {
            let digits: String = std::iter::from_fn(|| take("0123456789")).collect();
            digits.parse::<usize>().ok()
        };
        spec.width = number(&mut take).unwrap_or(0);
        spec.grouping = take(",_");
        if take(".").is_some() {
            spec.precision = Some(number(&mut take).ok_or_else(|| wrong("Format specifier missing precision"))?);
        }
        spec.kind = take("bcdeEfFgGnosxX%");
        let known = at == letters.len() && spec.width <= WIDEST && spec.precision.unwrap_or(0) <= WIDEST;
        if known { Ok(spec) } else { Err(wrong(format!("`{written}` is no format specification"))) }
    }

    fn write(&self, value: &Value) -> Result<String, Error> {
        let number = whole(value).filter(|_| value.is_integer() || self.kind.is_some_and(|kind| kind != 's'));
        match (self.kind, number) {
            (None | Some('d' | 'n'), Some(number)) => {
                Ok(self.padded_number(number < 0, &self.grouped(&number.unsigned_abs().to_string())))
            }
            (Some('x' | 'X' | 'o' | 'b'), Some(number)) => {
                let digits = radix(number.unsigned_abs(), self.kind.unwrap_or('x'), self.alternate);
                Ok(self.padded_number(number < 0, &digits))
            }
            (Some('c'), Some(number)) => {
                let letter = u32::try_from(number).ok().and_then(char::from_u32);
                Ok(self.padded(&letter.unwrap_or_default().to_string(), '<'))
            }
            (Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%'), _) => self.written_float(value),
            (None, None) if value.is_number() => self.written_float(value),
            (None | Some('s'), None) => {
                let shown = text(value);
                let shown = match self.precision {
                    Some(precision) => shown.chars().take(precision).collect(),
                    None => shown,
                };
                Ok(self.padded(&shown, '<'))
            }
            (Some(kind), _) => Err(wrong(format!("Unknown format code '{kind}' for {}", repr(value)))),
        }
    }

    fn written_float(&self, value: &Value) -> Result<String, Error> {
        let number = f64::try_from(value.clone()).map_err(|_| wrong(format!("{} is not a number", repr(value))))?;
        let size = number.abs();
        let precision = self.precision.unwrap_or(6);
        let body = match self.kind {
            Some('e') => with_exponent(&format!("{size:.precision$e}"), 'e'),
            Some('E') => with_exponent(&format!("{size:.precision$e}"), 'E'),
            Some('g' | 'G') => general(size, precision),
            Some('%') => format!("{:.precision$}%", size * 100.0),
            Some(_) => self.grouped(&format!("{size:.precision$}")),
            None => match self.precision {
                Some(precision) => general(size, precision),
                None => self.grouped(&float(size)),
            },
        };
        Ok(self.padded_number(number.is_sign_negative() && !number.is_nan(), &body))
    }

    /// Digits in groups of three in front of the point.
    fn grouped(&self, digits: &str) -> String {
        let Some(separator) = self.grouping else { return digits.to_owned() };
        let (front, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
        let mut grouped = String::new();
        for (index, digit) in front.chars().enumerate() {
            if index > 0 && (front.len() - index) % 3 == 0 {
                grouped.push(separator);
            }
            grouped.push(digit);
        }
        grouped + rest
    }

    fn padded_number(&self, negative: bool, body: &str) -> String {
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        };
        if self.align == Some('=') {
            let missing = self.width.saturating_sub(sign.len() + body.chars().count());
            let fill: String = std::iter::repeat_n(self.fill.unwrap_or(' '), missing).collect();
            return format!("{sign}{fill}{body}");
        }
        self.padded(&format!("{sign}{body}"), '>')
    }

    fn padded(&self, body: &str, default: char) -> String {
        let missing = self.width.saturating_sub(body.chars().count());
        let fill = |count: usize| std::iter::repeat_n(self.fill.unwrap_or(' '), count).collect::<String>();
        match self.align.filter(|align| *align != '=').unwrap_or(default) {
            '>' => fill(missing) + body,
            '^' => fill(missing / 2) + body + &fill(missing - missing / 2),
            _ => body.to_owned() + &fill(missing),
        }
    }
}

fn radix(number: u128, kind: char, alternate: bool) -> String {
    let (digits, prefix) = match kind {
        'x' => (format!("{number:x}"), "0x"),
        'X' => (format!("{number:X}"), "0X"),
        'o' => (format!("{number:o}"), "0o"),
        _ => (format!("{number:b}"), "0b"),
    };
    if alternate { format!("{prefix}{digits}") } else { digits }
}

/// `%g`: so many digits that count, in the shorter of the two forms.
fn general(number: f64, precision: usize) -> String {
    let precision = precision.max(1);
    let scientific = format!("{number:.*e}", precision - 1);
    let exponent = scientific.rsplit_once('e').and_then(|(_, exponent)| exponent.parse::<i64>().ok()).unwrap_or(0);
    let stripped = |digits: &str| {
        if digits.contains('.') {
            digits.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            digits.to_owned()
        }
    };
    let last = i64::try_from(precision).unwrap_or(i64::MAX);
    if (-4..last).contains(&exponent) {
        let decimals = usize::try_from(last - 1 - exponent).unwrap_or(0);
        return stripped(&format!("{number:.decimals$}"));
    }
    let (digits, exponent) = scientific.rsplit_once('e').unwrap_or((&scientific, "0"));
    with_exponent(&format!("{}e{exponent}", stripped(digits)), 'e')
}

/// `'%s has %d' % ('x', 1)`.
pub(super) fn percent(pattern: &str, arguments: &Value) -> Result<String, Error> {
    let listed: Vec<Value> = match arguments {
        tuple if tuple.is_tuple() => tuple.try_iter()?.collect(),
        single => vec![single.clone()],
    };
    let mut values = listed.iter();
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let (conversion, after) = Conversion::parse(after)?;
        rest = after;
        if conversion.letter == '%' {
            out.push('%');
            continue;
        }
        let value = match &conversion.key {
            Some(key) => arguments.get_item(&Value::from(key.as_str()))?,
            None => values.next().cloned().ok_or_else(|| wrong("not enough arguments for format string"))?,
        };
        out.push_str(&conversion.write(&value)?);
    }
    out.push_str(rest);
    if values.next().is_some() && (arguments.is_tuple() || arguments.kind() != minijinja::value::ValueKind::Map) {
        return Err(wrong("not all arguments converted during string formatting"));
    }
    Ok(out)
}

/// One `%` conversion.
struct Conversion {
    key: Option<String>,
    spec: Spec,
    left: bool,
    letter: char,
}

impl Conversion {
    fn parse(written: &str) -> Result<(Self, &str), Error> {
        let incomplete = || wrong("incomplete format");
        let (key, rest) = match written.strip_prefix('(') {
            Some(inner) => {
                let (key, rest) = inner.split_once(')').ok_or_else(incomplete)?;
                (Some(key.to_owned()), rest)
            }
            None => (None, written),
        };
        let end = rest.find(|letter: char| !"-+ #0123456789.lhL".contains(letter)).ok_or_else(incomplete)?;
        let (head, tail) = rest.split_at(end);
        let letter = tail.chars().next().ok_or_else(incomplete)?;
        let flags: String = head.chars().take_while(|letter| "-+ #0".contains(*letter)).collect();
        let mut sizes = head.get(flags.len()..).unwrap_or_default().trim_end_matches(['l', 'h', 'L']).splitn(2, '.');
        let size = |written: Option<&str>| {
            written.and_then(|digits| digits.parse::<usize>().ok()).map(|size| size.min(WIDEST))
        };
        let left = flags.contains('-');
        let zeros = flags.contains('0') && !left;
        let spec = Spec {
            fill: zeros.then_some('0'),
            align: if left {
                Some('<')
            } else if zeros {
                Some('=')
            } else {
                Some('>')
            },
            sign: if flags.contains('+') { Some('+') } else { flags.contains(' ').then_some(' ') },
            alternate: flags.contains('#'),
            width: size(sizes.next()).unwrap_or(0),
            grouping: None,
            precision: sizes.next().map(|digits| size(Some(digits)).unwrap_or(0)),
            kind: None,
        };
        Ok((Self { key, spec, left, letter }, tail.get(letter.len_utf8()..).unwrap_or_default()))
    }

    fn write(&self, value: &Value) -> Result<String, Error> {
        let kind = |kind: char| Spec { kind: Some(kind), ..self.spec.clone() };
        match self.letter {
            's' | 'r' | 'a' => {
                let shown = if self.letter == 's' { text(value) } else { repr(value) };
                let align = if self.left { '<' } else { '>' };
                let spec = Spec { kind: Some('s'), align: Some(align), fill: None, ..self.spec.clone() };
                spec.write(&Value::from(shown))
            }
            'd' | 'i' | 'u' => {
                let number = f64::try_from(value.clone())
                    .ok()
                    .filter(|_| value.is_number())
                    .or_else(|| whole(value).map(|_| 0.0));
                let number = number
                    .ok_or_else(|| wrong(format!("%d format: a real number is required, not {}", repr(value))))?;
                #[allow(clippy::cast_possible_truncation, reason = "Python cuts the fraction off too")]
                let cut = whole(value).unwrap_or(number as i128);
                let digits = Spec { precision: None, ..kind('d') };
                digits.write(&Value::from(cut))
            }
            letter @ ('x' | 'X' | 'o' | 'c') if whole(value).is_some() => kind(letter).write(value),
            letter @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G') => kind(letter).write(value),
            'c' => Ok(text(value)),
            letter => Err(wrong(format!("unsupported format character '{letter}' for {}", repr(value)))),
        }
    }
}

/// `'{} and {name}'.format(1, name=2)`.
pub(super) fn format_method(pattern: &str, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split_kwargs(args);
    let mut fields = Fields { positional, named, next: 0 };
    fields.fill(pattern).map(Value::from)
}

/// The values that the fields of a pattern stand for.
struct Fields<'a> {
    positional: &'a [Value],
    named: Value,
    next: usize,
}

impl Fields<'_> {
    fn fill(&mut self, pattern: &str) -> Result<String, Error> {
        let mut out = String::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let doubled = from.strip_prefix("{{").map(|after| ('{', after));
            if let Some((brace, after)) = doubled.or_else(|| from.strip_prefix("}}").map(|after| ('}', after))) {
                out.push(brace);
                rest = after;
                continue;
            }
            let inner = from.strip_prefix('{').ok_or_else(|| wrong("Single '}' encountered in format string"))?;
            let end = closing(inner).ok_or_else(|| wrong("Single '{' encountered in format string"))?;
            out.push_str(&self.field(inner.get(..end).unwrap_or_default())?);
            rest = inner.get(end + 1..).unwrap_or_default();
        }
        out.push_str(rest);
        Ok(out)
    }

    /// `name.attribute[key]!r:>10`
    fn field(&mut self, field: &str) -> Result<String, Error> {
        let (path, spec) = field.split_once(':').unwrap_or((field, ""));
        let (path, conversion) = path.split_once('!').map_or((path, None), |(path, kind)| (path, Some(kind)));
        let value = self.value(path)?;
        let value = match conversion {
            Some("r" | "a") => Value::from(repr(&value)),
            Some(_) => Value::from(text(&value)),
            None => value,
        };
        let spec = if spec.contains('{') { self.fill(spec)? } else { spec.to_owned() };
        if spec.is_empty() { Ok(text(&value)) } else { Spec::parse(&spec)?.write(&value) }
    }

    fn value(&mut self, path: &str) -> Result<Value, Error> {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (first, mut rest) = path.split_at(end);
        let missing = || wrong(format!("the format string has no value for `{{{path}}}`"));
        let mut value = if first.is_empty() {
            self.next += 1;
            self.positional.get(self.next - 1).cloned()
        } else if let Ok(index) = first.parse::<usize>() {
            self.positional.get(index).cloned()
        } else {
            self.named.get_attr(first).ok().filter(|value| !value.is_undefined())
        }
        .ok_or_else(missing)?;
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let (key, after) = inner.split_once(']').ok_or_else(missing)?;
                let key = key.parse::<i64>().map_or_else(|_| Value::from(key), Value::from);
                value = value.get_item(&key)?;
                rest = after;
            } else {
                let inner = rest.trim_start_matches('.');
                let end = inner.find(['.', '[']).unwrap_or(inner.len());
                let (name, after) = inner.split_at(end);
                value = value.get_attr(name)?;
                rest = after;
            }
        }
        Ok(value)
    }
}

/// The brace that closes a field, past those within it.
fn closing(inner: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}
