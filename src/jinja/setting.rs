//! Strings of YAML files: `var`, `env_var` and `target`, nothing of the project.

use std::sync::Arc;

use minijinja::machinery::{ast, parse};
use minijinja::{Environment, Error, Value};
use serde_json::Value as Json;

use super::environment::new_environment;
use super::failure::{Failure, fail_with_help};
use super::functions::{NATIVE, missing_env_var};
use super::prepare::prepare;
use super::python::{from_json, text as shown, to_json};
use crate::config::SettingScope;
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::resource::JsonMap;
use crate::system;

/// Renders a string of a settings file to a value: one expression gives its own value, anything
/// else gives text.
///
/// # Errors
/// `jinja-syntax`, `undefined-name`, `undefined-env-var`, `undefined-var`; without a place.
pub fn render_setting(
    text: &str,
    scope: &SettingScope<'_>,
    environment: &system::Environment,
) -> Result<Json, Box<Diagnostic>> {
    let mut engine = new_environment();
    let (vars, variables) = (Arc::new(scope.vars.clone()), Arc::new(environment.variables.clone()));
    engine.add_function("var", move |name: String, default: Option<Value>| var(&vars, &name, default));
    let secrets = scope.secrets;
    engine.add_function("env_var", move |name: String, default: Option<Value>| {
        if name.starts_with("DBT_ENV_SECRET") && !secrets {
            return Err(fail_with_help(
                Code::UndefinedEnvVar,
                format!("`{name}` is secret: it may be used in profiles and package lists only"),
                "use a variable without the prefix `DBT_ENV_SECRET`",
            ));
        }
        let known = variables.get(&name).map(|value| Value::from(value.as_str()));
        known.or_else(|| default.map(|default| Value::from(shown(&default)))).ok_or_else(|| missing_env_var(&name))
    });
    engine.add_global(NATIVE, true);
    engine.add_function("__list", |value: Value| value);
    engine.add_function("__dict", |value: Value| value);
    if let Some(target) = scope.target {
        engine.add_global("target", from_json(&Json::Object(target.clone())));
    }
    native(&engine, text, Value::UNDEFINED).map_err(|error| Failure::of(&error).diagnostic)
}

fn var(vars: &JsonMap, name: &str, default: Option<Value>) -> Result<Value, Error> {
    let known = vars.get(name).map(from_json);
    known.or(default).ok_or_else(|| {
        let near = closest(name, vars.keys().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
        fail_with_help(
            Code::UndefinedVar,
            format!("the variable `{name}` is not set and has no default"),
            near.unwrap_or_else(|| format!("give it with `--vars '{name}: ...'`: this file sees no others")),
        )
    })
}

/// A text's value: that of its one expression, or its text.
pub(super) fn native(environment: &Environment<'_>, text: &str, names: Value) -> Result<Json, Error> {
    let prepared = prepare(text);
    match only_expression(&prepared.source) {
        Some(expression) => Ok(to_json(&environment.compile_expression(expression)?.eval(names)?)),
        None => environment.render_named_str("<setting>", &prepared.source, names).map(Json::from),
    }
}

/// The expression of a text that is nothing but `{{ expression }}`.
fn only_expression(source: &str) -> Option<&str> {
    let inner = source.strip_prefix("{{")?.strip_suffix("}}")?;
    let parsed = parse(source, "<setting>", minijinja::syntax::SyntaxConfig::default()).ok()?;
    let ast::Stmt::Template(template) = &parsed else { return None };
    match template.children.as_slice() {
        [ast::Stmt::EmitExpr(_)] => Some(inner.trim_start_matches('-').trim_end_matches('-')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(text: &str, secrets: bool) -> Result<Json, String> {
        let vars = json!({ "use_seeds": false, "days": [1, 2] }).as_object().cloned().unwrap_or_default();
        let scope = SettingScope { vars: &vars, target: None, secrets };
        let variables = [("PORT", "5432"), ("DBT_ENV_SECRET_PASSWORD", "hush")];
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let environment = system::Environment { variables, ..system::Environment::default() };
        render_setting(text, &scope, &environment).map_err(|problem| format!("{}: {}", problem.code, problem.message))
    }

    #[test]
    fn one_expression_keeps_its_type() {
        assert_eq!(rendered("{{ not var('use_seeds') }}", false), Ok(json!(true)));
        assert_eq!(rendered("{{ env_var('PORT') | as_number }}", false), Ok(json!(5432)));
        assert_eq!(rendered("{{ env_var('PORT') }}", false), Ok(json!("5432")));
        assert_eq!(rendered("{{ var('days') }}", false), Ok(json!([1, 2])));
        assert_eq!(rendered("at {{ var('use_seeds') }}", false), Ok(json!("at False")));
        assert_eq!(rendered("{{ env_var('NO', 'x') }}", false), Ok(json!("x")));
        assert_eq!(rendered("{{ ['a'] }}", false), Ok(json!(["a"])));
    }

    #[test]
    fn secrets_are_for_profiles_only() {
        assert_eq!(rendered("{{ env_var('DBT_ENV_SECRET_PASSWORD') }}", true), Ok(json!("hush")));
        assert_eq!(
            rendered("{{ env_var('DBT_ENV_SECRET_PASSWORD') }}", false),
            Err("undefined-env-var: `DBT_ENV_SECRET_PASSWORD` is secret: it may be used in profiles and package lists only".to_owned())
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            rendered("{{ env_var('NO') }}", false),
            Err("undefined-env-var: the environment variable `NO` is not set".to_owned())
        );
        assert_eq!(
            rendered("{{ var('no') }}", false),
            Err("undefined-var: the variable `no` is not set and has no default".to_owned())
        );
        assert_eq!(rendered("{{ foo() }}", false), Err("undefined-name: `foo` is undefined".to_owned()));
        assert!(rendered("{{ 1 + }}", false).is_err_and(|problem| problem.starts_with("jinja-syntax")));
    }
}
