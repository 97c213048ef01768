//! Functions of texts.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ScalarUDF;
use deltalake::arrow::array::{Array, ArrayRef, BooleanArray, ListBuilder, StringArray, StringBuilder};
use deltalake::arrow::datatypes::{DataType, Field};
use regex::Regex;

use super::shown::shown;
use super::{Function, anything, strings, texts};

/// The functions.
pub(super) fn functions() -> Vec<ScalarUDF> {
    vec![
        Function::new("aq_similar", texts, |_| Ok(DataType::Boolean), similar).udf(),
        Function::new("aq_substring_pattern", texts, super::text, substring_pattern).udf(),
        Function::new("regexp_substr", texts, super::text, regexp_substr).udf(),
        Function::new("regexp_split_to_array", texts, |_| Ok(text_list()), regexp_split).udf(),
        Function::new("aq_regexp_matches", texts, |_| Ok(DataType::new_list(text_list(), true)), regexp_matches).udf(),
        Function::new("format", anything, super::text, format).udf(),
        Function::new("quote_ident", texts, super::text, |args, _| {
            super::each_text(&args[0], |text| Ok(Some(quoted_name(text))))
        })
        .udf(),
        Function::new("quote_literal", texts, super::text, |args, _| {
            super::each_text(&args[0], |text| Ok(Some(quoted_text(text))))
        })
        .udf(),
    ]
}

fn text_list() -> DataType {
    DataType::new_list(DataType::Utf8, true)
}

/// Patterns that have been compiled, by text and flags.
#[derive(Default)]
struct Patterns(HashMap<String, Regex>);

impl Patterns {
    fn get(&mut self, pattern: &str) -> Result<&Regex> {
        if !self.0.contains_key(pattern) {
            match Regex::new(pattern) {
                Ok(regex) => self.0.insert(pattern.to_owned(), regex),
                Err(error) => return exec_err!("invalid regular expression: {error}"),
            };
        }
        match self.0.get(pattern) {
            Some(regex) => Ok(regex),
            None => exec_err!("invalid regular expression"),
        }
    }
}

/// A pattern with PostgreSQL's flags as the regex crate writes them; `g` is left to the caller.
fn with_flags(pattern: &str, flags: &str) -> Result<String> {
    let mut own = String::from("s");
    for flag in flags.chars() {
        match flag {
            'g' | 'c' | 'e' | 's' => {}
            'i' => own.push('i'),
            'n' | 'm' => own = own.replace('s', "") + "m",
            'x' => own.push('x'),
            other => return exec_err!("invalid regular expression option: \"{other}\""),
        }
    }
    Ok(if own.is_empty() { pattern.to_owned() } else { format!("(?{own}){pattern}") })
}

/// `text similar to pattern`.
fn similar(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let (values, patterns) = (strings(&args[0])?, strings(&args[1])?);
    let escapes = args.get(2).map(strings).transpose()?;
    let mut compiled = Patterns::default();
    let mut given = Vec::with_capacity(values.len());
    for (row, (value, pattern)) in values.iter().zip(patterns.iter()).enumerate() {
        let escape = escapes.as_ref().map_or(Some('\\'), |escapes| escapes.value(row).chars().next());
        given.push(match (value, pattern) {
            (Some(value), Some(pattern)) => Some(compiled.get(&similar_regex(pattern, escape))?.is_match(value)),
            _ => None,
        });
    }
    Ok(Arc::new(BooleanArray::from(given)))
}

/// A pattern of SQL as a regular expression: `%` and `_` are wild, `.` `^` and `$` are not.
fn similar_regex(pattern: &str, escape: Option<char>) -> String {
    let mut regex = String::from("(?s)^(?:");
    let mut characters = pattern.chars();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            other if Some(other) == escape => {
                if let Some(literal) = characters.next() {
                    regex.push_str(&regex::escape(&literal.to_string()));
                }
            }
            '[' => {
                in_class = true;
                regex.push('[');
            }
            ']' => {
                in_class = false;
                regex.push(']');
            }
            '%' if !in_class => regex.push_str(".*"),
            '_' if !in_class => regex.push('.'),
            '.' | '^' | '$' if !in_class => {
                regex.push('\\');
                regex.push(character);
            }
            '\\' => regex.push_str("\\\\"),
            other => regex.push(other),
        }
    }
    regex.push_str(")$");
    regex
}

/// `substring(text from pattern)`: the first group, or the whole match.
fn substring_pattern(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let mut compiled = Patterns::default();
    pairs(args, |text, pattern| {
        let regex = compiled.get(&with_flags(pattern, "")?)?;
        let found = regex.captures(text);
        let found = found.and_then(|groups| groups.get(if regex.captures_len() > 1 { 1 } else { 0 }));
        Ok(found.map(|found| found.as_str().to_owned()))
    })
}

fn regexp_substr(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    if args.len() != 2 {
        return exec_err!("regexp_substr of the lakehouse takes a text and a pattern");
    }
    let mut compiled = Patterns::default();
    pairs(args, |text, pattern| {
        let regex = compiled.get(&with_flags(pattern, "")?)?;
        Ok(regex.find(text).map(|found| found.as_str().to_owned()))
    })
}

