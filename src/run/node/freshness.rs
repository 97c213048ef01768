//! How old the rows of a source are.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Ended, Work};
use crate::diagnostic::{Code, Diagnostic};
use crate::jinja::relation_argument;
use crate::outcome::{NodeStatus, SourceAge};
use crate::relation::{Scalar, Table};
use crate::resource::{FreshnessPeriod, Source};
use crate::run::failure::diagnose;

impl Work<'_> {
    /// Asks how new the rows are and compares their age with the source's rule.
    pub(in crate::run) async fn check_freshness(&mut self) -> Result<Ended, Box<Diagnostic>> {
        let source = self.node.as_source().ok_or_else(|| self.nowhere())?;
        let Some((newest, now)) = self.newest(source).await? else {
            let message = format!("`{}` has no row that says when it was loaded", self.node.search_name());
            return Err(Box::new(Diagnostic::error(Code::SourceStale, message).at(self.node.origin.span, "")));
        };
        let age = now - newest;
        let status = verdict(source, age);
        let mut ended = Ended::with(status);
        #[allow(clippy::cast_precision_loss, reason = "seconds with fractions, as dbt writes them")]
        let seconds = age.num_microseconds().unwrap_or(i64::MAX) as f64 / 1e6;
        ended.age = Some(SourceAge { max_loaded_at: newest, snapshotted_at: now, seconds });
        if status != NodeStatus::Pass {
            let allowed = source.freshness.as_ref().and_then(|rule| match status {
                NodeStatus::Warn => rule.warn_after.as_ref(),
                _ => rule.error_after.as_ref(),
            });
            let allowed =
                allowed.map_or_else(String::new, |rule| format!(", its rule allows {}", in_words(length(rule))));
            let message = format!("`{}` is {} old{allowed}", self.node.search_name(), in_words(age));
            let diagnostic = match status {
                NodeStatus::Warn => Diagnostic::warning(Code::SourceStale, message),
                _ => Diagnostic::error(Code::SourceStale, message),
            };
            let diagnostic = diagnostic
                .at(self.node.origin.span, "")
                .note(format!("its newest row is of {}", newest.format("%Y-%m-%d %H:%M:%S UTC")))
                .help("see why nothing newer was loaded, or widen its `freshness` rule");
            ended.diagnostic = Some(Box::new(diagnostic));
        }
        Ok(ended)
    }

    /// When the newest row was loaded, and when that was asked. Without a column that says so, the time of
    /// the last change counts, where the warehouse knows it.
    async fn newest(&self, source: &Source) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>, Box<Diagnostic>> {
        if source.loaded_at_query.is_none() && source.loaded_at_field.is_none() {
            let relation = self.node.relation.as_ref().ok_or_else(|| self.nowhere())?;
            let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
            let session = session.get().map_err(|error| diagnose(&error))?;
            let changed = session.changed_at(relation).await.map_err(|error| diagnose(&error))?;
            if let Some(changed) = changed {
                return Ok(Some((changed, Utc::now())));
            }
        }
        let measured =
            if source.loaded_at_query.is_some() { "collect_freshness_custom_sql" } else { "collect_freshness" };
        if self.overrides(&[measured]) {
            return self.newest_by_macro(source).await;
        }
        let query = self.freshness_query(source).await?;
        let rows = self
            .ask(&query)
            .await
            .map_err(|error| Box::new(diagnose(&error).note(format!("the statement was: {query}"))))?;
        Ok(times(&rows))
    }

    /// What the project's own macro measures.
    async fn newest_by_macro(
        &self,
        source: &Source,
    ) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>, Box<Diagnostic>> {
        let relation = self.node.relation.as_ref().ok_or_else(|| self.nowhere())?;
        let filter = source.freshness.as_ref().and_then(|rule| rule.filter.as_deref());
        let query = match &source.loaded_at_query {
            Some(query) => Some(self.render(query).await?),
            None => None,
        };
        let args = vec![relation_argument(relation), json!(source.loaded_at_field), json!(filter), json!(query)];
        let times = self.call("_measured_freshness", args).await?;
        let time = |index: usize| instant(&Scalar::Text(times.get(index)?.as_str()?.to_owned()));
        Ok(time(0).zip(time(1)))
    }

    async fn freshness_query(&self, source: &Source) -> Result<String, Box<Diagnostic>> {
        let relation = self.node.relation.as_ref().ok_or_else(|| self.nowhere())?;
        if let Some(query) = &source.loaded_at_query {
            let query = self.render(query).await?;
            return Ok(format!("select ({query}) as max_loaded_at, current_timestamp as snapshotted_at"));
        }
        let Some(field) = &source.loaded_at_field else {
            let message = format!("`{}` has a freshness rule and nothing to measure", self.node.search_name());
            return Err(Box::new(
                Diagnostic::error(Code::MissingKey, message)
                    .at(self.node.origin.span, "")
                    .help("add `loaded_at_field: <column>` to the source or the table"),
            ));
        };
        let filter = source.freshness.as_ref().and_then(|rule| rule.filter.as_deref());
        let filter = filter.map(|filter| format!("\nwhere {filter}")).unwrap_or_default();
        Ok(format!(
            "select max({field}) as max_loaded_at, current_timestamp as snapshotted_at\nfrom {relation}{filter}"
        ))
    }
}

fn times(rows: &Table) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let rows = rows.rows().ok()?;
    let [row] = rows.as_slice() else { return None };
    Some((instant(row.first()?)?, instant(row.get(1)?)?))
}

/// Times without a zone are taken as UTC, as in dbt.
fn instant(value: &Scalar) -> Option<DateTime<Utc>> {
    match value {
        Scalar::Timestamp(micros, _) => DateTime::from_timestamp_micros(*micros),
        Scalar::Date(days) => DateTime::from_timestamp(i64::from(*days) * 86_400, 0),
        Scalar::Text(text) => {
            let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
            zoned.or_else(|_| text.parse::<NaiveDateTime>().map(|time| time.and_utc())).ok()
        }
        _ => None,
    }
}

fn verdict(source: &Source, age: TimeDelta) -> NodeStatus {
    let Some(rule) = &source.freshness else { return NodeStatus::Pass };
    let exceeds = |period: &Option<FreshnessPeriod>| period.as_ref().is_some_and(|period| age > length(period));
    if exceeds(&rule.error_after) {
        NodeStatus::Error
    } else if exceeds(&rule.warn_after) {
        NodeStatus::Warn
    } else {
        NodeStatus::Pass
    }
}

fn length(period: &FreshnessPeriod) -> TimeDelta {
    let unit = match period.period.as_str() {
        "minute" => TimeDelta::minutes(1),
        "hour" => TimeDelta::hours(1),
        _ => TimeDelta::days(1),
    };
    unit.checked_mul(i32::try_from(period.count).unwrap_or(i32::MAX)).unwrap_or(TimeDelta::MAX)
}

fn in_words(age: TimeDelta) -> String {
    let (count, unit) = match (age.num_days(), age.num_hours(), age.num_minutes()) {
        (0, 0, minutes) => (minutes, "minute"),
        (0, hours, _) => (hours, "hour"),
        (days, ..) => (days, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
