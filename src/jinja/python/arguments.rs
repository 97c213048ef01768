use minijinja::Value;

use super::{split_kwargs, text};

/// What a function was called with, by place or name; none and undefined count as not given.
pub(in crate::jinja) struct Arguments<'a> {
    positional: &'a [Value],
    named: Value,
}

impl<'a> Arguments<'a> {
    pub(in crate::jinja) fn new(args: &'a [Value]) -> Self {
        let (positional, named) = split_kwargs(args);
        Self { positional, named }
    }

    pub(in crate::jinja) fn get(&self, index: usize, name: &str) -> Option<Value> {
        self.positional.get(index).cloned().or_else(|| self.named(name)).filter(|value| !value.is_none())
    }

    /// An argument that has no place.
    pub(in crate::jinja) fn named(&self, name: &str) -> Option<Value> {
        self.named.get_attr(name).ok().filter(|value| !value.is_undefined())
    }

    /// As Python's `str()` shows it.
    pub(in crate::jinja) fn text(&self, index: usize, name: &str) -> Option<String> {
        self.get(index, name).map(|value| text(&value))
    }

    pub(in crate::jinja) fn flag(&self, index: usize, name: &str, default: bool) -> bool {
        self.get(index, name).map_or(default, |flag| flag.is_true())
    }
}
