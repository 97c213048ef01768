//! Where a scalar's own text begins and ends: the parser tells only where the next event begins.

/// The byte range of a scalar's content within `text`, given that it begins at `start` and the next
/// event at `end`. `content` is its value where that is text.
pub(super) fn content_range(text: &str, start: usize, end: usize, content: Option<&str>) -> (usize, usize) {
    let start = skip_properties(text, start, end);
    let slice = text.get(start..end).unwrap_or("");
    match slice.as_bytes().first() {
        Some(quote @ (b'"' | b'\'')) => (start + 1, start + 1 + quoted_length(slice, *quote)),
        Some(b'|' | b'>') if content.is_some() => block_range(slice, start),
        Some(_) => (start, start + plain_length(slice, content)),
        None => (start, start),
    }
}

/// Jumps over `&anchor` and `!tag` before a value.
fn skip_properties(text: &str, start: usize, end: usize) -> usize {
    let mut rest = text.get(start..end).unwrap_or("");
    while rest.starts_with(['&', '!']) {
        let token = rest.find(char::is_whitespace).unwrap_or(rest.len());
        rest = rest.get(token..).unwrap_or("").trim_start();
    }
    end.saturating_sub(rest.len()).max(start)
}

/// Length of what stands between the quotes; all that is left when they are not closed.
fn quoted_length(slice: &str, quote: u8) -> usize {
    let bytes = slice.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        let doubled = quote == b'\'' && *byte == quote && bytes.get(at + 1) == Some(&quote);
        if doubled || (quote == b'"' && *byte == b'\\') {
            at += 2;
        } else if *byte == quote {
            return at - 1;
        } else {
            at += 1;
        }
    }
    slice.len().saturating_sub(1)
}

/// A block scalar (`|`, `>`) begins at the first text of its first line.
fn block_range(slice: &str, start: usize) -> (usize, usize) {
    let header = slice.find('\n').map_or(slice.len(), |end| end + 1);
    let body = slice.get(header..).unwrap_or("");
    let indent = body.len() - body.trim_start().len();
    (start + header + indent, (start + slice.trim_end().len()).max(start + header + indent))
}

/// A plain scalar: the value itself where it stands on one line, else all lines up to a comment.
fn plain_length(slice: &str, content: Option<&str>) -> usize {
    match content {
        Some(content) if slice.starts_with(content) => content.len(),
        Some(content) => folded_length(slice, content),
        None => slice.find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}' | ':')).unwrap_or(slice.len()),
    }
}

/// A plain scalar over several lines, whose line ends and indentation became single spaces.
fn folded_length(slice: &str, content: &str) -> usize {
    let mut wanted = content.bytes().filter(|byte| !byte.is_ascii_whitespace()).peekable();
    for (at, byte) in slice.bytes().enumerate() {
        if wanted.peek() == Some(&byte) {
            wanted.next();
        }
        if wanted.peek().is_none() {
            return at + 1;
        }
    }
    slice.trim_end().len()
}
