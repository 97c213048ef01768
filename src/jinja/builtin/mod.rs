//! The engine's own macros, package `dbt`: what dbt projects and packages expect to be there.

use super::macro_file::macros_of_file;
use super::macros::BUILTIN;
use crate::resource::Macro;
use crate::source::{FileId, SourceSet, Span};

/// Files by their path within the package.
const FILES: &[(&str, &str)] = &[
    ("macros/names.sql", include_str!("names.sql")),
    ("macros/generic_tests.sql", include_str!("generic_tests.sql")),
    ("macros/anomaly_tests.sql", include_str!("anomaly_tests.sql")),
    ("macros/configs.sql", include_str!("configs.sql")),
    ("macros/relations.sql", include_str!("relations.sql")),
    ("macros/create.sql", include_str!("create.sql")),
    ("macros/incremental.sql", include_str!("incremental.sql")),
    ("macros/upkeep.sql", include_str!("upkeep.sql")),
    ("macros/materializations.sql", include_str!("materializations.sql")),
    ("macros/data_types.sql", include_str!("data_types.sql")),
    ("macros/seeds.sql", include_str!("seeds.sql")),
    ("macros/snapshots.sql", include_str!("snapshots.sql")),
    ("macros/snapshot_tables.sql", include_str!("snapshot_tables.sql")),
    ("macros/dates.sql", include_str!("dates.sql")),
    ("macros/text.sql", include_str!("text.sql")),
    ("macros/queries.sql", include_str!("queries.sql")),
    ("macros/metadata.sql", include_str!("metadata.sql")),
];

/// The engine's own macros.
pub fn builtin_macros() -> Vec<Macro> {
    let set = SourceSet::new();
    let mut macros = Vec::new();
    for (path, text) in FILES {
        let id = set.add(*path, *path, *text);
        if let Some(file) = set.get(id) {
            let (mut found, problems) = macros_of_file(&file, BUILTIN, path);
            debug_assert!(problems.is_empty(), "{path}: {problems:?}");
            // They stand in no file of the user's.
            found.iter_mut().for_each(|item| item.span = Span { file: FileId(u32::MAX), ..item.span });
            macros.append(&mut found);
        }
    }
    macros
}
