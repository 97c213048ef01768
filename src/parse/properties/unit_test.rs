use super::{list_of, name_of};
use crate::config::yaml::{Fields, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::parsed::{WrittenRows, WrittenUnitTest};
use crate::resource::UnitTestRows;
use crate::source::Span;

const KEYS: [&str; 8] = ["name", "description", "model", "given", "expect", "overrides", "config", "versions"];

/// An entry of `unit_tests:`.
pub(super) fn read(entry: &Yaml, diagnostics: &mut Diagnostics) -> Option<WrittenUnitTest> {
    let (name, span) = name_of(entry, "a unit test", diagnostics)?;
    let what = format!("unit test `{name}`");
    let mut fields = Fields::new(&what, entry, diagnostics);
    fields.check_keys(&KEYS);
    let model = fields.required_text("model")?;
    let model_span = entry.get("model").map_or(span, |model| model.span);
    fields.map("versions");
    let versions = entry.get("versions");
    let chosen = |key: &str| -> Option<Vec<String>> {
        Some(versions?.get(key)?.items().iter().filter_map(Yaml::scalar_text).collect())
    };
    let (include, exclude) = (chosen("include"), chosen("exclude").unwrap_or_default());
    let overrides = fields.map("overrides").map(Yaml::to_json_map).unwrap_or_default();
    let config = fields.map("config").map(Yaml::to_json_map).unwrap_or_default();
    let description = fields.text("description").unwrap_or_default();
    let has_expectation = fields.map("expect").is_some();
    let inputs = list_of(entry, "given", &what, diagnostics);
    let Some(expected) = entry.get("expect").filter(|_| has_expectation) else {
        diagnostics.push(
            Diagnostic::error(Code::MissingKey, format!("{what} has no `expect`"))
                .at(span, "the rows it expects are missing")
                .help("add `expect:` with `rows:`"),
        );
        return None;
    };
    let mut given = Vec::with_capacity(inputs.len());
    for item in inputs {
        let Some(input) = Fields::new("an input of a unit test", item, diagnostics).required_text("input") else {
            continue;
        };
        let rows = rows(item, &what, true, diagnostics);
        given.push((input, rows));
    }
    let expect = rows(expected, &what, false, diagnostics);
    Some(WrittenUnitTest {
        definition: entry.to_json_map(),
        name,
        span,
        description,
        model,
        model_span,
        given,
        expect,
        overrides,
        config,
        include,
        exclude,
    })
}

fn rows(item: &Yaml, what: &str, is_input: bool, diagnostics: &mut Diagnostics) -> WrittenRows {
    let mut fields = Fields::new(what, item, diagnostics);
    fields.check_keys(&["input", "rows", "format", "fixture"]);
    let format = fields.text("format").unwrap_or_else(|| "dict".to_owned());
    let format_span = item.get("format").map_or(item.span, |format| format.span);
    if let Some(fixture) = fields.text("fixture") {
        return WrittenRows::Fixture(fixture, item.get("fixture").map_or(item.span, |value| value.span));
    }
    let nothing = WrittenRows::Rows(UnitTestRows::Dict(Vec::new()));
    match (format.as_str(), fields.get("rows")) {
        ("dict", None) if is_input && item.get("rows").is_none() => {
            WrittenRows::Seed(item.get("input").map_or(item.span, |input| input.span))
        }
        ("dict", None) => nothing,
        ("dict", Some(rows)) => dict_rows(rows, &mut fields, what),
        ("csv", Some(rows)) if rows.as_str().is_some() => {
            WrittenRows::Rows(UnitTestRows::Csv(rows.as_str().unwrap_or_default().to_owned()))
        }
        ("sql", Some(rows)) if rows.as_str().is_some() => {
            WrittenRows::Rows(UnitTestRows::Sql(rows.as_str().unwrap_or_default().to_owned()))
        }
        ("csv" | "sql", rows) => {
            let place = rows.map_or(format_span, |rows| rows.span);
            fields.report(wrong_rows(what, &format, "text", place));
            nothing
        }
        _ => {
            fields.report(
                Diagnostic::error(Code::InvalidValue, format!("`{format}` is not a format of rows"))
                    .at(format_span, "not known")
                    .help("formats are dict, csv and sql"),
            );
            nothing
        }
    }
}

fn dict_rows(rows: &Yaml, fields: &mut Fields<'_>, what: &str) -> WrittenRows {
    let mut maps = Vec::new();
    match &rows.value {
        YamlValue::List(items) => {
            for item in items {
                match item.value {
                    YamlValue::Map(_) => maps.push(item.to_json_map()),
                    _ => fields.report(wrong_rows(what, "dict", "a mapping each", item.span)),
                }
            }
        }
        _ => fields.report(wrong_rows(what, "dict", "a list of mappings", rows.span)),
    }
    WrittenRows::Rows(UnitTestRows::Dict(maps))
}

fn wrong_rows(what: &str, format: &str, wanted: &str, place: Span) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, format!("rows of {what} do not match the format `{format}`"))
        .at(place, format!("expected {wanted}"))
        .help("formats are `dict` (a list of mappings), `csv` and `sql` (text)")
}
