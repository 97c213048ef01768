//! Values as Python writes them. COMPAT: dbt hashes and prints such texts.

use std::fmt::Write;

use serde_json::Value;

/// Python's `str()` of a value.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => {
            let mut out = String::new();
            write_repr(other, &mut out);
            out
        }
    }
}

/// Python's `repr()` of a value.
pub(super) fn write_repr(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => write_items(items, out, write_repr),
        Value::Object(map) => {
            out.push('{');
            for (at, (key, value)) in map.iter().enumerate() {
                write_key(at, key, out);
                write_repr(value, out);
            }
            out.push('}');
        }
    }
}

/// `repr()` of a value whose mappings are sorted and whose scalars are texts.
pub(super) fn write_hashable(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => write_items(items, out, write_hashable),
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (at, (key, value)) in entries.into_iter().enumerate() {
                write_key(at, key, out);
                write_hashable(value, out);
            }
            out.push('}');
        }
        Value::String(text) => write_text(text, out),
        scalar => write_text(&text(scalar), out),
    }
}

fn write_items(items: &[Value], out: &mut String, write: fn(&Value, &mut String)) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push(']');
}

fn write_key(at: usize, key: &str, out: &mut String) {
    if at > 0 {
        out.push_str(", ");
    }
    write_text(key, out);
    out.push_str(": ");
}

/// Single quotes, unless the text has some and no double ones.
pub(super) fn write_text(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter == quote => {
                out.push('\\');
                out.push(letter);
            }
            letter if (letter as u32) < 0x20 || (0x7f..0xa1).contains(&(letter as u32)) || letter as u32 == 0xad => {
                let _ = write!(out, "\\x{:02x}", letter as u32);
            }
            letter if matches!(letter as u32, 0x2000..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f | 0x3000 | 0xfeff) => {
                let _ = write!(out, "\\u{:04x}", letter as u32);
            }
            letter => out.push(letter),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_read_as_python_writes_them() {
        let value = json!({ "b": [1, 2.5, true, null], "a": "it's", "c": "\"x\" 'y'\n" });
        assert_eq!(text(&value), r#"{'b': [1, 2.5, True, None], 'a': "it's", 'c': '"x" \'y\'\n'}"#);
        let mut hashable = String::new();
        write_hashable(&value, &mut hashable);
        assert_eq!(hashable, r#"{'a': "it's", 'b': ['1', '2.5', 'True', 'None'], 'c': '"x" \'y\'\n'}"#);
    }
}
