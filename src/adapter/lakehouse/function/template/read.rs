//! Texts read by a template.

use chrono::NaiveDate;
use datafusion::common::{Result, exec_err};

use super::Piece;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const LONG_MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// What has been read.
#[derive(Default)]
struct Read {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: i64,
    twelve: bool,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    micros: i64,
}

/// A text by a template, in microseconds since 1970.
pub(super) fn timestamp(text: &str, pieces: &[Piece]) -> Result<i64> {
    let mut read = Read::default();
    let mut rest = text.trim_start();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Literal(literal) => rest = skip(rest, literal),
            Piece::Field { name, .. } => {
                let alone = !matches!(pieces.get(index + 1), Some(Piece::Field { .. }));
                rest = field(&mut read, name, rest.trim_start(), alone, text)?;
            }
        }
    }
    read.finish(text)
}

/// Skips as many separators as the template has; other characters stand for any one character.
fn skip<'a>(text: &'a str, literal: &str) -> &'a str {
    let mut rest = text;
    for expected in literal.chars() {
        match rest.chars().next() {
            Some(found) if expected.is_alphanumeric() || !found.is_alphanumeric() => rest = &rest[found.len_utf8()..],
            _ => {}
        }
    }
    rest
}

fn field<'a>(read: &mut Read, name: &str, text: &'a str, alone: bool, whole: &str) -> Result<&'a str> {
    let number = |width: usize| digits(text, width, whole);
    let (value, rest) = match name {
        "MON" | "MONTH" => return month_name(read, text, whole),
        "AM" | "PM" | "A.M." | "P.M." => return half_of_day(read, text, whole),
        "YYYY" => number(if alone { 9 } else { 4 })?,
        "YYY" => number(3)?,
        "DDD" | "MS" => number(3)?,
        "US" => number(6)?,
        "Y" => number(1)?,
        "YY" | "MM" | "DD" | "HH" | "HH12" | "HH24" | "MI" | "SS" => number(2)?,
        other => return exec_err!("to_date and to_timestamp of the lakehouse do not read {other}"),
    };
    let taken = &text[..text.len() - rest.len()];
    match name {
        "YYYY" => read.year = Some(value),
        "YY" | "YYY" | "Y" => {
            read.year = Some(if value < 70 {
                2000 + value
            } else if value < 100 {
                1900 + value
            } else {
                value
            })
        }
        "MM" => read.month = Some(value),
        "DD" => read.day = Some(value),
        "DDD" => read.day_of_year = Some(value),
        "HH24" => read.hour = value,
        "HH" | "HH12" => {
            read.hour = value;
            read.twelve = true;
        }
        "MI" => read.minute = value,
        "SS" => read.second = value,
        "MS" => read.micros += value * 10_i64.pow(u32::try_from(3 - taken.len().min(3)).unwrap_or(0)) * 1000,
        _ => read.micros += value * 10_i64.pow(u32::try_from(6 - taken.len().min(6)).unwrap_or(0)),
    }
    Ok(rest)
}

fn digits<'a>(text: &'a str, width: usize, whole: &str) -> Result<(i64, &'a str)> {
    let length = text.bytes().take(width).take_while(u8::is_ascii_digit).count();
    match text[..length].parse() {
        Ok(number) => Ok((number, &text[length..])),
        Err(_) => exec_err!("\"{whole}\" does not fit its template"),
    }
}

fn month_name<'a>(read: &mut Read, text: &'a str, whole: &str) -> Result<&'a str> {
    let lower = text.to_ascii_lowercase();
    for names in [LONG_MONTHS, MONTHS] {
        if let Some((index, name)) = names.iter().enumerate().find(|(_, name)| lower.starts_with(**name)) {
            read.month = Some(index as i64 + 1);
            return Ok(&text[name.len()..]);
        }
    }
    exec_err!("\"{whole}\" does not fit its template: there is no name of a month")
}

fn half_of_day<'a>(read: &mut Read, text: &'a str, whole: &str) -> Result<&'a str> {
    let lower = text.to_ascii_lowercase();
    for (name, afternoon) in [("a.m.", false), ("p.m.", true), ("am", false), ("pm", true)] {
        if lower.starts_with(name) {
            read.afternoon = Some(afternoon);
            return Ok(&text[name.len()..]);
        }
    }
    exec_err!("\"{whole}\" does not fit its template: there is no AM or PM")
}

impl Read {
    fn finish(self, text: &str) -> Result<i64> {
        let mut hour = self.hour;
        if self.twelve {
            if !(1..=12).contains(&hour) {
                return exec_err!("hour \"{hour}\" is invalid for the 12-hour clock");
            }
            hour = hour % 12 + if self.afternoon == Some(true) { 12 } else { 0 };
        }
        let year = i32::try_from(self.year.unwrap_or(1)).unwrap_or(i32::MAX);
        let small = |value: i64| u32::try_from(value).ok();
        let date = match self.day_of_year {
            Some(day) => small(day).and_then(|day| NaiveDate::from_yo_opt(year, day)),
            None => small(self.month.unwrap_or(1))
                .zip(small(self.day.unwrap_or(1)))
                .and_then(|(month, day)| NaiveDate::from_ymd_opt(year, month, day)),
        };
        let time = date.and_then(|date| date.and_hms_opt(small(hour)?, small(self.minute)?, small(self.second)?));
        match time {
            Some(time) => Ok(time.and_utc().timestamp_micros() + self.micros),
            None => exec_err!("date/time field value out of range: \"{text}\""),
        }
    }
}
