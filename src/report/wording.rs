//! The shape of dbt's lines: dots up to the status, plurals, times, colours.

use std::time::Duration;

use anstyle::AnsiColor;

/// `1 of 9 OK created sql table model s.t ..... [SELECT 5 in 0.12s]`.
pub(super) fn result_line(progress: &str, status: &str, elapsed: Option<Duration>, width: usize) -> String {
    let mut line = format!("{progress} ");
    let dots = width.saturating_sub(line.chars().count());
    line.extend(std::iter::repeat_n('.', dots));
    let time = elapsed.map(|elapsed| format!(" in {:.2}s", elapsed.as_secs_f64())).unwrap_or_default();
    format!("{line} [{status}{time}]")
}

/// `1 model`, `2 models`.
pub(super) fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {}", plural(word)) }
}

fn plural(word: &str) -> String {
    // COMPAT: one test, two data tests (dbt 1.11).
    if word == "test" {
        return "data tests".to_owned();
    }
    if let Some(stem) = word.strip_suffix("ysis") {
        return format!("{stem}yses");
    }
    match word.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if word.ends_with("ss") => format!("{word}es"),
        None => format!("{word}s"),
    }
}

/// `3 models, 1 seed`.
pub(super) fn list_of_counts(counts: &[(String, usize)]) -> String {
    counts.iter().map(|(word, count)| counted(*count, word)).collect::<Vec<_>>().join(", ")
}

/// `0 hours 1 minutes and 2.30 seconds`.
pub(super) fn long_time(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let rest = elapsed.as_secs_f64() - (seconds / 60 * 60) as f64;
    format!("{} hours {} minutes and {rest:.2} seconds", seconds / 3600, seconds / 60 % 60)
}

/// Every line moved right by two columns.
pub(super) fn indented(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("  {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

/// The text between a colour and its end, if colours are wanted.
pub(super) fn painted(text: &str, color: AnsiColor, colored: bool) -> String {
    if !colored {
        return text.to_owned();
    }
    let style = color.on_default();
    format!("{style}{text}{style:#}")
}

/// The text without ANSI control sequences.
pub(super) fn plain(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("\u{1b}[") {
        let (before, sequence) = rest.split_at(start);
        out.push_str(before);
        let end = sequence.char_indices().skip(2).find(|(_, character)| matches!(character, '@'..='~'));
        rest = end.and_then(|(end, _)| sequence.get(end + 1..)).unwrap_or("");
    }
    out.push_str(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_fill_up_to_the_width() {
        let short = result_line("1 of 1 START x", "RUN", None, 30);
        assert_eq!(short, "1 of 1 START x ............... [RUN]");
        let long = result_line("1 of 1 PASS a_name_longer_than_that", "PASS", Some(Duration::from_millis(125)), 30);
        assert_eq!(long, "1 of 1 PASS a_name_longer_than_that  [PASS in 0.12s]");
    }

    #[test]
    fn counts_and_times_read_as_dbt_writes_them() {
        let counts = [("model", 2), ("analysis", 2), ("saved query", 3), ("seed", 1)];
        let counts: Vec<(String, usize)> = counts.map(|(word, count)| (word.to_owned(), count)).into();
        assert_eq!(list_of_counts(&counts), "2 models, 2 analyses, 3 saved queries, 1 seed");
        assert_eq!(long_time(Duration::from_millis(3_723_456)), "1 hours 2 minutes and 3.46 seconds");
    }

    #[test]
    fn colours_come_off_again() {
        let red = painted("ERROR", AnsiColor::Red, true);
        assert_eq!(red, "\u{1b}[31mERROR\u{1b}[0m");
        assert_eq!(plain(&format!("a {red} b")), "a ERROR b");
        assert_eq!(plain("no colour"), "no colour");
    }
}
