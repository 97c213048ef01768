//! Plain words for what the YAML parser says.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceFile, Span};

/// The parser's error, with the reason in plain words where it can be told from the text.
pub(super) fn syntax_error(file: &SourceFile, error: &dbt_yaml::Error) -> Diagnostic {
    let words = error.to_string();
    let reported = error.location().map_or(file.text.len(), |mark| mark.index());
    let offset = context_place(file, &words).unwrap_or(reported).min(file.text.len());
    let (offset, reason) = reason(file, offset, &words);
    let diagnostic =
        Diagnostic::error(Code::InvalidYaml, format!("`{}` is not valid YAML: {}", file.display, reason.what))
            .at(Span::new(file.id, offset, offset + char_length(&file.text, offset)), reason.label)
            .caused_by(words);
    match reason.help {
        "" => diagnostic,
        help => diagnostic.help(help),
    }
}

/// A mapping or list where a key should stand: nearly always Jinja without quotes.
pub(super) fn collection_as_key(file: &SourceFile, start: usize) -> Diagnostic {
    // `{{` reads as a mapping whose key is a mapping, so the text begins one brace earlier.
    let before = start.saturating_sub(1);
    let jinja = file.text.get(before..).is_some_and(|rest| rest.starts_with("{{"));
    let start = if jinja { before } else { start };
    let reason = if jinja { &UNQUOTED_JINJA } else { &COLLECTION_AS_KEY };
    Diagnostic::error(Code::InvalidYaml, format!("`{}` is not valid YAML: {}", file.display, reason.what))
        .at(Span::new(file.id, start, start + 2), reason.label)
        .help(reason.help)
}

struct Reason {
    what: &'static str,
    label: &'static str,
    help: &'static str,
}

const UNQUOTED_JINJA: Reason = Reason {
    what: "a value that begins with `{{` needs quotes",
    label: "YAML takes this for a mapping",
    help: "put the whole value in quotes: `\"{{ ... }}\"`",
};
const UNQUOTED_TAG: Reason = Reason {
    what: "a value that begins with `{%` needs quotes",
    label: "YAML takes this for a mapping",
    help: "put the whole value in quotes: `\"{% ... %}\"`",
};
const COLLECTION_AS_KEY: Reason = Reason {
    what: "a key must be text",
    label: "this is a list or a mapping",
    help: "put the key in quotes if it begins with `[` or `{`",
};
const TAB: Reason =
    Reason { what: "a tab is used for indentation", label: "a tab stands here", help: "indent with spaces" };
const MISSING_COLON: Reason = Reason {
    what: "a `:` is missing after a key",
    label: "this line has no `key: value`",
    help: "write `key: value`, with a space after the colon",
};
const COLON_IN_VALUE: Reason = Reason {
    what: "a second `: ` stands where a value should be",
    label: "YAML takes this for another key",
    help: "put a value that contains `: ` in quotes, or check the indentation of this line",
};
const INDENTATION: Reason = Reason {
    what: "this line does not fit the lines above it",
    label: "neither a key of the mapping nor an item of the list above",
    help: "check its indentation, and that quotes and brackets above it are closed",
};
const UNCLOSED_QUOTE: Reason = Reason {
    what: "a quote is opened and never closed",
    label: "opened here",
    help: "close the quote; inside double quotes write `\\\"`, inside single quotes `''`",
};
const RESERVED: Reason = Reason {
    what: "a value cannot begin with this character",
    label: "has a meaning of its own in YAML",
    help: "put the value in quotes",
};
const UNCLOSED_BRACKET: Reason = Reason {
    what: "a bracket is not closed, or a comma is missing",
    label: "expected `,` or the closing bracket before this",
    help: "close the `[` or `{`, and put commas between its items",
};
const ESCAPE: Reason = Reason {
    what: "an unknown escape stands in double quotes",
    label: "not an escape that YAML knows",
    help: "write `\\\\` for a backslash, or use single quotes",
};
const UNKNOWN_ALIAS: Reason = Reason {
    what: "an alias names an anchor that does not exist",
    label: "no `&` with this name stands above",
    help: "define the anchor before its first use, or quote a value that begins with `*`",
};
const SEVERAL_DOCUMENTS: Reason = Reason {
    what: "it holds more than one document",
    label: "only the first document would be read",
    help: "remove the `---` between the documents",
};
const HUGE_NUMBER: Reason = Reason {
    what: "a number is too large",
    label: "has more digits than a number can keep",
    help: "put it in quotes to keep it as text",
};
const OTHER: Reason = Reason { what: "it cannot be read", label: "the reader stopped here", help: "" };

