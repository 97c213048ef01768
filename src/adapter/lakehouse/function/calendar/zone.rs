//! Wall clocks of the world.

use std::sync::Arc;

use chrono::{LocalResult, Offset, TimeZone};
use chrono_tz::Tz;
use datafusion::common::{Result, exec_err};
use deltalake::arrow::array::{ArrayRef, TimestampMicrosecondArray};
use deltalake::arrow::datatypes::DataType;

use super::moments;
use super::part::wall_clock;
use crate::adapter::lakehouse::function::strings;

/// An instant on a zone's wall clock, or what a zone's wall clock shows as an instant.
pub(super) fn at_time_zone(args: &[ArrayRef], gives: &DataType) -> Result<ArrayRef> {
    let to_wall = matches!(gives, DataType::Timestamp(_, None));
    let (moments, zones) = (moments(&args[0])?, strings(&args[1])?);
    let moved = moments.iter().zip(zones.iter()).map(|pair| match pair {
        (Some(micros), Some(zone)) if to_wall => on_wall(micros, zone).map(Some),
        (Some(micros), Some(zone)) => instant(micros, zone).map(Some),
        _ => Ok(None),
    });
    let moved = moved.collect::<Result<TimestampMicrosecondArray>>()?;
    Ok(Arc::new(if to_wall { moved } else { moved.with_timezone("UTC") }))
}

fn zone(name: &str) -> Result<Tz> {
    name.parse().or_else(|_| exec_err!("time zone \"{name}\" not recognized"))
}

fn on_wall(micros: i64, name: &str) -> Result<i64> {
    let at = wall_clock(micros)?;
    Ok(micros + i64::from(zone(name)?.offset_from_utc_datetime(&at).fix().local_minus_utc()) * 1_000_000)
}

/// Of a wall clock time that comes twice the later instant is meant, one that is skipped is read with
/// the offset before the skip, as PostgreSQL does.
fn instant(micros: i64, name: &str) -> Result<i64> {
    let (at, zone) = (wall_clock(micros)?, zone(name)?);
    let offset = match zone.offset_from_local_datetime(&at) {
        LocalResult::Single(offset) | LocalResult::Ambiguous(_, offset) => offset.fix(),
        LocalResult::None => {
            let before = at - chrono::TimeDelta::hours(3);
            zone.offset_from_utc_datetime(&before).fix()
        }
    };
    Ok(micros - i64::from(offset.local_minus_utc()) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_clocks_are_those_of_the_season() {
        let noon = 1_721_044_800_000_000; // 2024-07-15 12:00 UTC
        let hours = |count: i64| count * 3_600_000_000;
        assert_eq!(on_wall(noon, "Europe/Berlin").unwrap(), noon + hours(2));
        assert_eq!(instant(noon, "America/New_York").unwrap(), noon + hours(4));
        assert!(on_wall(noon, "Europe/Nowhere").is_err());
    }
}
