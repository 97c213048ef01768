//! Values written by a template.

use chrono::{Datelike, NaiveDateTime, Timelike};
use datafusion::common::{Result, exec_err};
use deltalake::arrow::datatypes::IntervalMonthDayNano;

use super::Piece;
use crate::adapter::lakehouse::function::calendar::wall_clock;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const ROMAN: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// A timestamp by a template.
pub(super) fn timestamp(micros: i64, pieces: &[Piece]) -> Result<String> {
    let at = wall_clock(micros)?;
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Field { name, as_written, unpadded, ordinal } => {
                let value = field(at, name, as_written, *unpadded)?;
                text.push_str(&value);
                if let Some(upper) = ordinal {
                    text.push_str(ending(&value, *upper));
                }
            }
        }
    }
    Ok(text)
}

fn field(at: NaiveDateTime, name: &str, as_written: &str, unpadded: bool) -> Result<String> {
    let digits = |value: i64, width: usize| if unpadded { value.to_string() } else { format!("{value:0width$}") };
    let year = i64::from(at.year());
    let iso = at.iso_week();
    let twelve = i64::from(if at.hour().is_multiple_of(12) { 12 } else { at.hour() % 12 });
    let micros = i64::from(at.nanosecond() / 1000);
    let month = MONTHS[at.month0() as usize % 12];
    let weekday = at.weekday().num_days_from_sunday();
    let day = DAYS[weekday as usize % 7];
    Ok(match name {
        "YYYY" => digits(year, 4),
        "YYY" => digits(year % 1000, 3),
        "YY" => digits(year % 100, 2),
        "Y" => digits(year % 10, 1),
        "Y,YYY" => format!("{},{:03}", year / 1000, year % 1000),
        "IYYY" => digits(i64::from(iso.year()), 4),
        "IYY" => digits(i64::from(iso.year()) % 1000, 3),
        "IY" => digits(i64::from(iso.year()) % 100, 2),
        "I" => digits(i64::from(iso.year()) % 10, 1),
        "CC" => digits((year - 1).div_euclid(100) + 1, 2),
        "Q" => (at.month0() / 3 + 1).to_string(),
        "MM" => digits(i64::from(at.month()), 2),
        "MONTH" => word(month, as_written, unpadded, 9),
        "MON" => word(&month[..3], as_written, true, 3),
        "RM" => word(ROMAN[at.month0() as usize % 12], as_written, unpadded, 4),
        "WW" => digits(i64::from(at.ordinal0() / 7 + 1), 2),
        "IW" => digits(i64::from(iso.week()), 2),
        "W" => (at.day0() / 7 + 1).to_string(),
        "DDD" => digits(i64::from(at.ordinal()), 3),
        "IDDD" => digits(i64::from((iso.week() - 1) * 7 + at.weekday().number_from_monday()), 3),
        "DD" => digits(i64::from(at.day()), 2),
        "D" => (weekday + 1).to_string(),
        "ID" => at.weekday().number_from_monday().to_string(),
        "DAY" => word(day, as_written, unpadded, 9),
        "DY" => word(&day[..3], as_written, true, 3),
        "J" => (at.and_utc().timestamp().div_euclid(86_400) + 2_440_588).to_string(),
        "HH24" => digits(i64::from(at.hour()), 2),
        "HH" | "HH12" => digits(twelve, 2),
        "MI" => digits(i64::from(at.minute()), 2),
        "SS" => digits(i64::from(at.second()), 2),
        "SSSS" | "SSSSS" => at.num_seconds_from_midnight().to_string(),
        "MS" => format!("{:03}", micros / 1000),
        "US" => format!("{micros:06}"),
        "AM" | "PM" => cased(if at.hour() < 12 { "AM" } else { "PM" }, as_written),
        "A.M." | "P.M." => cased(if at.hour() < 12 { "A.M." } else { "P.M." }, as_written),
        "AD" | "BC" => cased("AD", as_written),
        "A.D." | "B.C." => cased("A.D.", as_written),
        "OF" => "+00".to_owned(),
        "TZ" => cased("UTC", as_written),
        fraction => match fraction.strip_prefix("FF").and_then(|digits| digits.parse::<usize>().ok()) {
            Some(count) => format!("{micros:06}")[..count.min(6)].to_owned(),
            None => return exec_err!("to_char has no field {fraction}"),
        },
    })
}

/// A word in the case that its pattern is written in.
fn cased(word: &str, as_written: &str) -> String {
    match as_written.chars().any(char::is_lowercase) && as_written.chars().next().is_some_and(char::is_lowercase) {
        true => word.to_lowercase(),
        false => word.to_owned(),
    }
}

fn word(word: &str, as_written: &str, unpadded: bool, width: usize) -> String {
    let mut letters = as_written.chars();
    let first = letters.next().is_some_and(char::is_uppercase);
    let second = letters.next().is_some_and(char::is_uppercase);
    let cased = match (first, second) {
        (true, true) => word.to_uppercase(),
        (true, false) => word.to_owned(),
        (false, _) => word.to_lowercase(),
    };
    if unpadded { cased } else { format!("{cased:width$}") }
}

fn ending(number: &str, upper: bool) -> &'static str {
    let teen = number.len() > 1 && number.as_bytes()[number.len() - 2] == b'1';
    let endings = match (number.as_bytes().last(), teen) {
        (Some(b'1'), false) => ("st", "ST"),
        (Some(b'2'), false) => ("nd", "ND"),
        (Some(b'3'), false) => ("rd", "RD"),
        _ => ("th", "TH"),
    };
    if upper { endings.1 } else { endings.0 }
}