fn reason(file: &SourceFile, offset: usize, words: &str) -> (usize, &'static Reason) {
    if let Some(jinja) = unquoted_jinja(file, offset) {
        return jinja;
    }
    let here = file.text.get(offset..).unwrap_or("");
    let says = |part: &str| words.contains(part);
    let reason = if here.starts_with('\t') || line_indentation(file, offset).contains('\t') {
        &TAB
    } else if says("scanning a quoted scalar") {
        &UNCLOSED_QUOTE
    } else if says("could not find expected ':'") {
        &MISSING_COLON
    } else if says("mapping values are not allowed") {
        &COLON_IN_VALUE
    } else if says("did not find expected ','") {
        &UNCLOSED_BRACKET
    } else if says("did not find expected key") || says("did not find expected '-'") || says("block") {
        &INDENTATION
    } else if says("unknown escape character") {
        &ESCAPE
    } else if says("cannot start any token") {
        &RESERVED
    } else if says("unknown anchor") {
        &UNKNOWN_ALIAS
    } else if says("128, expected") {
        &HUGE_NUMBER
    } else if says("more than one document") {
        return (file.text.find("\n---").map_or(offset, |at| at + 1), &SEVERAL_DOCUMENTS);
    } else {
        &OTHER
    };
    (offset, reason)
}

/// Jinja without quotes on the line of the error, or on the one before it that was not closed.
fn unquoted_jinja(file: &SourceFile, offset: usize) -> Option<(usize, &'static Reason)> {
    let before = file.text.get(..offset)?;
    let line_end = file.text.get(offset..)?.find('\n').map_or(file.text.len(), |end| offset + end);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let earlier_start = before.get(..line_start.saturating_sub(1))?.rfind('\n').map_or(0, |at| at + 1);
    for start in [line_start, earlier_start] {
        let line = file.text.get(start..line_end)?.lines().next()?;
        for (mark, reason) in [("{{", &UNQUOTED_JINJA), ("{%", &UNQUOTED_TAG)] {
            let starts_value = |at: usize| {
                let head = line.get(..at).unwrap_or("").trim_end();
                head.is_empty() || head.ends_with([':', '-', '[', ','])
            };
            if let Some(at) = line.find(mark).filter(|at| starts_value(*at)) {
                return Some((start + at, reason));
            }
        }
    }
    None
}

/// Where that began which the parser was reading and which never ended: its message names line and
/// column.
fn context_place(file: &SourceFile, words: &str) -> Option<usize> {
    let place = ["while scanning a quoted scalar at line ", "while scanning a simple key at line "]
        .iter()
        .find_map(|context| words.split_once(context))?
        .1;
    let (line, column) = place.split_once(" column ")?;
    let column: usize = column.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()?;
    let start = file.lines().line_start(line.parse().ok()?)? as usize;
    let rest = file.text.get(start..)?;
    rest.char_indices().nth(column.checked_sub(1)?).map(|(at, _)| start + at)
}

fn line_indentation(file: &SourceFile, offset: usize) -> &str {
    let before = file.text.get(..offset).unwrap_or("");
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = file.text.get(start..).unwrap_or("");
    line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or("")
}

fn char_length(text: &str, offset: usize) -> usize {
    text.get(offset..).and_then(|rest| rest.chars().next()).filter(|c| *c != '\n').map_or(0, char::len_utf8)
}
