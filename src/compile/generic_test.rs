use serde_json::Value;

use crate::resource::TestMetadata;

/// The template that calls a generic test with its arguments: values as literals, strings that hold
/// an expression (`{{ ref('x') }}`) as that expression.
pub(super) fn template(metadata: &TestMetadata) -> String {
    let macro_name = match &metadata.namespace {
        Some(namespace) => format!("{namespace}.test_{}", metadata.name),
        None => format!("test_{}", metadata.name),
    };
    let arguments: Vec<String> =
        metadata.kwargs.iter().map(|(name, value)| format!("{name}={}", expression(value))).collect();
    format!("{{{{ {macro_name}({}) }}}}", arguments.join(", "))
}

/// The template that gives the arguments of a generic test as JSON, but for what it is declared on.
pub(super) fn arguments(metadata: &TestMetadata) -> String {
    let mut arguments = metadata.kwargs.clone();
    arguments.shift_remove("model");
    arguments.shift_remove("column_name");
    format!("{{{{ tojson({}) }}}}", expression(&Value::Object(arguments)))
}

fn expression(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text_expression(text),
        Value::Array(items) => format!("[{}]", items.iter().map(expression).collect::<Vec<String>>().join(", ")),
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", literal(key), expression(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// `{{ x }}` alone is the value of `x`; with text around it, the pieces are joined.
fn text_expression(text: &str) -> String {
    // COMPAT: `to: ref('x')` is an expression without braces (dbt 1.11).
    let bare = text.trim();
    if (bare.starts_with("ref(") || bare.starts_with("source(")) && bare.ends_with(')') {
        return bare.to_owned();
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest.get(start..).and_then(|tail| tail.find("}}")) else { break };
        let (before, tag) =
            (rest.get(..start).unwrap_or_default(), rest.get(start + 2..start + length).unwrap_or_default());
        if !before.is_empty() {
            pieces.push(literal(before));
        }
        pieces.push(format!("({})", tag.trim().trim_matches('-')));
        rest = rest.get(start + length + 2..).unwrap_or_default();
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(literal(rest));
    }
    pieces.join(" ~ ")
}

/// A Jinja string literal.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_are_written_as_what_they_mean() {
        let kwargs = json!({
            "model": "{{ get_where_subquery(ref('orders')) }}",
            "column_name": "status",
            "values": ["it's", 1, true, null],
            "to": "ref('customers')",
            "condition": "x > {{ var('least') }} or y"
        });
        let metadata = TestMetadata {
            name: "accepted_values".to_owned(),
            kwargs: kwargs.as_object().cloned().unwrap_or_default(),
            namespace: Some("utils".to_owned()),
        };
        assert_eq!(
            template(&metadata),
            r"{{ utils.test_accepted_values(model=(get_where_subquery(ref('orders'))), column_name='status', values=['it\'s', 1, true, none], to=ref('customers'), condition='x > ' ~ (var('least')) ~ ' or y') }}"
        );
    }
}
