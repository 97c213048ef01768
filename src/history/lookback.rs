use std::sync::OnceLock;

use chrono::{DateTime, Utc};

use super::History;
use crate::outcome::Observed;

/// What earlier runs into one target measured; read when it is first asked for.
#[derive(Debug, Default)]
pub struct Lookback {
    history: Option<History>,
    target: String,
    observed: OnceLock<Vec<Observed>>,
}

impl Lookback {
    /// What was measured by earlier runs into a target.
    pub fn new(history: History, target: &str) -> Self {
        Self { history: Some(history), target: target.to_owned(), observed: OnceLock::new() }
    }

    /// What was measured elsewhere and read from there.
    pub fn read(observed: Vec<Observed>) -> Self {
        Self { observed: OnceLock::from(observed), ..Self::default() }
    }

    /// What was measured of one thing since a moment, the oldest first. The last is given however old it is.
    pub fn of(&self, key: &str, since: DateTime<Utc>) -> Vec<Observed> {
        let read = || self.history.as_ref().map(|history| history.observed(&self.target)).unwrap_or_default();
        let of_key: Vec<&Observed> = self.observed.get_or_init(read).iter().filter(|seen| seen.key == key).collect();
        let last = of_key.len().saturating_sub(1);
        let kept = of_key.iter().enumerate().filter(|(place, seen)| seen.at >= since || *place == last);
        kept.map(|(_, seen)| (*seen).clone()).collect()
    }
}