fn pairs(args: &[ArrayRef], mut work: impl FnMut(&str, &str) -> Result<Option<String>>) -> Result<ArrayRef> {
    let (left, right) = (strings(&args[0])?, strings(&args[1])?);
    let mut given = Vec::with_capacity(left.len());
    for pair in left.iter().zip(right.iter()) {
        given.push(match pair {
            (Some(left), Some(right)) => work(left, right)?,
            _ => None,
        });
    }
    Ok(Arc::new(StringArray::from(given)))
}

fn flags_at(flags: Option<&StringArray>, row: usize) -> &str {
    flags.map_or("", |flags| flags.value(row))
}

fn regexp_split(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let (values, patterns) = (strings(&args[0])?, strings(&args[1])?);
    let flags = args.get(2).map(strings).transpose()?;
    let mut compiled = Patterns::default();
    let mut lists = text_lists();
    for (row, pair) in values.iter().zip(patterns.iter()).enumerate() {
        let (Some(value), Some(pattern)) = pair else {
            lists.append(false);
            continue;
        };
        let regex = compiled.get(&with_flags(pattern, flags_at(flags.as_ref(), row))?)?;
        regex.split(value).for_each(|part| lists.values().append_value(part));
        lists.append(true);
    }
    Ok(Arc::new(lists.finish()))
}

fn text_lists() -> ListBuilder<StringBuilder> {
    ListBuilder::new(StringBuilder::new()).with_field(Field::new_list_field(DataType::Utf8, true))
}

/// The groups of each match; of the first one only without the flag `g`.
fn regexp_matches(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let (values, patterns) = (strings(&args[0])?, strings(&args[1])?);
    let flags = args.get(2).map(strings).transpose()?;
    let mut compiled = Patterns::default();
    let mut rows = ListBuilder::new(text_lists()).with_field(Field::new_list_field(text_list(), true));
    for (row, pair) in values.iter().zip(patterns.iter()).enumerate() {
        if let (Some(value), Some(pattern)) = pair {
            let flags = flags_at(flags.as_ref(), row);
            let regex = compiled.get(&with_flags(pattern, flags)?)?;
            let most = if flags.contains('g') { usize::MAX } else { 1 };
            for groups in regex.captures_iter(value).take(most) {
                let first = if regex.captures_len() > 1 { 1 } else { 0 };
                for index in first..groups.len() {
                    rows.values().values().append_option(groups.get(index).map(|group| group.as_str()));
                }
                rows.values().append(true);
            }
        }
        rows.append(true);
    }
    Ok(Arc::new(rows.finish()))
}

/// `format('%s of %I', …)`.
fn format(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let Some((templates, values)) = args.split_first() else { return exec_err!("format needs a template") };
    let templates = strings(templates)?;
    let values = values.iter().map(shown).collect::<Result<Vec<_>>>()?;
    let row_of = |row: usize| -> Vec<Option<&str>> {
        values.iter().map(|column| column.is_valid(row).then(|| column.value(row))).collect()
    };
    let mut given = Vec::with_capacity(templates.len());
    for (row, template) in templates.iter().enumerate() {
        given.push(template.map(|template| formatted(template, &row_of(row))).transpose()?);
    }
    Ok(Arc::new(StringArray::from(given)))
}

fn formatted(template: &str, values: &[Option<&str>]) -> Result<String> {
    let mut text = String::new();
    let mut next = values.iter();
    let mut characters = template.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let kind = characters.next();
        if kind == Some('%') {
            text.push('%');
            continue;
        }
        let Some(value) = next.next() else { return exec_err!("too few arguments for format()") };
        match (kind, value) {
            (Some('s'), value) => text.push_str(value.unwrap_or_default()),
            (Some('I'), Some(name)) => text.push_str(&quoted_name(name)),
            (Some('I'), None) => return exec_err!("null values cannot be formatted as an SQL identifier"),
            (Some('L'), Some(value)) => text.push_str(&quoted_text(value)),
            (Some('L'), None) => text.push_str("NULL"),
            _ => return exec_err!("format() of the lakehouse knows %s, %I, %L and %%"),
        }
    }
    Ok(text)
}

fn quoted_name(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name
            .chars()
            .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn quoted_text(text: &str) -> String {
    let quoted = format!("'{}'", text.replace('\'', "''"));
    if text.contains('\\') { format!("E{}", quoted.replace('\\', "\\\\")) } else { quoted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_sql_become_regular_expressions() {
        for (pattern, text, matches) in [
            ("a%", "abc", true),
            ("(a|b)%", "bcd", true),
            ("a.c", "abc", false),
            ("_b_", "abc", true),
            ("a[b-d]c", "acc", true),
            ("abc", "xabcx", false),
            ("100\\%", "100%", true),
        ] {
            let regex = Regex::new(&similar_regex(pattern, Some('\\'))).unwrap();
            assert_eq!(regex.is_match(text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn templates_take_names_and_literals() {
        assert_eq!(
            formatted("%s %I %L 100%%", &[Some("a"), Some("B c"), Some("it's")]).unwrap(),
            "a \"B c\" 'it''s' 100%"
        );
        assert!(formatted("%s", &[]).is_err());
    }
}
