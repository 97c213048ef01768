/// A type's word in messages.
///
/// COMPAT: those of psycopg2, which count `text` and `varchar` as one, and ignore lengths (dbt 1.11).
pub(super) fn type_label(data_type: &str) -> String {
    let lower = data_type.trim().to_ascii_lowercase();
    let (element, array) = match lower.strip_suffix("[]") {
        Some(element) => (element.trim_end_matches("[]"), "ARRAY"),
        None => (lower.as_str(), ""),
    };
    match word(&bare(element)) {
        // COMPAT: dbt takes psycopg2's STRING for a type of its own and translates it (dbt 1.11).
        Some("STRING") if array.is_empty() => "TEXT".to_owned(),
        Some(word) => format!("{word}{array}"),
        None => data_type.to_ascii_uppercase(),
    }
}

/// The type without length, precision and scale: `timestamp(3) with time zone` too.
fn bare(element: &str) -> String {
    let Some((before, rest)) = element.split_once('(') else { return element.to_owned() };
    let after = rest.split_once(')').map_or("", |(_, after)| after);
    format!("{}{after}", before.trim_end())
}

fn word(element: &str) -> Option<&'static str> {
    Some(match element {
        "smallint" | "integer" => "INTEGER",
        "bigint" => "LONGINTEGER",
        "real" | "double precision" => "FLOAT",
        "numeric" => "DECIMAL",
        "text" | "character varying" | "character" | "\"char\"" | "name" => "STRING",
        "boolean" => "BOOLEAN",
        "timestamp without time zone" => "DATETIME",
        "timestamp with time zone" => "DATETIMETZ",
        "time without time zone" | "time with time zone" => "TIME",
        "date" => "DATE",
        "interval" => "INTERVAL",
        "bytea" => "BINARY",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_words_that_messages_use() {
        let cases = [
            ("character varying(20)", "TEXT"),
            ("text[]", "STRINGARRAY"),
            ("timestamp(3) with time zone", "DATETIMETZ"),
            ("numeric(10,2)", "DECIMAL"),
            ("integer[]", "INTEGERARRAY"),
            ("json", "JSON"),
            ("jsonb", "JSONB"),
        ];
        for (data_type, label) in cases {
            assert_eq!(type_label(data_type), label);
        }
    }
}
