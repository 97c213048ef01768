//! `--warn-error` and `--warn-error-options`: which warnings are errors, and which are not even said.

use serde_json::Value;

use super::Flags;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, closest};
use crate::resource::JsonMap;

/// What becomes of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningRule {
    /// It is said.
    Warn,
    /// It is an error.
    Error,
    /// It is not said.
    Silence,
}

/// Rules by the names of dbt's events.
#[derive(Debug, Clone, Default)]
pub struct WarningRules {
    all: bool,
    errors: Vec<String>,
    exempt: Vec<String>,
    silenced: Vec<String>,
}

/// All deprecations, in the lists of the option.
const DEPRECATIONS: &str = "Deprecations";

impl WarningRules {
    /// The rules of a run.
    pub fn new(flags: &Flags) -> Self {
        let nothing = JsonMap::new();
        let options = flags.warn_error_options.as_ref().unwrap_or(&nothing);
        // `include` and `exclude` are the earlier names.
        let list = |new: &str, old: &str| names(options.get(new).or_else(|| options.get(old)));
        let errors = list("error", "include");
        let all = flags.warn_error || errors.iter().any(|name| name == "all" || name == "*");
        Self { all, errors, exempt: list("warn", "exclude"), silenced: list("silence", "silence") }
    }

    /// What becomes of a warning of this name. A name counts more than the group it belongs to, and a
    /// group more than `all`.
    pub fn rule(&self, event: &str) -> WarningRule {
        let in_list = |list: &[String], name: &str| list.iter().any(|item| item == name);
        let lists = [
            (&self.silenced, WarningRule::Silence),
            (&self.exempt, WarningRule::Warn),
            (&self.errors, WarningRule::Error),
        ];
        let named = |name: &str| lists.iter().find(|(list, _)| in_list(list, name)).map(|(_, rule)| *rule);
        let of_group = || event.ends_with("Deprecation").then(|| named(DEPRECATIONS)).flatten();
        let otherwise = if self.all { WarningRule::Error } else { WarningRule::Warn };
        named(event).or_else(of_group).unwrap_or(otherwise)
    }

    /// Problems with their warnings as the rules want them.
    pub fn apply(&self, problems: Diagnostics) -> Diagnostics {
        problems.into_iter().filter_map(|problem| self.applied(problem)).collect()
    }

    fn applied(&self, problem: Diagnostic) -> Option<Diagnostic> {
        if problem.severity != Severity::Warning {
            return Some(problem);
        }
        match self.rule(problem.event_name()) {
            WarningRule::Warn => Some(problem),
            WarningRule::Silence => None,
            WarningRule::Error => {
                let note =
                    format!("a warning of the kind {}, which `--warn-error` makes an error", problem.event_name());
                Some(Diagnostic { severity: Severity::Error, ..problem }.note(note))
            }
        }
    }

    /// Names in the lists that no warning has.
    pub fn unknown(&self) -> Diagnostics {
        let lists = [&self.errors, &self.exempt, &self.silenced];
        let known = |name: &str| matches!(name, "all" | "*" | DEPRECATIONS) || EVENTS.contains(&name);
        let unknown = lists.into_iter().flatten().filter(|name| !known(name));
        unknown
            .map(|name| {
                let message = format!("`--warn-error-options`: no warning is called `{name}`");
                let problem = Diagnostic::warning(Code::InvalidValue, message);
                match closest(name, EVENTS.iter().copied()) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem.help("names are those of dbt's events, such as `NoNodesForSelectionCriteria`"),
                }
            })
            .collect()
    }
}

