//! How columns of a table and of a query compare.

use crate::relation::Column;

/// Text columns of the query that are longer than the table's, with the table's new type.
///
/// COMPAT: as `expand_target_column_types` of dbt 1.11: only texts of a limited length widen, and a
/// text without a length counts as one of 255.
pub(super) fn widened(existing: &[Column], found: &[Column]) -> Vec<Column> {
    let wider = |column: &Column| {
        let known = existing.iter().find(|known| known.name == column.name)?;
        let (now, wanted) = (text_length(&known.data_type)??, text_length(&column.data_type)?.unwrap_or(255));
        (wanted > now).then(|| Column::new(column.name.clone(), format!("character varying({wanted})")))
    };
    found.iter().filter_map(wider).collect()
}

/// Columns of the query whose type is not the table's. Of texts, a length that the other one holds
/// makes no difference.
pub(super) fn retyped(existing: &[Column], found: &[Column]) -> Vec<Column> {
    let differs = |column: &&Column| {
        let Some(known) = existing.iter().find(|known| known.name == column.name) else { return false };
        match (text_length(&known.data_type), text_length(&column.data_type)) {
            (Some(now), Some(wanted)) => now.is_some() && wanted.is_none(),
            _ => known.data_type != column.data_type,
        }
    };
    found.iter().filter(differs).cloned().collect()
}

/// The most characters that a text type holds, if it has a limit; `None` for other types.
fn text_length(data_type: &str) -> Option<Option<u32>> {
    let (word, rest) = data_type.split_once('(').unwrap_or((data_type, ""));
    if !matches!(word.trim().to_ascii_lowercase().as_str(), "text" | "character varying" | "varchar" | "character") {
        return None;
    }
    Some(rest.trim_end_matches(')').trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_that_are_too_short_widen() {
        let existing = [
            Column::new("a", "character varying(10)"),
            Column::new("b", "character varying(300)"),
            Column::new("c", "text"),
            Column::new("d", "integer"),
            Column::new("f", "character varying(10)"),
        ];
        let found = [
            Column::new("a", "character varying(64)"),
            Column::new("b", "text"),
            Column::new("c", "character varying(20)"),
            Column::new("d", "bigint"),
            Column::new("e", "text"),
            Column::new("f", "text"),
        ];
        assert_eq!(
            retyped(&existing, &found),
            [Column::new("b", "text"), Column::new("d", "bigint"), Column::new("f", "text")]
        );
        let widened = widened(&existing, &found);
        assert_eq!(widened, [Column::new("a", "character varying(64)"), Column::new("f", "character varying(255)")]);
    }
}
