//! Everything that decides how a command runs, read as far as it can be.

use super::arguments::{Arguments, OptionValues, unknown_variables};
use super::profile::ProfileRequest;
use super::project_load::ProjectFile;
use super::yaml::Yaml;
use super::{
    DBT_VERSION, Flags, Places, Profile, ProjectSettings, RenderSetting, SettingRenderer, SettingScope, flags_read,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resource::JsonMap;
use crate::source::SourceSet;
use crate::system::{Environment, FileSystem};

/// What was found and what is wrong with it. [`Settings::load`](super::Settings::load) wants all of
/// it; `debug` shows how far it got.
#[derive(Debug, Clone)]
pub struct Examined {
    /// Where things are.
    pub places: Places,
    /// Options as merged.
    pub values: OptionValues,
    /// The same, as flags.
    pub flags: Flags,
    /// `--vars`.
    pub vars: JsonMap,
    /// The project, if it can be understood.
    pub project: Option<ProjectSettings>,
    /// The profile, if it can be; the embedded one for commands that build nothing.
    pub profile: Option<Profile>,
    /// Whether there is a `profiles.yml`.
    pub profiles_found: bool,
    /// What is wrong with options and variables.
    pub option_problems: Diagnostics,
    /// What is wrong with the project file.
    pub project_problems: Diagnostics,
    /// What is wrong with the profile.
    pub profile_problems: Diagnostics,
}

impl Examined {
    /// Reads options, project file and profile.
    pub fn new(
        arguments: &Arguments,
        environment: &Environment,
        fs: &dyn FileSystem,
        sources: &SourceSet,
        render: RenderSetting<'_>,
    ) -> Self {
        // Where the project is cannot depend on what its file says; problems are reported below.
        let early = OptionValues::resolve(arguments, environment, None, sources, &mut Diagnostics::new());
        let places = Places::find(&early, environment, fs);
        let (file, mut project_problems) = match &places.project {
            Ok(root) => ProjectFile::read(fs, sources, root, ""),
            Err(problem) => (None, vec![(**problem).clone()]),
        };
        let mut option_problems = unknown_variables(environment);
        let project_flags = file.as_ref().and_then(|file| file.tree.get("flags"));
        let values = OptionValues::resolve(arguments, environment, project_flags, sources, &mut option_problems);
        flags_read::check_together(&values, &mut option_problems);
        let flags = flags(arguments, &values, file.as_ref(), environment, &mut option_problems);
        let vars = values.map("vars").cloned().unwrap_or_default();

        let renderer = SettingRenderer::new(render, SettingScope { vars: &vars, target: None, secrets: false });
        let request = profile_request(&values, file.as_ref(), &renderer, &mut project_problems);
        let (profile, profile_problems) = if !arguments.command.needs_profile() {
            (Some(Profile::embedded(&request)), Diagnostics::new())
        } else if file.is_none() && request.name.is_none() {
            // Without a project nobody knows which profile is meant.
            (None, Diagnostics::new())
        } else {
            Profile::load(fs, sources, &places.profiles, &request, &renderer)
        };
        let target = profile.as_ref().map(|profile| profile.context.clone()).unwrap_or_default();
        let renderer = renderer.with_target(&target);
        let project = file.and_then(|file| ProjectSettings::understand(&file, &renderer, &mut project_problems));
        if let Some(project) = project.as_ref().filter(|_| flags.version_check) {
            check_version(project, &mut project_problems);
        }
        let profiles_found = places.profiles.folder(fs).is_some();
        Self {
            places,
            values,
            flags,
            vars,
            project,
            profile,
            profiles_found,
            option_problems,
            project_problems,
            profile_problems,
        }
    }
}

fn flags(
    arguments: &Arguments,
    values: &OptionValues,
    file: Option<&ProjectFile>,
    environment: &Environment,
    problems: &mut Diagnostics,
) -> Flags {
    let root = file.map_or(&environment.working_directory, |file| &file.root);
    let mut flags = flags_read::flags(values, root);
    flags.behaviors = flags_read::behaviors(file.and_then(|file| file.tree.get("flags")), problems);
    let operation = arguments.operand.clone().filter(|_| arguments.command == super::Command::RunOperation);
    flags.relation = arguments.operand.clone().filter(|_| arguments.command == super::Command::History);
    flags.operation = operation.map(|name| (name, values.map("args").cloned().unwrap_or_default()));
    flags
}

fn profile_request(
    values: &OptionValues,
    file: Option<&ProjectFile>,
    renderer: &SettingRenderer<'_>,
    diagnostics: &mut Diagnostics,
) -> ProfileRequest {
    let typed = values.text("profile").map(str::to_owned);
    let key = |name: &str| file.and_then(|file| file.tree.get(name));
    ProfileRequest {
        name_place: key("profile").map(|name| name.span).filter(|_| typed.is_none()),
        name: typed.or_else(|| file?.profile(renderer, diagnostics)),
        target: values.text("target").map(str::to_owned),
        threads: values.number("threads").and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0),
        project: key("name").and_then(Yaml::scalar_text).unwrap_or_default(),
        root: file.map(|file| file.root.clone()).unwrap_or_default(),
    }
}

/// Whether the project asks for a dbt version whose contract is not the one kept here.
pub fn check_version(project: &ProjectSettings, diagnostics: &mut Diagnostics) {
    let place = project.tree.get("require-dbt-version").map(|value| value.span);
    let wanted = || project.require_dbt_version.join(", ");
    match project.takes_dbt_version(DBT_VERSION) {
        Ok(true) => {}
        Ok(false) => diagnostics.push(
            Diagnostic::error(
                Code::InvalidValue,
                format!("project `{}` requires dbt {}, but this is dbt {DBT_VERSION}", project.name, wanted()),
            )
            .at_opt(place, "not satisfied")
            .help("widen `require-dbt-version`, or use `--no-version-check`"),
        ),
        Err(requirement) => diagnostics.push(
            Diagnostic::error(Code::InvalidValue, format!("`{requirement}` is not a version requirement"))
                .at_opt(place, "not understood")
                .help("write for instance `>=1.8.0` or `[\">=1.8.0\", \"<2.0.0\"]`"),
        ),
    }
}
