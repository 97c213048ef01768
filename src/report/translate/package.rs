//! Lines about packages.

use serde_json::{Value, json};

use super::Translator;
use crate::config::LogLevel;
use crate::report::event::PackageStep;
use crate::report::line::Line;

impl Translator {
    /// The line of a step of `deps`.
    pub(super) fn package(&self, step: &PackageStep) -> Line {
        let (name, code, text, data) = wording(step);
        self.line(Line::new(name, code, LogLevel::Info, text), || data)
    }
}

type Worded = (&'static str, &'static str, String, Value);

fn wording(step: &PackageStep) -> Worded {
    match step {
        PackageStep::NoneAsked => {
            let text = "Warning: No packages were found in packages.yml".to_owned();
            ("DepsNoPackagesFound", "M013", text, json!({}))
        }
        PackageStep::Installing(name) => {
            ("DepsStartPackageInstall", "M014", format!("Installing {name}"), json!({ "package_name": name }))
        }
        PackageStep::Installed(version) => {
            ("DepsInstallInfo", "M015", format!("Installed from {version}"), json!({ "version_name": version }))
        }
        PackageStep::Kept(version) => {
            let text = format!("Installed already from {version}");
            ("DepsInstallInfo", "M015", text, json!({ "version_name": version }))
        }
        PackageStep::Newest(None) => ("DepsUpToDate", "M017", "Up to date!".to_owned(), json!({})),
        PackageStep::Newest(Some(version)) => {
            let text = format!("Updated version available: {version}");
            ("DepsUpdateAvailable", "M016", text, json!({ "version_latest": version }))
        }
        PackageStep::Subdirectory(folder) => {
            ("DepsListSubdirectory", "M018", format!("and subdirectory {folder}"), json!({ "subdirectory": folder }))
        }
        PackageStep::Outdated(packages) => {
            let list = packages.join(", ");
            let text = format!(
                "Updates available for packages: {list}\nUpdate your versions in packages.yml, then run aquifer deps"
            );
            ("DepsNotifyUpdatesAvailable", "M019", text, json!({ "packages": packages }))
        }
        PackageStep::Locked(path) => {
            let text = format!("Updating lock file in file path: {path}");
            ("DepsLockUpdating", "M031", text, json!({ "lock_filepath": path }))
        }
        PackageStep::Added { package, version, file } => {
            let at = version.as_ref().map(|version| format!("@{version}")).unwrap_or_default();
            let text = format!("Added new package {package}{at} to {file}");
            let data = json!({ "package_name": package, "version": version, "packages_filepath": file });
            ("DepsAddPackage", "M032", text, data)
        }
        PackageStep::Replaced(entry) => {
            let text = format!("Found duplicate package in packages.yml, removing: {entry}");
            ("DepsFoundDuplicatePackage", "M033", text, json!({ "removed_package": entry }))
        }
    }
}
