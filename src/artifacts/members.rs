//! A JSON object written member by member: what is large never stands in memory whole.

use std::io::{self, Write};

use rayon::prelude::*;
use serde::Serialize;

/// Entries that one thread turns into text at a time.
const CHUNK: usize = 256;
/// Chunks in memory at once.
const CHUNKS: usize = 16;

/// An object being written.
pub(super) struct Members<'w> {
    out: &'w mut dyn Write,
    is_first: bool,
}

impl<'w> Members<'w> {
    /// Begins an object.
    ///
    /// # Errors
    /// Those of writing, here and below.
    pub(super) fn begin(out: &'w mut dyn Write) -> io::Result<Self> {
        out.write_all(b"{")?;
        Ok(Self { out, is_first: true })
    }

    /// Ends it.
    pub(super) fn end(self) -> io::Result<()> {
        self.out.write_all(b"}")
    }

    /// A member that is small.
    pub(super) fn add(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.name(name)?;
        self.out.write_all(&serde_json::to_vec(value)?)
    }

    /// A member that is an object with an entry for each item, made on all cores.
    pub(super) fn add_entries<T: Sync, K: Serialize, V: Serialize>(
        &mut self,
        name: &str,
        items: &[T],
        entry: impl Fn(&T) -> (K, V) + Sync,
    ) -> io::Result<()> {
        self.name(name)?;
        let mut separator: &[u8] = b"{";
        for window in items.chunks(CHUNK * CHUNKS) {
            let texts: Vec<io::Result<Vec<u8>>> = window.par_chunks(CHUNK).map(|chunk| text(chunk, &entry)).collect();
            for text in texts {
                self.out.write_all(separator)?;
                self.out.write_all(&text?)?;
                separator = b",";
            }
        }
        self.out.write_all(if items.is_empty() { b"{}" } else { b"}" })
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        let separator = if std::mem::take(&mut self.is_first) { "" } else { "," };
        write!(self.out, "{separator}\"{name}\":")
    }
}

/// `"key":value` for each item, with commas between.
fn text<T, K: Serialize, V: Serialize>(items: &[T], entry: &impl Fn(&T) -> (K, V)) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for item in items {
        if !text.is_empty() {
            text.push(b',');
        }
        let (key, value) = entry(item);
        serde_json::to_writer(&mut text, &key)?;
        text.push(b':');
        serde_json::to_writer(&mut text, &value)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(count: usize) -> String {
        let items: Vec<usize> = (0..count).collect();
        let mut out = Vec::new();
        let mut members = Members::begin(&mut out).unwrap();
        members.add("a", &1).unwrap();
        members.add_entries("b", &items, |item| (format!("k{item}"), *item)).unwrap();
        members.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn entries_stand_in_order_however_many_chunks_they_take() {
        assert_eq!(written(0), r#"{"a":1,"b":{}}"#);
        assert_eq!(written(2), r#"{"a":1,"b":{"k0":0,"k1":1}}"#);
        let count = CHUNK * CHUNKS + CHUNK + 1;
        let read: serde_json::Value = serde_json::from_str(&written(count)).unwrap();
        let values = read["b"].as_object().unwrap().values().map(|value| value.as_u64().unwrap());
        assert!(values.eq(0..count as u64));
    }
}
