//! Projects of any size in memory: layered models with refs, configs, a macro and two tests each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use aquifer::config::{Arguments, Command, SettingScope, Settings};
use aquifer::jinja::render_setting;
use aquifer::parse::{Loaded, load};
use aquifer::source::SourceSet;
use aquifer::system::{Environment, MemoryFileSystem};

/// Models in a layer's folder; the next layer refers to this one.
const LAYERS: usize = 5;

/// A project's files.
pub struct Generated {
    files: MemoryFileSystem,
    environment: Arc<Environment>,
}

impl Generated {
    /// A project of so many models, the same for the same number.
    pub fn new(models: usize) -> Self {
        let a_layer = (models / LAYERS).max(1);
        let mut files = vec![
            ("/bench/dbt_project.yml".to_owned(), "name: bench\nprofile: bench\nvars: {since: 2024}\n".to_owned()),
            ("/bench/profiles.yml".to_owned(), PROFILES.to_owned()),
            ("/bench/macros/cents.sql".to_owned(), MACRO.to_owned()),
        ];
        for number in 0..models {
            let (layer, place) = (number / a_layer, number % a_layer);
            let name = model_name(layer, place);
            files.push((format!("/bench/models/layer_{layer}/{name}.sql"), code(layer, place, a_layer)));
            files.push((format!("/bench/models/layer_{layer}/{name}.yml"), properties(&name)));
        }
        let environment = Environment { working_directory: PathBuf::from("/bench"), ..Environment::default() };
        Self { files: MemoryFileSystem::new(files), environment: Arc::new(environment) }
    }

    /// Reads and resolves it.
    pub fn load(&self) -> Loaded {
        let sources = Arc::new(SourceSet::new());
        let arguments = Arguments { command: Command::Build, given: BTreeMap::new(), operand: None };
        let render = |text: &str, scope: &SettingScope<'_>| render_setting(text, scope, &self.environment);
        let (settings, _) = Settings::load(&arguments, &self.environment, &self.files, &sources, &render)
            .expect("the generated settings are valid");
        load(&settings, &self.files, &sources, &|_| ()).0.expect("the generated project is valid")
    }
}

const PROFILES: &str = "bench: {target: dev, outputs: {dev: {type: postgres, schema: main, dbname: db}}}\n";
const MACRO: &str = "{% macro cents(column) %}round({{ column }} / 100.0, 2){% endmacro %}\n";

fn model_name(layer: usize, place: usize) -> String {
    format!("layer_{layer}_{place:05}")
}

fn code(layer: usize, place: usize, a_layer: usize) -> String {
    if layer == 0 {
        return format!("{{{{ config(tags=['base']) }}}}\nselect {place} as id, {{{{ cents('100') }}}} as amount\n");
    }
    let parent = |step: usize| model_name(layer - 1, (place * 7 + step) % a_layer);
    format!(
        "{{{{ config(materialized='table') }}}}\nselect a.id, {{{{ cents('a.amount') }}}} as amount\n\
         from {{{{ ref('{}') }}}} as a\njoin {{{{ ref('{}') }}}} as b on a.id = b.id\nwhere a.id > {{{{ var('since') }}}}\n",
        parent(0),
        parent(1)
    )
}

fn properties(name: &str) -> String {
    format!(
        "version: 2\nmodels:\n  - name: {name}\n    description: One row an id.\n    columns:\n      - name: id\n        \
         data_tests: [unique, not_null]\n"
    )
}
