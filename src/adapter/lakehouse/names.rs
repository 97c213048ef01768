//! Identifiers as folder and file names: any identifier has a name that stays within its folder.

use crate::adapter::{AdapterError, AdapterErrorKind};

/// The folder of a schema that holds its views.
pub(super) const VIEWS: &str = "_views";
/// The folder of a schema that dropped tables are moved to before they are deleted.
pub(super) const DROPPED: &str = "_dropped";
/// The folder of a table that makes it one.
pub(super) const LOG: &str = "_delta_log";

/// Longest file name that every common file system takes, in bytes, less room for an ending.
const LONGEST: usize = 240;

/// The folder name of an identifier: letters, digits, `_` and `-` as they are, every other
/// character as `%` and two hexadecimal digits a byte.
///
/// # Errors
/// `Sql` when the identifier is empty or too long to be a file name.
pub(super) fn encode(identifier: &str) -> Result<String, AdapterError> {
    let mut name = String::with_capacity(identifier.len());
    let reserved = [VIEWS, DROPPED, LOG].contains(&identifier);
    for (index, character) in identifier.char_indices() {
        let plain = character.is_alphanumeric() || matches!(character, '_' | '-');
        if plain && !(reserved && index == 0) {
            name.push(character);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in character.encode_utf8(&mut bytes).bytes() {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    if name.is_empty() {
        return Err(AdapterError::new(AdapterErrorKind::Sql, "a schema, table or view needs a name"));
    }
    if name.len() > LONGEST {
        let message = format!("the name `{identifier}` is too long for a folder: {} of {LONGEST} bytes", name.len());
        return Err(AdapterError::new(AdapterErrorKind::Sql, message));
    }
    Ok(name)
}

/// The identifier that a folder name stands for; `None` if [`encode`] would not have made it.
pub(super) fn decode(name: &str) -> Option<String> {
    if [VIEWS, DROPPED, LOG].contains(&name) {
        return None;
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = tail;
            continue;
        }
        let (digits, tail) = tail.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = tail;
    }
    let identifier = String::from_utf8(bytes).ok()?;
    (encode(&identifier).ok()? == name).then_some(identifier)
}

/// An identifier in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_come_back_from_their_folder_names() {
        for identifier in ["orders", "Orders", "a b", "über", "../x", ".", "/", "\0", "50%", "_views", "x.y", "%41"] {
            let name = encode(identifier).unwrap();
            assert!(!name.contains(['/', '\\', '.', '\0', ' ']), "{name}");
            assert_eq!(decode(&name).as_deref(), Some(identifier), "{name}");
        }
        assert_eq!(encode("../x").unwrap(), "%2E%2E%2Fx");
        assert_eq!(encode("_views").unwrap(), "%5Fviews");
    }

    #[test]
    fn foreign_folders_are_no_tables() {
        for name in ["_views", "_dropped", "_delta_log", "a.b", "%zz", "%4", ".git", "%61"] {
            assert_eq!(decode(name), None, "{name}");
        }
    }

    #[test]
    fn impossible_names_are_refused() {
        assert!(encode("").is_err());
        assert!(encode(&"x".repeat(300)).unwrap_err().message.contains("too long"));
    }
}
