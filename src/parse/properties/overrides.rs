//! Sources that take the place of a package's own (`overrides:`, deprecated): entries laid over entries, and read
//! as one.

use std::collections::HashMap;

use super::{Scope, source};
use crate::config::yaml::{Key, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::parsed::{Parsed, WrittenSource};

/// Lets sources with `overrides:` change those of the packages that they name.
pub(in crate::parse) fn apply(parsed: &mut Parsed, scope: Scope<'_>, problems: &mut Diagnostics) {
    let mut overriding: HashMap<(String, String), WrittenSource> = HashMap::new();
    for file in &mut parsed.properties {
        for source in std::mem::take(&mut file.sources) {
            match &source.overrides {
                Some(package) => {
                    overriding.insert((package.clone(), source.name.clone()), source);
                }
                None => file.sources.push(source),
            }
        }
    }
    if overriding.is_empty() {
        return;
    }
    for file in &mut parsed.properties {
        let package = file.place.package.to_string();
        for own in &mut file.sources {
            let Some(over) = overriding.remove(&(package.clone(), own.name.clone())) else { continue };
            problems.extend(unknown_tables(own, &over));
            // What is wrong with either was told when they were read alone.
            let Some(read) = source::read(&laid_over(&own.entry, &over.entry), scope, &mut Diagnostics::new()) else {
                continue;
            };
            let (database, schema) = (own.written_database.take(), own.written_schema.take());
            *own = WrittenSource { written_database: database, written_schema: schema, overrides: None, ..read };
        }
    }
    problems.extend(overriding.into_iter().map(|((package, name), source)| {
        Diagnostic::warning(Code::UnusedPatch, format!("package `{package}` has no source `{name}` to override"))
            .event("UnusedTables")
            .at(source.span, "overrides nothing")
    }));
}

fn unknown_tables(own: &WrittenSource, over: &WrittenSource) -> Vec<Diagnostic> {
    let unknown = over.tables.iter().filter(|table| !own.tables.iter().any(|known| known.name == table.name));
    let warning = |name: &str| format!("source `{}` has no table `{name}` to override", own.name);
    unknown
        .map(|table| {
            Diagnostic::warning(Code::UnusedPatch, warning(&table.name))
                .event("UnusedTables")
                .at(table.span, "overrides nothing")
        })
        .collect()
}

/// COMPAT: `config` and `freshness` of the source below are gone even if the other says nothing of them; so are
/// `freshness` and `quoting` of a table that is named (dbt 1.11).
fn laid_over(own: &Yaml, over: &Yaml) -> Yaml {
    let mut merged = replaced(own, over, &["config", "freshness"], &["name", "overrides", "tables"]);
    let patches = over.get("tables").map_or(&[][..], Yaml::items);
    let name = |table: &Yaml| table.get("name").and_then(Yaml::scalar_text);
    if let YamlValue::Map(entries) = &mut merged.value
        && let Some((_, tables)) = entries.iter_mut().find(|(key, _)| key.name == "tables")
        && let YamlValue::List(tables) = &mut tables.value
    {
        for table in tables {
            if let Some(patch) = patches.iter().find(|patch| name(patch) == name(table)) {
                *table = replaced(table, patch, &["freshness", "quoting"], &["name"]);
            }
        }
    }
    merged
}

/// A mapping with the values of another, which replace its own as a whole. `null` replaces `freshness` only.
fn replaced(own: &Yaml, over: &Yaml, gone: &[&str], kept: &[&str]) -> Yaml {
    let given: Vec<&(Key, Yaml)> = over
        .entries()
        .iter()
        .filter(|(key, value)| !kept.contains(&key.name.as_str()) && (!value.is_null() || key.name == "freshness"))
        .collect();
    let same = |key: &str, other: &str| key == other || (is_tests(key) && is_tests(other));
    let stays = |key: &str| !gone.contains(&key) && !given.iter().any(|(other, _)| same(key, &other.name));
    let entries = own.entries().iter().filter(|(key, _)| stays(&key.name)).chain(given.iter().copied());
    Yaml { value: YamlValue::Map(entries.cloned().collect()), span: own.span }
}

/// Both names of tests mean the same.
fn is_tests(key: &str) -> bool {
    matches!(key, "tests" | "data_tests")
}
