//! Settings as a whole: what wins over what, and what is said when something is missing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::SourceSet;
use crate::system::MemoryFileSystem;

/// A world in which a command is run: files, variables, what was typed.
struct World {
    files: Vec<(&'static str, &'static str)>,
    variables: BTreeMap<String, String>,
    arguments: Arguments,
    directory: &'static str,
}

const PROJECT: &str = "name: shop\nversion: 1.0\nprofile: shop\n";
const PROFILES: &str = "shop:\n  target: \"{{ env_var('SHOP_TARGET') }}\"\n  outputs:\n    dev: {type: postgres, host: h, user: u, password: \"{{ env_var('PASSWORD') }}\", dbname: d, schema: s, threads: 3}\n    prod: {type: postgres, schema: \"{{ env_var('UNSET') }}\"}\n";

const PLAIN_PROFILES: &str = "shop: {target: dev, outputs: {dev: {type: postgres, schema: s}}}\n";

fn world(files: &[(&'static str, &'static str)]) -> World {
    let arguments = Arguments { command: Command::Build, given: BTreeMap::new(), operand: None };
    World { files: files.to_vec(), variables: BTreeMap::new(), arguments, directory: "/shop" }
}

impl World {
    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn typed(mut self, name: &'static str, value: &str) -> Self {
        self.arguments.given.insert(name, Given::Texts(vec![value.to_owned()]));
        self
    }

    fn switched(mut self, name: &'static str, on: bool) -> Self {
        self.arguments.given.insert(name, Given::Switch(on));
        self
    }

    fn command(mut self, command: Command) -> Self {
        self.arguments.command = command;
        self
    }

    fn within(mut self, directory: &'static str) -> Self {
        self.directory = directory;
        self
    }

    fn load(&self) -> (Result<(Settings, Diagnostics), Diagnostics>, SourceSet) {
        let environment = Environment {
            variables: self.variables.clone(),
            working_directory: PathBuf::from(self.directory),
            home: Some(PathBuf::from("/home/me")),
            command_line: ["aquifer", "build", "--vars", "{DBT_ENV_SECRET_X: hunter2}"].map(str::to_owned).to_vec(),
            ..Environment::default()
        };
        let variables = self.variables.clone();
        // A stand-in for Jinja: knows `env_var('X')` alone in its braces.
        let render = move |text: &str, _: &SettingScope<'_>| -> Result<Value, Box<Diagnostic>> {
            let name = text.split('\'').nth(1).unwrap_or_default();
            match variables.get(name) {
                Some(value) => Ok(json!(value)),
                None => Err(Box::new(Diagnostic::error(
                    crate::diagnostic::Code::UndefinedEnvVar,
                    format!("the environment variable `{name}` is not set"),
                ))),
            }
        };
        let fs = MemoryFileSystem::new(self.files.iter().map(|(path, text)| (*path, *text)));
        let sources = SourceSet::new();
        let loaded = Settings::load(&self.arguments, &Arc::new(environment), &fs, &sources, &render);
        (loaded, sources)
    }

    fn settings(&self) -> Settings {
        self.load().0.unwrap().0
    }

    /// Everything that is said, with places.
    fn said(&self) -> String {
        let (loaded, sources) = self.load();
        let diagnostics = match loaded {
            Ok((_, diagnostics)) | Err(diagnostics) => diagnostics,
        };
        diagnostics.iter().map(|said| shown(said, &sources)).collect::<Vec<_>>().join("\n")
    }
}

fn shown(said: &Diagnostic, sources: &SourceSet) -> String {
    let mut text = format!("{:?} {}: {}", said.severity, said.code, said.message);
    if let Some(label) = &said.primary {
        let file = sources.get(label.span.file).unwrap();
        let place = file.position(label.span.start);
        let marked = &file.text[label.span.start as usize..label.span.end as usize];
        text.push_str(&format!("\n  {}:{}:{} {marked:?} {}", file.display, place.line, place.column, label.text));
    }
    said.notes.iter().for_each(|note| text.push_str(&format!("\n  note: {note}")));
    said.help.iter().for_each(|help| text.push_str(&format!("\n  help: {help}")));
    text
}

