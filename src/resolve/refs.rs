use crate::diagnostic::{Code, Diagnostic, closest};
use crate::project::{RefCandidate, RefIndex};
use crate::resource::{RefCall, SourceCall, UniqueId};

/// The node a `ref()` in `package` means: one of that package first, then of the root project, then
/// any; without a version, the latest one.
///
/// # Errors
/// `unknown-ref` with the nearest name, `disabled-ref`.
pub fn find_ref<'a>(
    index: &'a RefIndex,
    call: &RefCall,
    package: &str,
    root: &str,
) -> Result<&'a UniqueId, Box<Diagnostic>> {
    let named = index.by_name.get(&call.name).map_or(&[][..], Vec::as_slice);
    let fits = |candidate: &&RefCandidate| match &call.version {
        Some(version) => candidate.version.as_deref() == Some(version.text().as_str()),
        None => candidate.version.is_none() || candidate.is_latest,
    };
    let mut candidates: Vec<&RefCandidate> = named.iter().filter(fits).collect();
    match &call.package {
        Some(wanted) => candidates.retain(|candidate| candidate.package == *wanted),
        None => candidates.sort_by_key(|candidate| (candidate.package != package, candidate.package != root)),
    }
    if let Some(found) = candidates.iter().find(|candidate| !candidate.disabled) {
        return Ok(&found.id);
    }
    Err(Box::new(match candidates.first() {
        Some(disabled) => Diagnostic::error(Code::DisabledRef, format!("`{}` is disabled", disabled.id))
            .at_opt(call.span, "refers to it")
            .help("enable it, or remove this reference"),
        None => unknown(index, call, named),
    }))
}

fn unknown(index: &RefIndex, call: &RefCall, named: &[RefCandidate]) -> Diagnostic {
    let version = call.version.as_ref().map(|version| format!(" version {}", version.text())).unwrap_or_default();
    let package = call.package.as_ref().map(|package| format!(" in package `{package}`")).unwrap_or_default();
    let diagnostic = Diagnostic::error(Code::UnknownRef, format!("`{}`{version}{package} does not exist", call.name))
        .at_opt(call.span, "no model, seed or snapshot has this name");
    let versions: Vec<&str> = named.iter().filter_map(|candidate| candidate.version.as_deref()).collect();
    if !versions.is_empty() {
        return diagnostic.help(format!("it has the versions {}", versions.join(", ")));
    }
    let mut names: Vec<&str> = index.by_name.keys().map(String::as_str).collect();
    names.sort_unstable();
    match closest(&call.name, names.into_iter().filter(|name| *name != call.name)) {
        Some(name) => diagnostic.help(format!("did you mean `{name}`?")),
        None => diagnostic.help("`aquifer ls --resource-type model seed snapshot` lists what there is"),
    }
}

/// The source table a `source()` in `package` means: its own package's first, then any.
///
/// # Errors
/// `unknown-source` with the nearest name.
pub fn find_source<'a>(index: &'a RefIndex, call: &SourceCall, package: &str) -> Result<&'a UniqueId, Box<Diagnostic>> {
    let key = (call.source.clone(), call.table.clone());
    let candidates = index.sources.get(&key).map_or(&[][..], Vec::as_slice);
    let own = candidates.iter().find(|(of, _)| of == package);
    if let Some((_, id)) = own.or_else(|| candidates.first()) {
        return Ok(id);
    }
    let written = format!("{}.{}", call.source, call.table);
    let mut known: Vec<String> = index.sources.keys().map(|(source, table)| format!("{source}.{table}")).collect();
    known.sort_unstable();
    let diagnostic = Diagnostic::error(Code::UnknownSource, format!("source `{written}` does not exist"))
        .at_opt(call.span, "no YAML file declares it");
    Err(Box::new(match closest(&written, known.iter().map(String::as_str)) {
        Some(name) => diagnostic.help(format!("did you mean `{name}`?")),
        None => diagnostic.help("declare it under `sources:` in a YAML file of the model folder"),
    }))
}

