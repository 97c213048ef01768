use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::installed;
use crate::config::{Arguments, Command, SettingScope, Settings};
use crate::source::SourceSet;
use crate::system::{Environment, MemoryFileSystem};

/// Names of the packages with their folders, then what was said.
fn found(files: &[(&str, &str)]) -> String {
    let root = ("/shop/dbt_project.yml", "name: shop\nprofile: shop\n");
    let profiles = ("/shop/profiles.yml", "shop: {target: dev, outputs: {dev: {type: postgres, schema: s}}}\n");
    let fs = MemoryFileSystem::new([root, profiles].into_iter().chain(files.iter().copied()));
    let environment = Arc::new(Environment { working_directory: PathBuf::from("/shop"), ..Environment::default() });
    let sources = SourceSet::new();
    let arguments = Arguments { command: Command::Build, given: BTreeMap::new(), operand: None };
    let render = |text: &str, _: &SettingScope<'_>| Ok(serde_json::json!(text.replace("{{ v }}", "1.0.0")));
    let (settings, _) = Settings::load(&arguments, &environment, &fs, &sources, &render).unwrap();
    let (packages, diagnostics) = installed(&settings, &fs, &sources, &render);
    let packages = packages.iter().map(|package| format!("{} {}", package.name, package.root.display()));
    let said = diagnostics.iter().map(|said| {
        let place = said.primary.as_ref().map(|label| {
            let file = sources.get(label.span.file).unwrap();
            format!("{} {:?}: ", file.display, &file.text[label.span.start as usize..label.span.end as usize])
        });
        format!("{}{} {:?}{:?}", place.unwrap_or_default(), said.message, said.notes, said.help)
    });
    packages.chain(said).collect::<Vec<_>>().join("\n")
}

#[test]
fn packages_come_in_the_order_asked_for() {
    let files = [
        (
            "/shop/packages.yml",
            "packages:\n  - package: dbt-labs/dbt_utils\n    version: \"{{ v }}\"\n  - git: https://x.org/audit-log.git\n    revision: main\n  - local: ../own\n",
        ),
        ("/shop/dbt_packages/audit_log/dbt_project.yml", "name: audit_log\nrequire-dbt-version: '>=1.0'\n"),
        ("/shop/dbt_packages/audit_log/models/dbt_project.yml", "name: no\n"),
        ("/shop/dbt_packages/dbt_utils/dbt_project.yml", "name: dbt_utils\nunknown: 1\n"),
        ("/shop/dbt_packages/and_one_more/dbt_project.yml", "name: and_one_more\n"),
        ("/own/project.yml", "name: own\n"),
    ];
    insta::assert_snapshot!(found(&files), @r"
    dbt_utils /shop/dbt_packages/dbt_utils
    audit_log /shop/dbt_packages/audit_log
    own /own
    and_one_more /shop/dbt_packages/and_one_more
    ");
}

#[test]
fn a_folder_that_was_also_installed_is_one_package() {
    let files = [
        ("/shop/packages.yml", "packages: [{local: own}]\n"),
        ("/shop/own/dbt_project.yml", "name: tools\n"),
        ("/shop/dbt_packages/tools/dbt_project.yml", "name: tools\n"),
    ];
    insta::assert_snapshot!(found(&files), @"tools /shop/own");
}

#[test]
fn what_is_not_installed_is_an_error() {
    let files = [(
        "/shop/packages.yml",
        "packages:\n  - package: dbt-labs/dbt_utils\n    version: [\">=1.0.0\"]\n  - local: ../own\n  - name: x\n",
    )];
    insta::assert_snapshot!(found(&files), @r#"
    packages.yml "name: x": a package does not say where it comes from []["for instance `- package: dbt-labs/dbt_utils` with `version: 1.3.0`"]
    packages.yml "dbt-labs/dbt_utils": the package `dbt-labs/dbt_utils` is not installed []["run `aquifer deps`"]
    packages.yml "../own": the package `../own` is not installed []["there is no project in `../own`: check the path"]
    "#);
    let both = [("/shop/packages.yml", "packages: []\n"), ("/shop/dependencies.yml", "packages: []\n")];
    insta::assert_snapshot!(found(&both), @r#"dependencies.yml "packages": `packages` is given in `packages.yml` and in `dependencies.yml` []["keep one of the two"]"#);
    let twins = [
        ("/shop/dbt_packages/a/dbt_project.yml", "name: shop\n"),
        ("/shop/dbt_packages/b/dbt_project.yml", "name: b\nrequire-dbt-version: [\">=2.0.0\"]\n"),
    ];
    insta::assert_snapshot!(found(&twins), @r#"
    b /shop/dbt_packages/b
    two packages are called `shop` ["they stand in `/shop` and `/shop/dbt_packages/a`"]["remove one of them from `packages.yml`, or rename the project"]
    dbt_packages/b/dbt_project.yml "[\">=2.0.0": project `b` requires dbt >=2.0.0, but this is dbt 1.11.16 []["widen `require-dbt-version`, or use `--no-version-check`"]
    "#);
}