#[test]
fn command_line_wins_over_environment_over_project_over_default() {
    let project = "name: shop\nprofile: shop\nflags: {fail_fast: true, printer_width: 100, indirect_selection: cautious, validate_macro_args: true}\n";
    let files = [("/shop/dbt_project.yml", project), ("/shop/profiles.yml", PLAIN_PROFILES)];
    let settings = world(&files).settings();
    assert!(settings.flags.fail_fast);
    assert_eq!(settings.flags.printer_width, 100);
    assert_eq!(settings.flags.indirect_selection, IndirectSelection::Cautious);
    assert!(settings.flags.behavior("validate_macro_args"));
    assert!(settings.flags.behavior("source_freshness_run_project_hooks"));
    let settings = world(&files).variable("DBT_FAIL_FAST", "off").variable("DBT_PRINTER_WIDTH", "90").settings();
    assert!(!settings.flags.fail_fast);
    assert_eq!(settings.flags.printer_width, 90);
    let variables = world(&files).variable("DBT_PRINTER_WIDTH", "1").variable("DBT_ENGINE_PRINTER_WIDTH", "2");
    assert_eq!(variables.settings().flags.printer_width, 2);
    let variables = variables.variable("AQUIFER_PRINTER_WIDTH", "3");
    assert_eq!(variables.settings().flags.printer_width, 3);
    assert_eq!(variables.typed("printer-width", "4").settings().flags.printer_width, 4);
    let settings = world(&files).variable("DBT_FAIL_FAST", "yes").switched("fail-fast", false).settings();
    assert!(!settings.flags.fail_fast);
}

