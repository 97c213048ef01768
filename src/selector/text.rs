//! Expressions as typed on the command line.

use std::sync::OnceLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::expr::{Criterion, Expr, Group, Reach, SetOperator};
use super::file::NamedSelections;
use super::method::Method;
use crate::config::IndirectSelection;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};

/// What a command selects when it is not told: everything that can be selected.
const DEFAULT_INCLUDES: [&str; 5] = ["fqn:*", "source:*", "exposure:*", "metric:*", "semantic_model:*"];

impl Expr {
    /// What `--select` and `--exclude` ask for; without `--select`, everything. `selector:name` is one
    /// of the `named` selections.
    ///
    /// # Errors
    /// `invalid-selector` for each criterion that cannot be read.
    pub fn from_arguments(
        select: &[String],
        exclude: &[String],
        indirect: IndirectSelection,
        named: &NamedSelections,
    ) -> Result<Self, Diagnostics> {
        let union = |items: &[String]| union(items, indirect, named);
        let included = if select.is_empty() {
            let everything: Vec<String> = DEFAULT_INCLUDES.iter().map(ToString::to_string).collect();
            Ok(forget_expectations(union(&everything)?))
        } else {
            union(select)
        };
        match (included, union(exclude)) {
            (Ok(included), Ok(excluded)) => Ok(Self::difference(included, excluded)),
            (included, excluded) => {
                let mut problems = included.err().unwrap_or_default();
                problems.extend(excluded.err().unwrap_or_default());
                Err(problems)
            }
        }
    }
}

/// `['a b', 'c,d']` means `a`, or `b`, or both `c` and `d`.
fn union(items: &[String], indirect: IndirectSelection, named: &NamedSelections) -> Result<Expr, Diagnostics> {
    let mut parts = Vec::new();
    let mut problems = Diagnostics::new();
    for item in items.iter().flat_map(|item| item.split_whitespace()) {
        match intersection(item, indirect, named) {
            Ok(part) => parts.push(part),
            Err(found) => problems.extend(found),
        }
    }
    let group = Group { indirect, ..Group::new(SetOperator::Union, parts) };
    if problems.is_empty() { Ok(Expr::Group(group)) } else { Err(problems) }
}

fn intersection(item: &str, indirect: IndirectSelection, named: &NamedSelections) -> Result<Expr, Diagnostics> {
    let mut parts = Vec::new();
    let mut problems = Diagnostics::new();
    for part in item.split(',') {
        let found = match part.strip_prefix("selector:") {
            Some(name) => named.find(name).cloned(),
            None => Criterion::from_text(part, indirect).map(|criterion| Expr::Criterion(Box::new(criterion))),
        };
        match found {
            Ok(part) => parts.push(part),
            Err(problem) => problems.push(*problem),
        }
    }
    let group = Group { indirect, expected: Some(item.to_owned()), ..Group::new(SetOperator::Intersection, parts) };
    if problems.is_empty() { Ok(Expr::Group(group)) } else { Err(problems) }
}

fn forget_expectations(mut expr: Expr) -> Expr {
    if let Expr::Group(group) = &mut expr {
        group.expected = None;
        group.parts = std::mem::take(&mut group.parts).into_iter().map(forget_expectations).collect();
    }
    expr
}

impl Criterion {
    /// One criterion: `[@][n+][method[.argument]:]value[+n]`.
    ///
    /// # Errors
    /// `invalid-selector` for an unknown method or operators that cannot stand together.
    pub fn from_text(raw: &str, indirect: IndirectSelection) -> Result<Self, Box<Diagnostic>> {
        let Some(parts) = criterion_pattern().and_then(|pattern| pattern.captures(raw)) else {
            return Err(Box::new(Diagnostic::error(Code::InvalidSelector, format!("`{raw}` is not a selector"))));
        };
        let reach = Reach {
            childrens_parents: parts.name("at").is_some(),
            parents: depth(&parts, "parents", raw)?,
            children: depth(&parts, "children", raw)?,
        };
        let value = parts.name("value").map_or("", |value| value.as_str());
        let (method, arguments) = match parts.name("method") {
            Some(name) => Method::from_name(name.as_str(), raw)?,
            None => (Method::for_value(value), Vec::new()),
        };
        let value = Value::String(value.to_owned());
        let criterion = Self { method, arguments, value, reach, indirect, raw: raw.to_owned(), span: None };
        criterion.checked()
    }