fn names(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Names of dbt's warnings.
///
/// # Source
/// The events of level warn of dbt 1.11, and those that warn by their result.
const EVENTS: [&str; 70] = [
    "AdapterDeprecationWarning",
    "AdapterEventWarning",
    "ArgumentsPropertyInGenericTestDeprecation",
    "BehaviorChangeEvent",
    "CatalogGenerationError",
    "ConfigDataPathDeprecation",
    "ConfigLogPathDeprecation",
    "ConfigSourcePathDeprecation",
    "ConfigTargetPathDeprecation",
    "ConstraintNotEnforced",
    "ConstraintNotSupported",
    "CustomKeyInConfigDeprecation",
    "CustomKeyInObjectDeprecation",
    "CustomOutputPathInSourceFreshnessDeprecation",
    "CustomTopLevelKeyDeprecation",
    "DeprecatedModel",
    "DeprecatedReference",
    "DepsScrubbedPackageName",
    "DepsUnpinned",
    "DuplicateNameDistinctNodeTypesDeprecation",
    "DuplicateYAMLKeysDeprecation",
    "EnvironmentVariableNamespaceDeprecation",
    "EnvironmentVariableRenamed",
    "ExposureNameDeprecation",
    "FreshnessConfigProblem",
    "GenericJSONSchemaValidationDeprecation",
    "GetMetaKeyWarning",
    "InternalDeprecation",
    "InvalidConcurrentBatchesConfig",
    "InvalidMacroAnnotation",
    "InvalidValueForField",
    "JinjaLogWarning",
    "LogFreshnessResult",
    "LogTestResult",
    "MFCumulativeTypeParamsDeprecation",
    "MFTimespineWithoutYamlConfigurationDeprecation",
    "MacroNotFoundForPatch",
    "MicrobatchMacroOutsideOfBatchesDeprecation",
    "MicrobatchModelNoEventTimeInputs",
    "MissingArgumentsPropertyInGenericTestDeprecation",
    "MissingPlusPrefixDeprecation",
    "ModelParamUsageDeprecation",
    "ModulesItertoolsUsageDeprecation",
    "NoNodeForYamlKey",
    "NoNodesForSelectionCriteria",
    "NoNodesSelected",
    "NodeNotFoundOrDisabled",
    "Note",
    "NothingToDo",
    "PackageInstallPathDeprecation",
    "PackageMaterializationOverrideDeprecation",
    "PackageNodeDependsOnRootProjectNode",
    "PackageRedirectDeprecation",
    "ProjectFlagsMovedDeprecation",
    "PropertyMovedToConfigDeprecation",
    "ResourceNamesWithSpacesDeprecation",
    "SeedExceedsLimitSamePath",
    "SemanticValidationFailure",
    "SnapshotTimestampWarning",
    "SourceFreshnessProjectHooksNotRun",
    "SourceOverrideDeprecation",
    "TestsConfigDeprecation",
    "UnexpectedJinjaBlockDeprecation",
    "UnsupportedConstraintMaterialization",
    "UnusedResourceConfigPath",
    "UnusedTables",
    "UnversionedBreakingChange",
    "UpcomingReferenceDeprecation",
    "WEOIncludeExcludeDeprecation",
    "WarnStateTargetEqual",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(warn_error: bool, options: Value) -> WarningRules {
        let warn_error_options = options.as_object().cloned();
        WarningRules::new(&Flags { warn_error, warn_error_options, ..Flags::default() })
    }

    #[test]
    fn names_count_more_than_groups_and_groups_more_than_all() {
        let rules = rules(
            false,
            json!({ "error": "all", "warn": ["Deprecations", "NothingToDo"], "silence": ["SourceOverrideDeprecation"] }),
        );
        assert_eq!(rules.rule("NoNodeForYamlKey"), WarningRule::Error);
        assert_eq!(rules.rule("NothingToDo"), WarningRule::Warn);
        assert_eq!(rules.rule("DuplicateYAMLKeysDeprecation"), WarningRule::Warn);
        assert_eq!(rules.rule("SourceOverrideDeprecation"), WarningRule::Silence);
        assert!(rules.unknown().is_empty());
    }

    #[test]
    fn earlier_names_and_the_plain_option_work_too() {
        assert_eq!(rules(true, Value::Null).rule("DepsUnpinned"), WarningRule::Error);
        let old = rules(false, json!({ "include": ["DepsUnpinned", "NoNodesForSelectionCriterion"] }));
        assert_eq!(old.rule("DepsUnpinned"), WarningRule::Error);
        assert_eq!(old.rule("NothingToDo"), WarningRule::Warn);
        assert_eq!(old.unknown()[0].help, ["did you mean `NoNodesForSelectionCriteria`?"]);
    }
}
