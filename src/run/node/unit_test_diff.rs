//! How the rows of a unit test differ from those expected, as dbt shows it: one line per row, the
//! cells of a changed row as `expected→actual`.
//!
//! ```text
//! @@ ,email           ,is_valid
//! →  ,cool@example.com,true→false
//! ---,gone@example.com,true
//! +++,new@example.com ,false
//! ```

/// Rows as shown cells.
pub(super) type Rows = Vec<Vec<String>>;

/// A row of the difference: its mark, and its cells.
type Line = (&'static str, Vec<String>);

/// The difference between the expected rows and the actual ones, whatever their order; `None` if
/// there is none.
pub(super) fn difference(columns: &[&str], mut expected: Rows, mut actual: Rows) -> Option<String> {
    let mut lines: Vec<Line> = vec![("@@", columns.iter().map(|name| (*name).to_owned()).collect())];
    let mut same = Vec::new();
    expected.retain(|row| match actual.iter().position(|other| other == row) {
        Some(at) => {
            same.push(("", actual.remove(at)));
            false
        }
        None => true,
    });
    if expected.is_empty() && actual.is_empty() {
        return None;
    }
    let mut missing = Vec::new();
    for row in expected {
        match nearest(&row, &actual) {
            Some(at) => lines.push(("→", changed(&row, &actual.remove(at)))),
            None => missing.push(("---", row)),
        }
    }
    lines.extend(same);
    lines.extend(missing);
    lines.extend(actual.into_iter().map(|row| ("+++", row)));
    Some(aligned(&lines))
}

/// The row that most cells are equal to; one without any equal cell is another row.
fn nearest(row: &[String], others: &Rows) -> Option<usize> {
    let equal = |other: &[String]| row.iter().zip(other).filter(|(one, two)| one == two).count();
    let scored = others.iter().map(|other| equal(other)).enumerate();
    // The first of several equally near ones.
    let best = scored.rev().max_by_key(|(_, score)| *score)?;
    let alone = row.len() == 1 && others.len() == 1;
    (best.1 > 0 || alone).then_some(best.0)
}

fn changed(expected: &[String], actual: &[String]) -> Vec<String> {
    let cell = |(one, other): (&String, &String)| if one == other { one.clone() } else { format!("{one}→{other}") };
    expected.iter().zip(actual).map(cell).collect()
}

fn aligned(lines: &[Line]) -> String {
    let width = |text: &str| text.chars().count();
    let columns = lines.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|at| lines.iter().filter_map(|(_, cells)| cells.get(at)).map(|cell| width(cell)).max().unwrap_or(0))
        .collect();
    let line = |(mark, cells): &Line| {
        let padded =
            |(cell, wide): (&String, &usize)| format!("{cell}{}", " ".repeat(wide.saturating_sub(width(cell))));
        let cells: Vec<String> = cells.iter().zip(&widths).map(padded).collect();
        format!("{mark}{},{}", " ".repeat(3 - width(mark).min(3)), cells.join(",")).trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<String>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Rows {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn rows_are_paired_whatever_their_order() {
        let expected = rows(&[&["a", "1"], &["b", "2"], &["c", "3"]]);
        let actual = rows(&[&["b", "9"], &["d", "4"], &["a", "1"]]);
        let shown = difference(&["name", "count"], expected, actual).unwrap();
        insta::assert_snapshot!(shown, @r"
        @@ ,name,count
        →  ,b   ,2→9
           ,a   ,1
        ---,c   ,3
        +++,d   ,4
        ");
    }

    #[test]
    fn equal_rows_in_another_order_do_not_differ() {
        let (one, other) = (rows(&[&["a"], &["a"], &["b"]]), rows(&[&["b"], &["a"], &["a"]]));
        assert_eq!(difference(&["x"], one, other), None);
    }
}