/// A span of time by a template: its hours are not those of a clock.
pub(super) fn interval(span: IntervalMonthDayNano, pieces: &[Piece]) -> Result<String> {
    let micros = span.nanoseconds / 1000;
    let seconds = micros / 1_000_000;
    let mut text = String::new();
    for piece in pieces {
        let (name, unpadded) = match piece {
            Piece::Literal(literal) => {
                text.push_str(literal);
                continue;
            }
            Piece::Field { name, unpadded, .. } => (*name, *unpadded),
        };
        let (value, width) = match name {
            "YYYY" => (i64::from(span.months / 12), 4),
            "MM" => (i64::from(span.months % 12), 2),
            "DD" => (i64::from(span.days), 2),
            "HH24" => (seconds / 3600, 2),
            "HH" | "HH12" => (if seconds / 3600 % 12 == 0 { 12 } else { seconds / 3600 % 12 }, 2),
            "MI" => (seconds / 60 % 60, 2),
            "SS" => (seconds % 60, 2),
            "MS" => (micros / 1000 % 1000, 3),
            "US" => (micros % 1_000_000, 6),
            other => return exec_err!("to_char of an interval has no field {other}"),
        };
        text.push_str(&if unpadded { value.to_string() } else { format!("{value:0width$}") });
    }
    Ok(text)
}

/// A number by a template of `9`, `0`, `.`, `,`, `FM` and literals around them.
pub(super) fn number(number: &str, template: &str) -> Result<String> {
    let (unpadded, pattern) = match template.strip_prefix("FM").or_else(|| template.strip_prefix("fm")) {
        Some(rest) => (true, rest),
        None => (false, template),
    };
    let known = |character: char| "09.,DGdg".contains(character);
    if !pattern.chars().all(|character| known(character) || "$% -/".contains(character)) {
        return exec_err!("to_char of a number does not know the template '{template}'");
    }
    let pattern = pattern.replace(['D', 'd'], ".").replace(['G', 'g'], ",");
    let (whole_pattern, part_pattern) = pattern.split_once('.').unwrap_or((&pattern, ""));
    let places = part_pattern.chars().filter(char::is_ascii_digit).count();
    let (negative, rounded) = rounded_text(number, places);
    let (whole, part) = rounded.split_once('.').unwrap_or((&rounded, ""));
    let width = whole_pattern.chars().filter(char::is_ascii_digit).count();
    let whole = whole.trim_start_matches('0');
    if whole.len() > width {
        let hashes = pattern.chars().map(|character| if character.is_ascii_digit() { '#' } else { character });
        return Ok(format!("{}{}", if unpadded { "" } else { " " }, hashes.collect::<String>()));
    }
    let whole = fill_whole(whole, whole_pattern, width, places, unpadded);
    let part = fill_part(part, part_pattern, unpadded);
    let point = if pattern.contains('.') { "." } else { "" };
    let sign = match (negative && rounded.bytes().any(|byte| (b'1'..=b'9').contains(&byte)), unpadded) {
        (true, _) => "-",
        (false, true) => "",
        (false, false) => " ",
    };
    let blanks = whole.len() - whole.trim_start().len();
    Ok(format!("{}{sign}{}{point}{part}", &whole[..blanks], &whole[blanks..]))
}

/// The digits before the point: blanks (or nothing) where no digit is wanted.
fn fill_whole(digits: &str, pattern: &str, width: usize, places: usize, unpadded: bool) -> String {
    let first_zero = pattern.chars().filter(char::is_ascii_digit).position(|digit| digit == '0').unwrap_or(width);
    let missing = width - digits.len();
    let mut text = String::new();
    let (mut at, mut begun) = (0, false);
    for character in pattern.chars() {
        if !character.is_ascii_digit() {
            match character {
                ',' if !begun && unpadded => {}
                ',' if !begun => text.push(' '),
                other => text.push(other),
            }
            continue;
        }
        if at >= missing {
            begun = true;
            text.push(char::from(digits.as_bytes()[at - missing]));
        } else if at >= first_zero || (at + 1 == width && places == 0) {
            begun = true;
            text.push('0');
        } else if !unpadded {
            text.push(' ');
        }
        at += 1;
    }
    text
}

fn fill_part(digits: &str, pattern: &str, unpadded: bool) -> String {
    let wanted = pattern.rfind('0').map_or(0, |last| last + 1);
    let mut text = String::new();
    let mut at = 0;
    for character in pattern.chars() {
        if character.is_ascii_digit() {
            text.push(char::from(digits.as_bytes().get(at).copied().unwrap_or(b'0')));
            at += 1;
        } else {
            text.push(character);
        }
    }
    if unpadded && text.len() == pattern.len() {
        let kept = text.trim_end_matches('0').len().max(wanted);
        text.truncate(kept);
    }
    text
}

/// A decimal's text rounded half away from zero to some places, without its sign.
fn rounded_text(number: &str, places: usize) -> (bool, String) {
    let (negative, digits) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let padded = format!("{part}{}", "0".repeat(places + 1));
    let up = padded.as_bytes().get(places).is_some_and(|digit| *digit >= b'5');
    let mut all: Vec<u8> = format!("{whole}{}", &padded[..places]).into_bytes();
    let mut carry = up;
    for digit in all.iter_mut().rev() {
        if !carry {
            break;
        }
        carry = *digit == b'9';
        *digit = if carry { b'0' } else { *digit + 1 };
    }
    let mut text = String::from_utf8(all).unwrap_or_default();
    if carry {
        text.insert(0, '1');
    }
    let point = text.len() - places;
    if places > 0 {
        text.insert(point, '.');
    }
    (negative, text)
}
