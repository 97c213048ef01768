use std::sync::{Arc, Mutex, MutexGuard};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple};
use minijinja::{Error, ErrorKind, State, Value};

use crate::jinja::python;

/// Python's list: shared and changeable.
#[derive(Debug, Default)]
pub(in crate::jinja) struct MutableList {
    items: Mutex<Vec<Value>>,
}

impl MutableList {
    /// A list as a value.
    pub(in crate::jinja) fn value(items: Vec<Value>) -> Value {
        Value::from_object(Self { items: Mutex::new(items) })
    }

    fn items(&self) -> MutexGuard<'_, Vec<Value>> {
        self.items.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// A copy, so that no lock is held while items are compared or rendered.
    fn copy(&self) -> Vec<Value> {
        self.items().clone()
    }

    fn pop(&self, args: &[Value]) -> Result<Value, Error> {
        let mut items = self.items();
        let last = items.len().checked_sub(1).ok_or_else(|| invalid("pop from an empty list"))?;
        let index = args.first().and_then(Value::as_i64).unwrap_or(-1);
        let index = position(index, items.len());
        if index > last {
            return Err(invalid("pop index out of range"));
        }
        Ok(items.remove(index))
    }

    fn remove(&self, wanted: &Value) -> Result<Value, Error> {
        let index = self.copy().iter().position(|item| item == wanted);
        let index = index.ok_or_else(|| invalid("the value to remove is not in the list"))?;
        self.items().remove(index);
        Ok(Value::from(()))
    }

    fn sort(&self, args: &[Value]) -> Value {
        let (_, named) = python::split_kwargs(args);
        let mut items = self.copy();
        items.sort();
        if named.get_attr("reverse").is_ok_and(|flag| flag.is_true()) {
            items.reverse();
        }
        *self.items() = items;
        Value::from(())
    }
}

/// An index as Python has it: negative ones count from the end.
fn position(index: i64, length: usize) -> usize {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let index = if index < 0 { (index + length).max(0) } else { index };
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

fn argument<'a>(args: &'a [Value], index: usize, method: &str) -> Result<&'a Value, Error> {
    args.get(index)
        .ok_or_else(|| Error::new(ErrorKind::MissingArgument, format!("`{method}` needs {} argument(s)", index + 1)))
}

impl Object for MutableList {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let items = self.items();
        items.get(position(key.as_i64()?, items.len())).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.copy())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.items().len())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        match name {
            "append" => self.items().push(argument(args, 0, name)?.clone()),
            "extend" => {
                let more: Vec<Value> = argument(args, 0, name)?.try_iter()?.collect();
                self.items().extend(more);
            }
            "insert" => {
                let index = argument(args, 0, name)?.as_i64().unwrap_or(0);
                let item = argument(args, 1, name)?.clone();
                let mut items = self.items();
                let index = position(index, items.len()).min(items.len());
                items.insert(index, item);
            }
            "pop" => return self.pop(args),
            "remove" => return self.remove(argument(args, 0, name)?),
            "clear" => self.items().clear(),
            "reverse" => self.items().reverse(),
            "sort" => return Ok(self.sort(args)),
            "copy" => return Ok(Self::value(self.copy())),
            "count" => {
                let wanted = argument(args, 0, name)?;
                return Ok(Value::from(self.copy().iter().filter(|item| *item == wanted).count()));
            }
            "index" => {
                let wanted = argument(args, 0, name)?;
                let found = self.copy().iter().position(|item| item == wanted);
                return found.map(Value::from).ok_or_else(|| invalid("the value is not in the list"));
            }
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        }
        Ok(Value::from(()))
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let items: Vec<String> = self.copy().iter().map(python::repr).collect();
        write!(f, "[{}]", items.join(", "))
    }
}

/// Python's dict: shared and changeable, in the order of insertion.
#[derive(Debug, Default)]
pub(in crate::jinja) struct MutableMap {
    entries: Mutex<IndexMap<Value, Value>>,
    /// Whether any attribute can be read: `None` where there is no entry.
    is_open: bool,
}

impl MutableMap {
    /// A dict as a value.
    pub(in crate::jinja) fn value(entries: IndexMap<Value, Value>) -> Value {
        Value::from_object(Self { entries: Mutex::new(entries), is_open: false })
    }

    /// Lets any attribute be read of the dict that stands under a key.
    pub(in crate::jinja) fn open_up(&self, key: &str) {
        let mut entries = self.entries();
        if let Some(value) = entries.get_mut(&Value::from(key))
            && let Some(inner) = value.downcast_object_ref::<Self>()
        {
            *value = Value::from_object(Self { entries: Mutex::new(inner.copy()), is_open: true });
        }
    }

    fn entries(&self) -> MutexGuard<'_, IndexMap<Value, Value>> {
        self.entries.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn copy(&self) -> IndexMap<Value, Value> {
        self.entries().clone()
    }

    fn update(&self, args: &[Value]) -> Result<Value, Error> {
        let (positional, named) = python::split_kwargs(args);
        for source in positional.iter().chain([&named]) {
            for key in source.try_iter()? {
                let value = source.get_item(&key)?;
                self.entries().insert(key, value);
            }
        }
        Ok(Value::from(()))
    }

    fn pop(&self, args: &[Value]) -> Result<Value, Error> {
        let key = argument(args, 0, "pop")?;
        match (self.entries().shift_remove(key), args.get(1)) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => {
                Err(Error::new(ErrorKind::InvalidOperation, format!("the dict has no key {}", python::repr(key))))
            }
        }
    }
}

impl Object for MutableMap {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.entries().get(key).cloned()
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let found = self.entries().get(&Value::from(key)).cloned();
        found.or_else(|| self.is_open.then(|| Value::from(())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.entries().keys().cloned().collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.entries().len())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        match name {
            "update" => self.update(args),
            "pop" => self.pop(args),
            "setdefault" => {
                let default = args.get(1).cloned().unwrap_or_else(|| Value::from(()));
                Ok(self.entries().entry(argument(args, 0, name)?.clone()).or_insert(default).clone())
            }
            "get" => {
                let found = self.entries().get(argument(args, 0, name)?).cloned();
                Ok(found.unwrap_or_else(|| args.get(1).cloned().unwrap_or_else(|| Value::from(()))))
            }
            "items" => {
                let pair = |(key, value)| Value::from(Tuple::from(vec![key, value]));
                Ok(Value::from(self.copy().into_iter().map(pair).collect::<Vec<Value>>()))
            }
            "keys" => Ok(Value::from(self.copy().into_keys().collect::<Vec<Value>>())),
            "values" => Ok(Value::from(self.copy().into_values().collect::<Vec<Value>>())),
            "clear" => {
                self.entries().clear();
                Ok(Value::from(()))
            }
            "popitem" => {
                let last = self.entries().pop();
                let (key, value) = last.ok_or_else(|| invalid("popitem(): dictionary is empty"))?;
                Ok(Value::from(Tuple::from(vec![key, value])))
            }
            "fromkeys" => {
                let value = args.get(1).cloned().unwrap_or_else(|| Value::from(()));
                Ok(Self::value(argument(args, 0, name)?.try_iter()?.map(|key| (key, value.clone())).collect()))
            }
            "copy" | "to_dict" => Ok(Self::value(self.copy())),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |(key, value): (&Value, &Value)| format!("{}: {}", python::repr(key), python::repr(value));
        let entries: Vec<String> = self.copy().iter().map(show).collect();
        write!(f, "{{{}}}", entries.join(", "))
    }
}
