use std::sync::{Arc, Mutex, MutexGuard};

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

type Items = Box<dyn Iterator<Item = Value> + Send + Sync>;

/// Python's iterators: what was taken once is gone, and how many there are is not told.
pub(in crate::jinja) struct Once(Arc<Mutex<Items>>);

impl Once {
    pub(in crate::jinja) fn value(items: impl Iterator<Item = Value> + Send + Sync + 'static) -> Value {
        // A loop knows its last turn by the number of items: what has an end is looked at to the end.
        let items: Items = match items.size_hint() {
            (fewest, Some(most)) if fewest == most => Box::new(items),
            (_, Some(_)) => Box::new(items.collect::<Vec<Value>>().into_iter()),
            (_, None) => Box::new(items),
        };
        Value::from_object(Self(Arc::new(Mutex::new(items))))
    }

    fn items(shared: &Mutex<Items>) -> MutexGuard<'_, Items> {
        shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl Object for Once {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Iter(Box::new(Rest(Arc::clone(&self.0))))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        None
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<iterator>")
    }
}

/// What is left of it.
struct Rest(Arc<Mutex<Items>>);

impl Iterator for Rest {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        Once::items(&self.0).next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        Once::items(&self.0).size_hint()
    }
}
