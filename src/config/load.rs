//! Command line, environment, project file and profile -> [`Settings`].

use std::path::PathBuf;
use std::sync::Arc;

use super::arguments::{Arguments, OptionValues};
use super::find::normalized;
use super::{
    Examined, Flags, Invocation, Profile, ProjectSettings, RenderSetting, SettingRenderer, SettingScope, Settings,
    invocation,
};
use crate::diagnostic::{Diagnostics, has_errors};
use crate::resource::JsonMap;
use crate::source::SourceSet;
use crate::system::{Environment, FileSystem};

impl Settings {
    /// Finds and reads everything that decides how a command runs. Packages are left to
    /// [`crate::package::installed`].
    ///
    /// # Errors
    /// All that stands in the way: `usage`, `no-project`, `missing-profile`, `missing-target`,
    /// `invalid-yaml`, `invalid-value`.
    pub fn load(
        arguments: &Arguments,
        environment: &Arc<Environment>,
        fs: &dyn FileSystem,
        sources: &SourceSet,
        render: RenderSetting<'_>,
    ) -> Result<(Self, Diagnostics), Diagnostics> {
        let examined = Examined::new(arguments, environment, fs, sources, render);
        let diagnostics: Diagnostics =
            [examined.option_problems, examined.profile_problems, examined.project_problems].concat();
        let (Some(project), Some(mut profile)) = (examined.project, examined.profile) else { return Err(diagnostics) };
        if has_errors(&diagnostics) {
            return Err(diagnostics);
        }
        let (values, flags) = (examined.values, examined.flags);
        profile.threads = threads(&flags, &profile);
        let log_path = log_path(&values, &project, environment);
        let record = [
            ("project_dir", project.root.display().to_string()),
            ("profiles_dir", examined.places.profiles.shown(fs).display().to_string()),
            ("log_path", log_path.display().to_string()),
            ("invocation_command", invocation::scrubbed_command_line(environment, &examined.vars)),
        ];
        let settings = Self {
            packages: Vec::new(),
            target_path: target_path(&values, &project),
            invocation: invocation(&values, &flags, &record),
            project: Arc::new(project),
            profile,
            flags,
            vars: examined.vars,
            environment: environment.clone(),
            log_path,
        };
        Ok((settings, diagnostics))
    }

    /// A renderer for further settings of this run, with `target` known.
    pub fn renderer<'a>(&'a self, render: RenderSetting<'a>) -> SettingRenderer<'a> {
        let scope = SettingScope { vars: &self.vars, target: Some(&self.profile.context), secrets: false };
        SettingRenderer::new(render, scope)
    }

    /// Jinja's `flags`.
    pub fn jinja_flags(&self) -> JsonMap {
        invocation::jinja_flags(&self.flags, &self.invocation.arguments)
    }
}

fn invocation(values: &OptionValues, flags: &Flags, record: &[(&str, String)]) -> Invocation {
    let command_line = record.last().map(|(_, line)| line.clone()).unwrap_or_default();
    Invocation {
        id: uuid::Uuid::new_v4().to_string(),
        started_at: chrono::Utc::now(),
        command: values.command().name().to_owned(),
        command_line,
        arguments: invocation::record(values, flags, record),
    }
}

/// The number of nodes that may run at once: the command line's, else the profile's.
fn threads(flags: &Flags, profile: &Profile) -> usize {
    if flags.single_threaded { 1 } else { flags.threads.unwrap_or(profile.threads) }
}

fn target_path(values: &OptionValues, project: &ProjectSettings) -> PathBuf {
    let said = values.path("target-path").or_else(|| project.target_path.clone().map(PathBuf::from));
    normalized(&project.root.join(said.unwrap_or_else(|| PathBuf::from("target"))))
}

/// `--log-path` is relative to where the command runs, `log-path` to the project, as in dbt.
fn log_path(values: &OptionValues, project: &ProjectSettings, environment: &Environment) -> PathBuf {
    match values.path("log-path") {
        Some(path) => normalized(&environment.working_directory.join(path)),
        None => normalized(&project.root.join(project.log_path.as_deref().unwrap_or("logs"))),
    }
}
