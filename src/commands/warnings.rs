//! Warnings of a command: as errors where the user wants them so, deprecations each kind once and
//! counted.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::config::{Flags, WarningRules};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::report::Event;

/// What is to be done with the warnings of a command, and what was.
#[derive(Debug)]
pub(super) struct Warnings {
    rules: WarningRules,
    shows_all: bool,
    deprecations: Mutex<BTreeMap<&'static str, usize>>,
}

impl Warnings {
    /// For the flags of a run.
    pub(super) fn new(flags: &Flags) -> Self {
        let rules = WarningRules::new(flags);
        Self { rules, shows_all: flags.show_all_deprecations, deprecations: Mutex::default() }
    }

    /// Names in the options that mean nothing.
    pub(super) fn unknown_names(&self) -> Diagnostics {
        self.rules.unknown()
    }

    /// Problems as they are to be told: a deprecation only the first time, unless all are wanted.
    pub(super) fn judge(&self, problems: Diagnostics) -> Diagnostics {
        self.rules.apply(problems).into_iter().filter(|problem| self.is_told(problem)).collect()
    }

    fn is_told(&self, problem: &Diagnostic) -> bool {
        let name = problem.event_name();
        // A key that is not known may be a slip of the pen: each is worth a line, though dbt counts them
        // among the deprecations.
        if problem.is_error() || problem.code != Code::Deprecated {
            return true;
        }
        let mut seen = self.deprecations.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let times = seen.entry(name).or_default();
        *times += 1;
        self.shows_all || *times == 1
    }

    /// How many of each kind there were; nothing if there were none.
    pub(super) fn summary(&self) -> Option<Event> {
        let seen = self.deprecations.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let kinds: Vec<(String, usize)> = seen.iter().map(|(name, times)| ((*name).to_owned(), *times)).collect();
        (!kinds.is_empty()).then(|| Event::Deprecations { kinds, all_shown: self.shows_all })
    }
}
