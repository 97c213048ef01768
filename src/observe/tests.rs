use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{AnomalyTest, Bucket, Expectations, judge_columns, judge_values};
use crate::outcome::{Observed, ObservedValue};
use crate::relation::Table;
use crate::resource::JsonMap;

fn day(day: u32) -> DateTime<Utc> {
    format!("2026-03-{day:02}T00:00:00Z").parse().unwrap()
}

fn arguments(value: Value) -> JsonMap {
    value.as_object().cloned().unwrap_or_default()
}

fn expectations(test: AnomalyTest, value: Value) -> Expectations {
    Expectations::read(test, &arguments(value), day(31)).unwrap()
}

/// Rows of buckets and values.
fn measured(metric: &str, rows: &[(Option<DateTime<Utc>>, f64)]) -> Table {
    let buckets: Vec<Option<i64>> =
        rows.iter().map(|(bucket, _)| bucket.map(|bucket| bucket.timestamp_micros())).collect();
    let values: Vec<f64> = rows.iter().map(|(_, value)| *value).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time_bucket", Arc::new(TimestampMicrosecondArray::from(buckets))),
        (metric, Arc::new(Float64Array::from(values))),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)));
    let batch = batch.unwrap();
    Table::new(batch.schema(), vec![batch])
}

/// An earlier run's measurement of the whole relation.
fn seen(at: DateTime<Utc>, value: f64, unusual: bool) -> Observed {
    let value = ObservedValue { metric: "row_count".to_owned(), value, unusual, ..ObservedValue::default() };
    Observed { at, values: vec![value], ..Observed::default() }
}

fn faults_of_run(value: f64, earlier: &[Observed], given: Value) -> Vec<JsonMap> {
    let expected = expectations(AnomalyTest::Volume, given);
    judge_values(&measured("row_count", &[(None, value)]), earlier, &expected).unwrap().faults
}

#[test]
fn arguments_have_defaults_and_say_what_they_may_be() {
    let plain = expectations(AnomalyTest::Volume, json!({ "sensitivity": null }));
    assert_eq!((plain.bucket, plain.min_training, plain.sensitivity), (None, 7, 3.0));
    assert_eq!((plain.from, plain.until), (day(17), day(31)), "14 days up to the run's begin");
    let given = json!({ "timestamp_column": "at", "training_period": { "period": "week", "count": 2 },
        "detection_period": "2 days", "as_of": "2026-03-30 15:30:00" });
    let bucketed = expectations(AnomalyTest::Column, given);
    assert_eq!(bucketed.bucket, Some(Bucket::Day));
    assert_eq!((bucketed.from, bucketed.judged_from, bucketed.until), (day(14), day(28), day(30)));
    let weekly = expectations(AnomalyTest::Volume, json!({ "timestamp_column": "at", "time_bucket": "week" }));
    assert_eq!((weekly.judged_from, weekly.until), (day(23), day(30)), "whole weeks, from Monday");
    for (wrong, named) in [
        (json!({ "training_period": "14" }), "`training_period` is \"14\", expected a period"),
        (json!({ "min_training": 2 }), "`min_training` is 2, expected a whole number, 3 or more"),
        (json!({ "direction": "up" }), "`direction` is \"up\", expected both, drop or spike"),
        (json!({ "changes": ["gone"] }), "`changes` is [\"gone\"], expected a list of"),
    ] {
        let problem = Expectations::read(AnomalyTest::Volume, &arguments(wrong), day(1)).unwrap_err();
        assert!(problem.starts_with(named), "{problem}");
    }
}

#[test]
fn a_drop_is_found_once_enough_is_known() {
    let usual = [1000.0, 1010.0, 990.0, 1005.0, 995.0, 1002.0, 998.0];
    let earlier: Vec<Observed> = (20..).zip(usual).map(|(at, value)| seen(day(at), value, false)).collect();
    assert_eq!(faults_of_run(500.0, &earlier[1..], json!({})), Vec::<JsonMap>::new(), "six values are too few");
    let faults = faults_of_run(500.0, &earlier, json!({}));
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0]["metric"], "row_count");
    assert_eq!(
        (&faults[0]["value"], &faults[0]["mean"], &faults[0]["training_values"]),
        (&json!(500.0), &json!(1000.0), &json!(7))
    );
    assert!(faults_of_run(1008.0, &earlier, json!({})).is_empty());
    assert!(faults_of_run(500.0, &earlier, json!({ "direction": "spike" })).is_empty());
    assert!(faults_of_run(500.0, &earlier, json!({ "min_change": 0.6 })).is_empty());
    assert_eq!(faults_of_run(1020.0, &earlier, json!({ "sensitivity": 1 })).len(), 1);
}

