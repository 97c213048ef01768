//! `observe: true`: what stands in a relation that was built is counted.

use super::{Ended, Work};
use crate::outcome::{ColumnContents, Contents, NodeStatus};
use crate::relation::{Scalar, Table};

impl Work<'_> {
    /// Counts rows, and nulls and different values of tested columns, in one scan; what cannot be counted is
    /// left out, since the node itself is well.
    pub(in crate::run) async fn with_contents(&self, ended: Ended) -> Ended {
        if ended.status != NodeStatus::Success || self.node.config.flag("observe") != Some(true) {
            return ended;
        }
        let Some(relation) = &self.node.relation else { return ended };
        let columns = self.runner.tested_columns(&self.node.unique_id);
        let counts = columns.iter().map(|column| format!(",\n    count({column}), count(distinct {column})"));
        let query = format!("select\n    count(*){}\nfrom {}", counts.collect::<String>(), relation.render());
        let contents = self.ask(&query).await.ok().and_then(|counts| read(&counts, &columns));
        Ended { contents, ..ended }
    }
}

fn read(counts: &Table, columns: &[String]) -> Option<Contents> {
    let rows = counts.rows().ok()?;
    let mut numbers = rows.first()?.iter().map(|value| match value {
        Scalar::Int(number) => u64::try_from(*number).ok(),
        other => other.to_string().parse().ok(),
    });
    let rows = numbers.next()??;
    let mut of_columns = Vec::with_capacity(columns.len());
    for name in columns {
        let (filled, distinct) = (numbers.next()??, numbers.next()??);
        of_columns.push(ColumnContents { name: name.clone(), nulls: rows.saturating_sub(filled), distinct });
    }
    Some(Contents { rows: Some(rows), bytes: None, columns: of_columns })
}
