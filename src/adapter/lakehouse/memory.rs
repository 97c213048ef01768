//! The memory that running statements share.
//!
//! Who can spill (a sort, an aggregate) has a fair share of most of it and spills beyond that; the
//! rest is kept for who cannot (a join's smaller side, the merging of sorted runs), who would
//! otherwise find it all taken. Of those, mergers take what they can get and do with less, so that they
//! share a half of it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::{
    MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation, human_readable_size,
};

/// Of four parts, how many those may have that can spill.
const SPILLABLE_OF_FOUR: usize = 3;

/// Of four parts, how many those may have that merge.
const MERGING_OF_FOUR: usize = 2;

/// What DataFusion calls the memory of a merge of sorted runs.
const MERGE: &str = "ExternalSorterMerge";

/// A number of bytes, shared.
#[derive(Debug)]
pub(super) struct SharedMemory {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How many there are who can spill.
    spillers: usize,
    /// Bytes that these hold.
    spillable: usize,
    /// How many there are who merge.
    mergers: usize,
    /// Bytes that the others hold.
    fixed: usize,
}

impl SharedMemory {
    /// So many bytes, of which nobody holds any.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exhausted(&self, reservation: &MemoryReservation, additional: usize, left: usize) -> DataFusionError {
        DataFusionError::ResourcesExhausted(format!(
            "{} holds {} and wants {} more, where {} of {} are left to it",
            reservation.consumer().name(),
            human_readable_size(reservation.size()),
            human_readable_size(additional),
            human_readable_size(left),
            human_readable_size(self.limit),
        ))
    }
}

impl std::fmt::Display for SharedMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} shared", human_readable_size(self.limit))
    }
}

impl MemoryPool for SharedMemory {
    fn name(&self) -> &'static str {
        "shared"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        let mut state = self.state();
        state.spillers += usize::from(consumer.can_spill());
        state.mergers += usize::from(merges(consumer));
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        let mut state = self.state();
        state.spillers = state.spillers.saturating_sub(usize::from(consumer.can_spill()));
        state.mergers = state.mergers.saturating_sub(usize::from(merges(consumer)));
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        let mut state = self.state();
        match reservation.consumer().can_spill() {
            true => state.spillable += additional,
            false => state.fixed += additional,
        }
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        let mut state = self.state();
        match reservation.consumer().can_spill() {
            true => state.spillable = state.spillable.saturating_sub(shrink),
            false => state.fixed = state.fixed.saturating_sub(shrink),
        }
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<(), DataFusionError> {
        let mut state = self.state();
        if reservation.consumer().can_spill() {
            let most = (self.limit / 4 * SPILLABLE_OF_FOUR).min(self.limit.saturating_sub(state.fixed));
            let left = (most / state.spillers.max(1)).saturating_sub(reservation.size());
            if additional > left {
                return Err(self.exhausted(reservation, additional, left));
            }
            state.spillable += additional;
        } else {
            let mut left = self.limit.saturating_sub(state.fixed + state.spillable);
            if merges(reservation.consumer()) {
                let share = self.limit / 4 * MERGING_OF_FOUR / state.mergers.max(1);
                left = left.min(share.saturating_sub(reservation.size()));
            }
            if additional > left {
                return Err(self.exhausted(reservation, additional, left));
            }
            state.fixed += additional;
        }
        Ok(())
    }

    fn reserved(&self) -> usize {
        let state = self.state();
        state.spillable + state.fixed
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit)
    }
}

fn merges(consumer: &MemoryConsumer) -> bool {
    consumer.name().starts_with(MERGE)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn those_who_merge_share_a_half() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedMemory::new(400));
        let first = MemoryConsumer::new("ExternalSorterMerge[0]").register(&pool);
        assert!(first.try_grow(200).is_ok());
        assert!(first.try_grow(1).is_err());
        drop(first);
        let mergers = [0, 1].map(|at| MemoryConsumer::new(format!("ExternalSorterMerge[{at}]")).register(&pool));
        assert!(mergers[0].try_grow(101).is_err());
        assert!(mergers.iter().all(|merger| merger.try_grow(100).is_ok()));
    }

    #[test]
    fn those_who_spill_share_and_leave_something() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SharedMemory::new(400));
        let sorts: Vec<_> =
            ["a", "b"].map(|name| MemoryConsumer::new(name).with_can_spill(true).register(&pool)).into();
        let join = MemoryConsumer::new("join").register(&pool);
        assert!(sorts[0].try_grow(150).is_ok());
        assert!(sorts[0].try_grow(1).is_err_and(|error| error.to_string().contains("a holds 150.0 B")));
        assert!(sorts[1].try_grow(150).is_ok());
        assert!(join.try_grow(100).is_ok());
        assert!(join.try_grow(1).is_err());
        assert_eq!(pool.reserved(), 400);
        drop(sorts);
        assert!(join.try_grow(300).is_ok());
        drop(join);
        assert_eq!(pool.reserved(), 0);
    }
}