#[test]
fn a_profile_is_found_and_only_its_output_rendered() {
    let files = [("/shop/dbt_project.yml", PROJECT), ("/home/me/.dbt/profiles.yml", PROFILES)];
    let world = world(&files).variable("SHOP_TARGET", "dev").variable("PASSWORD", "hunter2");
    let settings = world.settings();
    assert_eq!(settings.profile.output["password"], "hunter2");
    assert_eq!(settings.profile.origin, ProfileOrigin::File(PathBuf::from("/home/me/.dbt/profiles.yml")));
    assert_eq!(settings.profile.threads, 3);
    assert!(!format!("{:?}", settings.profile).contains("hunter2"));
    insta::assert_snapshot!(Value::Object(settings.profile.context), @r#"{"type":"postgres","host":"h","user":"u","dbname":"d","schema":"s","threads":3,"database":"d","name":"dev","target_name":"dev","profile_name":"shop"}"#);
    assert_eq!(world.typed("threads", "8").settings().profile.threads, 8);
}

#[test]
fn the_nearest_profiles_file_counts() {
    let near = "shop: {target: dev, outputs: {dev: {type: postgres, schema: near}}}\n";
    let named = "shop: {target: dev, outputs: {dev: {type: postgres, schema: named}}}\n";
    let files = [
        ("/shop/dbt_project.yml", PROJECT),
        ("/shop/profiles.yml", near),
        ("/home/me/.dbt/profiles.yml", PROFILES),
        ("/etc/shop/profiles.yml", named),
    ];
    assert_eq!(world(&files).settings().profile.schema, "near");
    assert_eq!(world(&files).within("/shop/models/staging").settings().profile.schema, "near");
    assert_eq!(world(&files).variable("DBT_PROFILES_DIR", "/etc/shop").settings().profile.schema, "named");
    assert_eq!(world(&files).typed("profiles-dir", "../etc/shop").settings().profile.schema, "named");
}

#[test]
#[cfg(feature = "lakehouse")]
fn without_profiles_the_lakehouse_is_used() {
    let settings = world(&[("/shop/project.yml", PROJECT)]).settings();
    assert_eq!(settings.profile.origin, ProfileOrigin::Embedded);
    insta::assert_snapshot!(Value::Object(settings.profile.context), @r#"{"type":"lakehouse","path":"target/lakehouse","schema":"main","threads":4,"database":"aquifer","dbname":"aquifer","name":"dev","target_name":"dev","profile_name":"shop"}"#);
}

#[test]
fn what_is_missing_is_named() {
    let files = [("/shop/dbt_project.yml", "name: shop\nprofile: shpo\n"), ("/shop/profiles.yml", PROFILES)];
    insta::assert_snapshot!(world(&files).said(), @r#"
    Error missing-profile: Could not find profile named 'shpo'
      dbt_project.yml:2:10 "shpo" named here
      note: `/shop/profiles.yml` has `shop`
      help: did you mean `shop`?
    "#);
    let files = [("/shop/dbt_project.yml", PROJECT), ("/shop/profiles.yml", PROFILES)];
    insta::assert_snapshot!(world(&files).typed("target", "prd").said(), @r#"
    Error missing-target: The profile 'shop' does not have a target named 'prd'.
      profiles.yml:1:1 "shop" this profile
      note: it has `dev`, `prod`
      help: did you mean `prod`?
    "#);
    insta::assert_snapshot!(world(&files).said(), @r#"
    Error undefined-env-var: the environment variable `SHOP_TARGET` is not set
      profiles.yml:2:12 "{{ env_var('SHOP_TARGET') }}" in this setting
    "#);
    insta::assert_snapshot!(world(&files).typed("target", "prod").said(), @r#"
    Error undefined-env-var: the environment variable `UNSET` is not set
      profiles.yml:5:37 "{{ env_var('UNSET') }}" in this setting
    "#);
    insta::assert_snapshot!(world(&files).typed("profiles-dir", "/nowhere").said(), @r"
    Error missing-profile: the folder given for profiles has no `profiles.yml`
      note: looked in `/nowhere`
      help: write a `profiles.yml` beside the project file, or name its folder with `--profiles-dir`
    ");
    insta::assert_snapshot!(world(&[]).said(), @r"
    Error no-project: there is no project here: no `project.yml` or `dbt_project.yml`
      note: looked in `/shop` and the folders above it
      help: change into a project's folder, or name it with `--project-dir`
      help: `aquifer init <name>` begins a new project
    ");
    insta::assert_snapshot!(world(&[]).typed("project-dir", "elsewhere").said(), @r"
    Error no-project: there is no project here: no `project.yml` or `dbt_project.yml`
      note: looked in `/shop/elsewhere`
      help: change into a project's folder, or name it with `--project-dir`
      help: `aquifer init <name>` begins a new project
    ");
}

#[test]
fn what_is_wrong_in_a_project_file_is_said_at_once() {
    let project = "name: my-shop\nmodelpaths: [a]\nsource-paths: [src]\nseed-paths: {a: 1}\ntests: {}\nquoting: {schma: true}\ndispatch: [{search_order: [a]}]\nrequire-dbt-version: \">=2.0\"\nflags: {fail_fst: true, validate_macro_args: 1}\n";
    let files = [("/shop/project.yml", project), ("/shop/dbt_project.yml", PROJECT)];
    insta::assert_snapshot!(world(&files).command(Command::Clean).said(), @r#"
    Warning unknown-key: there is no flag `fail_fst`
      project.yml:9:9 "fail_fst" has no effect
      help: did you mean `fail_fast`?
    Error invalid-value: the flag `validate_macro_args` must be `true` or `false`
      project.yml:9:46 "1" this is a number
    Note deprecated: `project.yml` is used, `dbt_project.yml` is not
      help: keep one of the two files
    Warning deprecated: `source-paths` is now called `model-paths`
      project.yml:3:1 "source-paths" write `model-paths`
    Warning unknown-key: the project file has a key `modelpaths` that is not known
      project.yml:2:1 "modelpaths" has no effect
      help: did you mean `model-paths`?
    Error invalid-value: `seed-paths` of the project file must be text or a list of texts
      project.yml:4:13 "{a: 1" this is a mapping
    Error missing-key: a `dispatch` rule has no `macro_namespace`
      project.yml:7:13 "search_order" `macro_namespace:` is required
      help: add `macro_namespace: ...`
    Warning unknown-key: `quoting` has a key `schma` that is not known
      project.yml:6:11 "schma" has no effect
      help: did you mean `schema`?
    Error invalid-value: `my-shop` cannot be a project's name
      project.yml:1:7 "my-shop" only letters, digits and underscores, and no digit first
      help: for instance `my_shop`
    "#);
    let files = [("/shop/project.yml", "name: shop\nrequire-dbt-version: [\">=1.0\", \"<1.5\"]\n")];
    insta::assert_snapshot!(world(&files).command(Command::Clean).said(), @r#"
    Error invalid-value: project `shop` requires dbt >=1.0, <1.5, but this is dbt 1.11.16
      project.yml:2:22 "[\">=1.0\", \"<1.5" not satisfied
      help: widen `require-dbt-version`, or use `--no-version-check`
    "#);
}

#[test]
fn options_that_cannot_be_read_or_combined_are_usage_errors() {
    let files = [("/shop/dbt_project.yml", PROJECT), ("/shop/profiles.yml", PLAIN_PROFILES)];
    let world = world(&files)
        .command(Command::Compile)
        .variable("DBT_FAIL_FAST", "maybe")
        .variable("DBT_ENGINE_FAIL_FATS", "1")
        .variable("DBT_NO_PRINT", "1")
        .typed("vars", "[a]")
        .typed("threads", "four")
        .typed("inline", "select 1")
        .typed("select", "a");
    insta::assert_snapshot!(world.said(), @r"
    Warning unknown-key: the variable `DBT_ENGINE_FAIL_FATS` is not known
      help: did you mean `DBT_ENGINE_FAIL_FAST`?
    Error usage: `--threads` must be a whole number, not `four`
    Error usage: `DBT_FAIL_FAST` must be true or false, not `maybe`
    Error usage: `--vars` must be a YAML mapping, not `[a]`
      help: for instance --vars '{key: value, other: 1}'
    Warning deprecated: the variable `DBT_NO_PRINT` is now called `DBT_PRINT`
    Error usage: `--select` and `--inline` cannot be used together
    ");
}

#[test]
fn a_run_records_its_arguments_as_dbt_does() {
    let files = [("/shop/dbt_project.yml", PROJECT), ("/shop/profiles.yml", PROFILES)];
    let world = world(&files).variable("SHOP_TARGET", "dev").variable("PASSWORD", "p");
    let settings = world.typed("vars", "{DBT_ENV_SECRET_X: hunter2}").settings();
    assert_eq!(settings.invocation.command_line, "aquifer build --vars {DBT_ENV_SECRET_X: *****}");
    assert_eq!(settings.target_path, PathBuf::from("/shop/target"));
    assert_eq!(settings.log_path, PathBuf::from("/shop/logs"));
    let lines: Vec<String> =
        settings.invocation.arguments.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    cache_selected_only: false
    defer: false
    empty: false
    exclude: []
    exclude_resource_types: []
    export_saved_queries: false
    favor_state: false
    include_saved_query: false
    indirect_selection: "eager"
    log_file_max_bytes: 10485760
    log_format: "default"
    log_format_file: "debug"
    log_level: "info"
    log_level_file: "debug"
    macro_debugging: false
    partial_parse: true
    partial_parse_file_diff: true
    populate_cache: true
    print: true
    printer_width: 80
    quiet: false
    resource_types: []
    select: []
    send_anonymous_usage_stats: false
    show: false
    show_all_deprecations: false
    show_resource_report: false
    static_parser: true
    upload_to_artifacts_ingest_api: false
    use_fast_test_edges: false
    vars: {"DBT_ENV_SECRET_X":"*****"}
    version_check: true
    warn_error_options: {"error":[],"warn":[],"silence":[]}
    write_json: true
    latest_version_pointer_enabled_by_default: false
    require_all_warnings_handled_by_warn_error: false
    require_batched_execution_for_custom_microbatch_strategy: false
    require_explicit_package_overrides_for_builtin_materializations: true
    require_generic_test_arguments_property: true
    require_nested_cumulative_type_params: false
    require_ref_searches_node_package_before_root: false
    require_resource_names_without_spaces: true
    require_unique_project_resource_names: false
    require_yaml_configuration_for_mf_time_spines: false
    skip_nodes_if_on_run_start_fails: false
    source_freshness_run_project_hooks: true
    state_modified_compare_more_unrendered_values: false
    state_modified_compare_vars: false
    validate_macro_args: false
    project_dir: "/shop"
    profiles_dir: "/shop"
    log_path: "/shop/logs"
    invocation_command: "aquifer build --vars {DBT_ENV_SECRET_X: *****}"
    introspect: true
    strict_mode: false
    which: "build"
    "#);
    assert_eq!(settings.jinja_flags()["WHICH"], "build");
}
