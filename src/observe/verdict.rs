use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Findings;
use super::expectations::Expectations;
use super::period::moment;
use super::usual::Usual;
use crate::outcome::{Observed, ObservedValue};
use crate::relation::{Column, Scalar, Table};
use crate::resource::JsonMap;

/// A metric that is zero where no row is.
const ROW_COUNT: &str = "row_count";

/// Judges measurements: a row per time bucket (null is the present), the bucket first, then a column per
/// metric. `earlier` is what earlier runs measured of the same, the oldest first.
///
/// # Errors
/// The measuring query gave something else.
pub fn judge_values(measured: &Table, earlier: &[Observed], expectations: &Expectations) -> Result<Findings, String> {
    let rows = measured.rows().map_err(|error| error.to_string())?;
    let names = measured.column_names();
    let (mut faults, mut values, mut learning) = (Vec::new(), Vec::new(), None);
    for (place, metric) in names.iter().enumerate().skip(1) {
        let series = Series::new(metric, place, &rows, earlier, expectations)?;
        for (bucket, value) in series.judged {
            let at = bucket.unwrap_or(expectations.as_of);
            let training = learnable(&series.training, at, expectations);
            let usual = Usual::of(metric, &training, expectations);
            if usual.is_none() {
                learning = Some(learning.map_or(training.len(), |least: usize| least.min(training.len())));
            }
            let unusual = usual.is_some_and(|usual| usual.refuses(value, expectations.direction));
            if let Some(usual) = usual.filter(|_| unusual) {
                faults.push(fault(metric, bucket, value, &usual));
            }
            values.push(ObservedValue {
                metric: (*metric).to_owned(),
                bucket,
                value,
                usual: usual.map(|usual| (usual.from, usual.to)),
                unusual,
            });
        }
    }
    let observed = Observed { at: expectations.as_of, values, ..Observed::default() };
    Ok(Findings { columns: columns(), faults, observed, learning })
}

/// One metric in time.
struct Series {
    /// When, how much, and whether it was found unusual; in order.
    training: Vec<(DateTime<Utc>, f64, bool)>,
    judged: Vec<(Option<DateTime<Utc>>, f64)>,
}

impl Series {
    fn new(
        metric: &str,
        place: usize,
        rows: &[Vec<Scalar>],
        earlier: &[Observed],
        expectations: &Expectations,
    ) -> Result<Self, String> {
        let mut buckets = BTreeMap::new();
        let mut judged = Vec::new();
        for row in rows {
            let Some(value) = number(row.get(place))? else { continue };
            match bucket_of(row.first())? {
                None => judged.push((None, value)),
                Some(bucket) => {
                    buckets.insert(bucket, value);
                }
            }
        }
        if metric == ROW_COUNT {
            fill(&mut buckets, expectations);
        }
        let of_metric = |observed: &Observed| {
            let values = observed.values.iter().filter(|value| value.metric == metric).cloned();
            values.map(|value| (observed.at, value)).collect::<Vec<_>>()
        };
        let known: Vec<(DateTime<Utc>, ObservedValue)> = earlier.iter().flat_map(of_metric).collect();
        let unusual: HashSet<DateTime<Utc>> =
            known.iter().filter(|(_, value)| value.unusual).filter_map(|(_, value)| value.bucket).collect();
        let mut training: BTreeMap<DateTime<Utc>, (f64, bool)> = BTreeMap::new();
        if expectations.bucket.is_none() {
            let runs = known.iter().filter(|(at, value)| value.bucket.is_none() && *at < expectations.as_of);
            training.extend(runs.map(|(at, value)| (*at, (value.value, value.unusual))));
        }
        for (bucket, value) in buckets {
            if bucket >= expectations.judged_from {
                judged.push((Some(bucket), value));
            } else {
                training.insert(bucket, (value, unusual.contains(&bucket)));
            }
        }
        let training = training.into_iter().filter(|(at, _)| *at >= expectations.from);
        Ok(Self { training: training.map(|(at, (value, unusual))| (at, value, unusual)).collect(), judged })
    }
}

/// Puts zero where a bucket has no row, from the first that has one.
fn fill(buckets: &mut BTreeMap<DateTime<Utc>, f64>, expectations: &Expectations) {
    let (Some(bucket), Some((first, _))) = (expectations.bucket, buckets.first_key_value()) else { return };
    let mut at = *first;
    while at < expectations.until {
        buckets.entry(at).or_insert(0.0);
        at = bucket.shift(at, 1);
    }
}

/// The values to learn from. What was unusual is left out, until it has been so for as many values as
/// are needed to learn: then it is what is usual.
fn learnable(training: &[(DateTime<Utc>, f64, bool)], at: DateTime<Utc>, expectations: &Expectations) -> Vec<f64> {
    let comparable: Vec<_> = training.iter().filter(|(moment, ..)| expectations.comparable(*moment, at)).collect();
    let streak = comparable.iter().rev().take_while(|(.., unusual)| *unusual).count();
    if streak >= expectations.min_training {
        return comparable.iter().rev().take(streak).map(|(_, value, _)| *value).collect();
    }
    comparable.iter().filter(|(.., unusual)| !unusual).map(|(_, value, _)| *value).collect()
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("metric", "text"),
        Column::new("time_bucket", "timestamp"),
        Column::new("value", "double precision"),
        Column::new("expected_from", "double precision"),
        Column::new("expected_to", "double precision"),
        Column::new("mean", "double precision"),
        Column::new("training_values", "integer"),
    ]
}

fn fault(metric: &str, bucket: Option<DateTime<Utc>>, value: f64, usual: &Usual) -> JsonMap {
    let entries = [
        ("metric", Value::from(metric)),
        ("time_bucket", bucket.map(|bucket| bucket.format("%Y-%m-%d %H:%M:%S").to_string()).into()),
        ("value", json!(shown(value))),
        ("expected_from", json!(shown(usual.from))),
        ("expected_to", json!(shown(usual.to))),
        ("mean", json!(shown(usual.mean))),
        ("training_values", json!(usual.values)),
    ];
    entries.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

/// With six digits, which is what a person reads.
fn shown(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

fn number(value: Option<&Scalar>) -> Result<Option<f64>, String> {
    match value {
        None | Some(Scalar::Null) => Ok(None),
        Some(Scalar::Int(number)) => Ok(Some(*number as f64)),
        Some(Scalar::Float(number)) => Ok(number.is_finite().then_some(*number)),
        Some(other) => {
            other.to_string().parse().map(Some).map_err(|_| format!("`{other}` was measured, which is no number"))
        }
    }
}

fn bucket_of(value: Option<&Scalar>) -> Result<Option<DateTime<Utc>>, String> {
    match value {
        None | Some(Scalar::Null) => Ok(None),
        Some(Scalar::Timestamp(micros, _)) => Ok(DateTime::from_timestamp_micros(*micros)),
        Some(other) => {
            let text = other.to_string();
            moment(&text).map(Some).ok_or_else(|| format!("`{text}` was measured as a time bucket, which is no time"))
        }
    }
}