    /// Itself, unless its operators contradict each other.
    pub(super) fn checked(self) -> Result<Self, Box<Diagnostic>> {
        if self.reach.childrens_parents && self.reach.children.is_some() {
            let message = format!("`{}` has both `@` and `+` after its value", self.raw);
            let problem = Diagnostic::error(Code::InvalidSelector, message)
                .at_opt(self.span, "`@` already takes everything downstream")
                .help("leave one of them out");
            return Err(Box::new(problem));
        }
        Ok(self)
    }
}

fn criterion_pattern() -> Option<&'static Regex> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let source = r"(?s)\A(?<at>@)?(?<parents>(?<parents_depth>[0-9]*)\+)?(?:(?<method>[\w.]+):)?(?<value>.*?)(?<children>\+(?<children_depth>[0-9]*))?\z";
    PATTERN.get_or_init(|| Regex::new(source).ok()).as_ref()
}

/// `+` is any number of steps, `2+` two.
fn depth(parts: &Captures<'_>, side: &str, raw: &str) -> Result<Option<Option<usize>>, Box<Diagnostic>> {
    if parts.name(side).is_none() {
        return Ok(None);
    }
    match parts.name(&format!("{side}_depth")).map(|digits| digits.as_str()) {
        None | Some("") => Ok(Some(None)),
        Some(digits) => digits.parse().map(|steps| Some(Some(steps))).map_err(|_| {
            let message = format!("`{raw}` asks for {digits} steps, more than can be counted");
            Box::new(Diagnostic::error(Code::InvalidSelector, message).help("leave the number out to take all steps"))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(raw: &str) -> String {
        match Criterion::from_text(raw, IndirectSelection::Eager) {
            Ok(found) => {
                let steps = |depth: Option<Option<usize>>| match depth {
                    None => "-".to_owned(),
                    Some(None) => "all".to_owned(),
                    Some(Some(steps)) => steps.to_string(),
                };
                let Reach { parents, children, childrens_parents } = found.reach;
                let at = if childrens_parents { " @" } else { "" };
                let arguments = found.arguments.join("/");
                format!(
                    "{} [{arguments}] {} up {} down {}{at}",
                    found.method.name,
                    found.text(),
                    steps(parents),
                    steps(children)
                )
            }
            Err(problem) => format!("{} ({})", problem.message, problem.help.join("; ")),
        }
    }

    #[test]
    fn criteria_have_operators_method_arguments_and_value() {
        let raw = [
            "orders",
            "+orders",
            "orders+",
            "2+orders+13",
            "@orders",
            "tag:daily",
            "+tag:daily+1",
            "config.meta.owner:ann",
            "models/staging",
            "stg_orders.SQL",
            "source:raw.*",
            "path:a:b",
            "@x+",
            "tags:daily",
            "99999999999999999999+x",
        ];
        let lines: Vec<String> = raw.iter().map(|raw| format!("{raw} -> {}", parsed(raw))).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        orders -> fqn [] orders up - down -
        +orders -> fqn [] orders up all down -
        orders+ -> fqn [] orders up - down all
        2+orders+13 -> fqn [] orders up 2 down 13
        @orders -> fqn [] orders up - down - @
        tag:daily -> tag [] daily up - down -
        +tag:daily+1 -> tag [] daily up all down 1
        config.meta.owner:ann -> config [meta/owner] ann up - down -
        models/staging -> path [] models/staging up - down -
        stg_orders.SQL -> file [] stg_orders.SQL up - down -
        source:raw.* -> source [] raw.* up - down -
        path:a:b -> path [] a:b up - down -
        @x+ -> `@x+` has both `@` and `+` after its value (leave one of them out)
        tags:daily -> `tags:daily`: `tags` is not a selector method (did you mean `tag:`?)
        99999999999999999999+x -> `99999999999999999999+x` asks for 99999999999999999999 steps, more than can be counted (leave the number out to take all steps)
        ");
        assert_eq!(parsed(""), "fqn []  up - down -");
    }
}