/// The function that `function('name')` or `function('package', 'name')` in `package` means: its own
/// package's first, then any.
///
/// # Errors
/// `unknown-ref` with the nearest name.
pub fn find_function<'a>(
    index: &'a RefIndex,
    names: &[String],
    package: &str,
) -> Result<&'a UniqueId, Box<Diagnostic>> {
    let (wanted, name) = match names {
        [package, name] => (Some(package), name.as_str()),
        _ => (None, names.last().map(String::as_str).unwrap_or_default()),
    };
    let candidates = index.functions.get(name).map_or(&[][..], Vec::as_slice);
    let found = match wanted {
        Some(wanted) => candidates.iter().find(|(of, _)| of == wanted),
        None => candidates.iter().find(|(of, _)| of == package).or_else(|| candidates.first()),
    };
    if let Some((_, id)) = found {
        return Ok(id);
    }
    let mut known: Vec<&str> = index.functions.keys().map(String::as_str).collect();
    known.sort_unstable();
    let diagnostic = Diagnostic::error(Code::UnknownRef, format!("function `{name}` does not exist"));
    Err(Box::new(match closest(name, known) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("add a file of this name to the function folder (`functions`)"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::VersionRef;

    fn index(candidates: &[(&str, &str, Option<&str>, bool, bool)]) -> RefIndex {
        let mut index = RefIndex::default();
        for (package, name, version, is_latest, disabled) in candidates {
            let suffix = version.map(|version| format!(".v{version}")).unwrap_or_default();
            index.by_name.entry((*name).to_owned()).or_default().push(RefCandidate {
                package: (*package).to_owned(),
                version: version.map(str::to_owned),
                is_latest: *is_latest,
                id: UniqueId::new(format!("model.{package}.{name}{suffix}")),
                disabled: *disabled,
            });
        }
        let sources = vec![("shop".to_owned(), UniqueId::new("source.shop.raw.orders"))];
        index.sources.insert(("raw".to_owned(), "orders".to_owned()), sources);
        index
    }

    fn call(name: &str, package: Option<&str>, version: Option<i64>) -> RefCall {
        let version = version.map(|version| VersionRef(version.into()));
        RefCall { name: name.to_owned(), package: package.map(str::to_owned), version, span: None }
    }

    fn found(index: &RefIndex, call: &RefCall, package: &str) -> String {
        match find_ref(index, call, package, "shop") {
            Ok(id) => id.to_string(),
            Err(problem) => format!("{}: {} ({})", problem.code, problem.message, problem.help.join("; ")),
        }
    }

    #[test]
    fn the_own_package_wins_then_the_root_then_any() {
        let index = index(&[
            ("shop", "orders", None, false, false),
            ("lib", "orders", None, false, false),
            ("lib", "dates", None, false, false),
        ]);
        assert_eq!(found(&index, &call("orders", None, None), "lib"), "model.lib.orders");
        assert_eq!(found(&index, &call("orders", None, None), "other"), "model.shop.orders");
        assert_eq!(found(&index, &call("dates", None, None), "shop"), "model.lib.dates");
        assert_eq!(found(&index, &call("orders", Some("lib"), None), "shop"), "model.lib.orders");
    }

    #[test]
    fn a_reference_without_version_means_the_latest() {
        let index = index(&[("shop", "dim", Some("1"), false, false), ("shop", "dim", Some("2"), true, false)]);
        assert_eq!(found(&index, &call("dim", None, None), "shop"), "model.shop.dim.v2");
        assert_eq!(found(&index, &call("dim", None, Some(1)), "shop"), "model.shop.dim.v1");
        assert_eq!(
            found(&index, &call("dim", None, Some(3)), "shop"),
            "unknown-ref: `dim` version 3 does not exist (it has the versions 1, 2)"
        );
    }

    #[test]
    fn what_is_missing_gets_the_nearest_name_and_what_is_disabled_says_so() {
        let index = index(&[("shop", "stg_orders", None, false, false), ("shop", "old", None, false, true)]);
        assert_eq!(
            found(&index, &call("stg_order", None, None), "shop"),
            "unknown-ref: `stg_order` does not exist (did you mean `stg_orders`?)"
        );
        assert_eq!(
            found(&index, &call("old", None, None), "shop"),
            "disabled-ref: `model.shop.old` is disabled (enable it, or remove this reference)"
        );
        let wrong = SourceCall { source: "raw".to_owned(), table: "order".to_owned(), span: None };
        let problem = find_source(&index, &wrong, "shop").unwrap_err();
        assert_eq!(problem.help, ["did you mean `raw.orders`?"]);
    }
}
