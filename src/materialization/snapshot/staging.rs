//! The queries of a snapshot: what it stores first, and what later runs merge.

use super::SnapshotColumns;
use super::strategy::{HardDeletes, NOW, SnapshotStrategy, quoted, version_id};
use crate::relation::{Column, Relation};

/// The column of the rows to merge that has the id of the version they close, NULL in new versions: those match
/// nothing, even if a version of their very id is there.
pub(super) const CLOSES: &str = "aquifer_closes";

/// What the queries are made of.
pub(super) struct Staging<'a> {
    pub(super) query: &'a str,
    pub(super) target: &'a Relation,
    pub(super) strategy: &'a SnapshotStrategy,
    pub(super) current: Option<&'a str>,
    pub(super) names: &'a SnapshotColumns,
}

impl Staging<'_> {
    /// Every row as its first version.
    pub(super) fn first(&self) -> String {
        let SnapshotColumns { valid_from, valid_to, scd_id, updated_at, is_deleted } = self.names;
        let SnapshotStrategy { updated_at: time, scd_id: id, .. } = self.strategy;
        let deleted = self.if_new_record(|| format!(",\n    'False' as {is_deleted}"));
        format!(
            "select *,\n    {id} as {scd_id},\n    {time} as {updated_at},\n    {time} as {valid_from},\n    {} as {valid_to}{deleted}\nfrom (\n{}\n) sbq",
            self.open_end(time),
            self.query,
        )
    }

    /// Whether a version is the current one of its row.
    pub(super) fn is_current(&self, qualifier: &str) -> String {
        let valid_to = &self.names.valid_to;
        match self.current {
            Some(current) => format!("({qualifier}{valid_to} = {current} or {qualifier}{valid_to} is null)"),
            None => format!("{qualifier}{valid_to} is null"),
        }
    }

    /// Rows to merge: new versions, and current versions to close. Of the latter only the id and the
    /// end matter. `sources` are the query's columns, `existing` the table's.
    pub(super) fn changes(&self, sources: &[String], existing: &[Column]) -> String {
        let SnapshotColumns { valid_from, valid_to, scd_id, updated_at, .. } = self.names;
        let list = |column: &dyn Fn(&String) -> String| sources.iter().map(column).collect::<Vec<String>>().join(", ");
        let new = list(&|name| format!("changed_rows.{}", quoted(name)));
        let nothing = list(&|name| format!("null as {}", quoted(name)));
        let is_new = self.if_new_record(|| ", 'False'".to_owned());
        let mut sql = self.inputs();
        let deleted = self.if_new_record(|| format!(" as {}", self.names.is_deleted));
        // COMPAT: a key that is not unique adds a version for each pair of rows (dbt 1.11); each version is closed
        // once. The first part names the columns.
        sql.push_str(&format!(
            "select {nothing}, {CLOSES} as {scd_id}, min({updated_at}) as {updated_at}, min({valid_from}) as {valid_from}, min({valid_from}) as {valid_to}{is_new}{deleted}, {CLOSES}\nfrom changed_rows\nwhere {CLOSES} is not null\ngroup by {CLOSES}\nunion all\nselect {new}, {scd_id}, {updated_at}, {valid_from}, {}{is_new}, null\nfrom changed_rows",
            self.open_end(valid_from),
        ));
        if self.strategy.hard_deletes != HardDeletes::Ignore {
            sql.push_str(&format!(
                "\nunion all\nselect {nothing}, {scd_id}, {NOW}, {NOW}, {NOW}{is_new}, {scd_id} as {CLOSES}\nfrom gone_rows\ngroup by {scd_id}"
            ));
        }
        if self.strategy.hard_deletes == HardDeletes::NewRecord {
            let id = version_id([scd_id.as_str(), NOW].into_iter());
            let last = list(&|name| match existing.iter().any(|column| column.name == *name) {
                true => format!("gone_rows.{}", quoted(name)),
                false => format!("null as {}", quoted(name)),
            });
            sql.push_str(&format!(
                "\nunion all\nselect {last}, {id}, {NOW}, {NOW}, {}, 'True', null\nfrom gone_rows",
                self.open_end(NOW)
            ));
        }
        sql
    }

    /// The named queries in front: source rows, current versions, and how they differ.
    fn inputs(&self) -> String {
        let SnapshotColumns { valid_from, scd_id, updated_at, is_deleted, .. } = self.names;
        let SnapshotStrategy { updated_at: time, scd_id: id, row_changed, .. } = self.strategy;
        let (keys, join) = (self.key_fields(), self.key_join());
        let first = self.key_name(0);
        let reappeared = self.if_new_record(|| format!(" or snapshotted_data.{is_deleted} = 'True'"));
        let mut sql = format!(
            "with snapshot_query as (\n{}\n),\nsnapshotted_data as (\n    select *, {keys}\n    from {}\n    where {}\n),\nsource_data as (\n    select *, {keys}, {time} as {updated_at}, {time} as {valid_from}, {id} as {scd_id}\n    from snapshot_query\n),\nchanged_rows as (\n    select source_data.*, snapshotted_data.{scd_id} as {CLOSES}\n    from source_data\n    left join snapshotted_data on {join}\n    where snapshotted_data.{first} is null or ({row_changed}){reappeared}\n)",
            self.query,
            self.target,
            self.is_current(""),
        );
        if self.strategy.hard_deletes != HardDeletes::Ignore {
            let known_as_gone = self.if_new_record(|| format!(" and snapshotted_data.{is_deleted} <> 'True'"));
            sql.push_str(&format!(
                ",\ngone_rows as (\n    select snapshotted_data.*\n    from snapshotted_data\n    left join source_data on {join}\n    where source_data.{first} is null{known_as_gone}\n)"
            ));
        }
        sql.push('\n');
        sql
    }

    /// The end of a version that is current: NULL or what stands for it, of the type of `time`.
    fn open_end(&self, time: &str) -> String {
        format!("coalesce(nullif({time}, {time}), {})", self.current.unwrap_or("null"))
    }

    fn if_new_record(&self, text: impl Fn() -> String) -> String {
        if self.strategy.hard_deletes == HardDeletes::NewRecord { text() } else { String::new() }
    }

    fn key_name(&self, index: usize) -> String {
        if self.strategy.unique_key.len() == 1 {
            "dbt_unique_key".to_owned()
        } else {
            format!("dbt_unique_key_{}", index + 1)
        }
    }

    fn key_fields(&self) -> String {
        let keys = self.strategy.unique_key.iter().enumerate();
        let fields = keys.map(|(index, key)| format!("{key} as {}", self.key_name(index)));
        fields.collect::<Vec<String>>().join(", ")
    }

    fn key_join(&self) -> String {
        let pairs = (0..self.strategy.unique_key.len()).map(|index| {
            let name = self.key_name(index);
            format!("snapshotted_data.{name} = source_data.{name}")
        });
        pairs.collect::<Vec<String>>().join(" and ")
    }
}