#[test]
fn a_steadily_growing_table_is_usual() {
    let mut earlier = Vec::new();
    for run in 1..31 {
        assert!(faults_of_run(100.0 * f64::from(run), &earlier, json!({ "training_period": "30 days" })).is_empty());
        earlier.push(seen(day(run), 100.0 * f64::from(run), false));
    }
}

#[test]
fn what_was_unusual_is_learned_when_it_stays() {
    let mut earlier: Vec<Observed> = (1..9).map(|at| seen(day(at), 100.0, false)).collect();
    let given = json!({ "training_period": "30 days", "min_training": 3 });
    for at in 10..13 {
        assert_eq!(faults_of_run(50.0, &earlier, given.clone()).len(), 1, "day {at} is found as well");
        earlier.push(seen(day(at), 50.0, true));
    }
    assert!(faults_of_run(50.0, &earlier, given.clone()).is_empty(), "three in a row are what is usual");
    assert_eq!(faults_of_run(100.0, &earlier, given).len(), 1);
}

#[test]
fn buckets_come_from_the_table_and_missing_ones_are_zero() {
    let expected = expectations(AnomalyTest::Volume, json!({ "timestamp_column": "at" }));
    let rows: Vec<(Option<DateTime<Utc>>, f64)> =
        (17..30).map(|at| (Some(day(at)), 100.0 + f64::from(at % 3))).collect();
    let found = judge_values(&measured("row_count", &rows), &[], &expected).unwrap();
    assert_eq!(found.faults.len(), 1, "the 30th has no rows");
    assert_eq!(
        (&found.faults[0]["time_bucket"], &found.faults[0]["value"]),
        (&json!("2026-03-30 00:00:00"), &json!(0.0))
    );
    let [value] = found.observed.values.as_slice() else { panic!("one bucket is judged") };
    assert!(value.unusual && value.usual.is_some_and(|(from, to)| from > 95.0 && to < 107.0));
    let whole: Vec<_> = (17..31).map(|at| (Some(day(at)), 100.0 + f64::from(at % 3))).collect();
    assert!(judge_values(&measured("row_count", &whole), &[], &expected).unwrap().faults.is_empty());
}

#[test]
fn weekdays_are_compared_with_weekdays() {
    let given = json!({ "timestamp_column": "at", "training_period": "28 days", "min_training": 3,
        "seasonality": "day_of_week", "as_of": "2026-03-30" });
    let expected = expectations(AnomalyTest::Volume, given);
    // Few rows on Sundays: the 1st, 8th, ... and the 29th, which is judged.
    let rows: Vec<_> = (1..30).map(|at| (Some(day(at)), if at % 7 == 1 { 10.0 } else { 100.0 })).collect();
    assert!(judge_values(&measured("row_count", &rows), &[], &expected).unwrap().faults.is_empty());
    let mut busy = rows.clone();
    busy[28].1 = 100.0;
    assert_eq!(judge_values(&measured("row_count", &busy), &[], &expected).unwrap().faults.len(), 1);
}

#[test]
fn a_constant_rate_may_change_a_little() {
    let expected = expectations(AnomalyTest::Column, json!({ "min_training": 3 }));
    let earlier: Vec<Observed> = (20..26)
        .map(|at| {
            let mut seen = seen(day(at), 0.0, false);
            seen.values[0].metric = "null_rate".to_owned();
            seen
        })
        .collect();
    let faults = |rate: f64| judge_values(&measured("null_rate", &[(None, rate)]), &earlier, &expected).unwrap().faults;
    assert!(faults(0.009).is_empty());
    assert_eq!(faults(0.2).len(), 1);
}

#[test]
fn columns_are_compared_with_those_of_the_last_run() {
    let table = |columns: &[(&str, &str)]| {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let types: Vec<&str> = columns.iter().map(|(_, data_type)| *data_type).collect();
        let arrays: [(&str, ArrayRef); 2] =
            [("column_name", Arc::new(StringArray::from(names))), ("data_type", Arc::new(StringArray::from(types)))];
        let batch = RecordBatch::try_from_iter(arrays).unwrap();
        Table::new(batch.schema(), vec![batch])
    };
    let all = expectations(AnomalyTest::Schema, json!({}));
    let first = judge_columns(&table(&[("id", "integer"), ("name", "text")]), &[], &all).unwrap();
    assert!(first.faults.is_empty(), "there is nothing to compare with");
    let now = table(&[("id", "bigint"), ("city", "text")]);
    let faults = judge_columns(&now, std::slice::from_ref(&first.observed), &all).unwrap().faults;
    let found: Vec<String> =
        faults.iter().map(|fault| format!("{} {}", fault["column_name"], fault["change"])).collect();
    assert_eq!(found, ["\"id\" \"retyped\"", "\"city\" \"added\"", "\"name\" \"removed\""]);
    let some = expectations(AnomalyTest::Schema, json!({ "changes": ["removed"] }));
    assert_eq!(judge_columns(&now, &[first.observed], &some).unwrap().faults.len(), 1);
}
