use super::name;
use super::statements::{Statements, Tag};
use crate::relation::{FunctionSpec, Volatility};

/// The function does what its body says, whatever it did before.
///
/// COMPAT: dbt's words in dbt's order (dbt 1.11).
pub(super) fn replace(function: &FunctionSpec) -> Statements {
    let arguments = name::join(&function.arguments, |argument| {
        let default = argument.default.as_ref().map(|value| format!(" DEFAULT {value}")).unwrap_or_default();
        format!("{} {}{default}", argument.name, argument.data_type)
    });
    let volatility = match function.volatility {
        Some(Volatility::Immutable) => "IMMUTABLE\n",
        Some(Volatility::Stable) => "STABLE\n",
        Some(Volatility::Volatile) => "VOLATILE\n",
        None => "",
    };
    let sql = format!(
        "CREATE OR REPLACE FUNCTION {} ({arguments})\nRETURNS {}\n{volatility}AS\n{} LANGUAGE SQL",
        function.target,
        function.returns,
        name::dollar_quote(&format!("\n{}\n", function.body.trim()))
    );
    Statements::one(Tag::plain("CREATE FUNCTION"), sql)
}
