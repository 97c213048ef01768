//! User-defined functions.

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic};
use crate::relation::{FunctionArgument, FunctionSpec, Relation, RelationOp, Volatility};
use crate::resource::{JsonMap, Node};

/// The operation that makes a function; `definition` is its entry under `functions:`.
///
/// # Errors
/// `unsupported` for anything but scalar functions in SQL; `missing-key` when the entry lacks a type;
/// `invalid-value`.
pub fn build_function(
    node: &Node,
    definition: &JsonMap,
    target: &Relation,
    body: &str,
) -> Result<RelationOp, Box<Diagnostic>> {
    let kind = node.config.text("type").unwrap_or("scalar");
    let language = if node.origin.original_file_path.ends_with(".py") { "python" } else { "sql" };
    if (kind, language) != ("scalar", "sql") {
        return Err(Box::new(unsupported(node, kind, language)));
    }
    let returns = definition.get("returns").and_then(|returns| returns.get("data_type")).and_then(Value::as_str);
    let returns = returns.ok_or_else(|| missing(node, "returns", "data_type"))?.to_owned();
    let arguments = definition.get("arguments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let arguments = arguments.iter().map(|argument| argument_of(node, argument)).collect::<Result<_, _>>()?;
    let volatility = volatility(node)?;
    Ok(RelationOp::ReplaceFunction(FunctionSpec {
        target: target.clone(),
        arguments,
        returns,
        volatility,
        body: body.to_owned(),
    }))
}

fn argument_of(node: &Node, argument: &Value) -> Result<FunctionArgument, Box<Diagnostic>> {
    let text = |key: &str| {
        let value = argument.get(key).and_then(Value::as_str);
        value.map(str::to_owned).ok_or_else(|| missing(node, "arguments", key))
    };
    let default = argument.get("default_value").filter(|value| !value.is_null());
    let default = default.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    Ok(FunctionArgument { name: text("name")?, data_type: text("data_type")?, default })
}

fn volatility(node: &Node) -> Result<Option<Volatility>, Box<Diagnostic>> {
    Ok(match node.config.text("volatility") {
        None => None,
        Some("deterministic") => Some(Volatility::Immutable),
        Some("stable") => Some(Volatility::Stable),
        Some("non-deterministic") => Some(Volatility::Volatile),
        Some(other) => {
            let message = format!("`volatility` of function `{}` is `{other}`", node.name);
            return Err(Box::new(
                Diagnostic::error(Code::InvalidValue, message)
                    .at(node.origin.patch_span.unwrap_or(node.origin.span), "")
                    .help("use `deterministic`, `stable` or `non-deterministic`"),
            ));
        }
    })
}

/// COMPAT: dbt looks for a macro of such a name (dbt 1.11).
fn unsupported(node: &Node, kind: &str, language: &str) -> Diagnostic {
    let message = format!("No macro named '{kind}_function_{language}' found within namespace: 'dbt'");
    Diagnostic::error(Code::Unsupported, message)
        .at(node.origin.patch_span.unwrap_or(node.origin.span), "")
        .note(format!("function `{}` is of type `{kind}`, written in {language}", node.name))
        .help("functions of type `scalar` in SQL are supported")
}

fn missing(node: &Node, part: &str, key: &str) -> Box<Diagnostic> {
    let message = format!("`{part}` of function `{}` has no `{key}`", node.name);
    Box::new(
        Diagnostic::error(Code::MissingKey, message)
            .at(node.origin.patch_span.unwrap_or(node.origin.span), "")
            .help(format!("describe the function under `functions:` of a YAML file, `{part}` with `{key}` among it")),
    )
}
