//! Exposures, hooks of a run, and what is carried along as written.

use std::sync::Arc;

use serde_json::Value;

use super::calls::{self, Call};
use super::code_node::add_unplaced;
use super::context::{Context, Draft};
use super::node_config::node_config;
use super::relation_names::{facts, this_so_far};
use super::semantic;
use crate::config::{ProjectSettings, has_jinja};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::jinja::HarvestRequest;
use crate::project::parsed::{FilePlace, Properties, WrittenExposure, WrittenPassthrough};
use crate::resource::{ConfigMap, Group, JsonMap, Node, NodeKind, Origin, Passthrough, ResourceType, UniqueId};
use crate::source::Span;

impl Context<'_> {
    /// The node of an exposure.
    pub fn exposure_node(&self, file: &Properties, exposure: &WrittenExposure) -> Draft {
        let kind = NodeKind::Exposure(Box::new(exposure.exposure.clone()));
        let mut draft = self.declared(file, kind, &exposure.name, exposure.span, &exposure.config);
        self.add_free_properties(&mut draft, exposure);
        let described =
            self.described(&exposure.description, &file.place.package, Some(exposure.span), &mut draft.problems);
        (draft.node.description, draft.node.doc_blocks) = (described.text, described.doc_blocks);
        for (text, span) in &exposure.depends_on {
            match calls::read(text, Some(*span)) {
                Some(Call::Ref(call)) => draft.node.refs.push(call),
                Some(Call::Source(call)) => draft.node.sources.push(call),
                Some(Call::Metric(names)) => draft.node.metrics.push(names),
                None => draft.problems.push(
                    Diagnostic::error(
                        Code::InvalidValue,
                        format!("exposure `{}` depends on `{text}`, which is no ref, source or metric", exposure.name),
                    )
                    .at(*span, "not understood")
                    .help("write `ref('model')`, `source('source', 'table')` or `metric('name')`"),
                ),
            }
        }
        draft
    }

    /// Puts `tags` and `meta` that stand beside `config` to those in it: tags sorted, each once.
    fn add_free_properties(&self, draft: &mut Draft, exposure: &WrittenExposure) {
        let config = &mut draft.node.config;
        let mut tags: Vec<String> = config.tags.iter().chain(&exposure.tags).cloned().collect();
        tags.sort();
        tags.dedup();
        let mut meta = exposure.meta.clone();
        if let Some(Value::Object(configured)) = config.values.get("meta") {
            meta.extend(configured.clone());
        }
        config.values.insert("tags".to_owned(), tags.clone().into());
        config.values.insert("meta".to_owned(), meta.into());
        config.tags = tags;
    }

    /// The node of a metric, semantic model, saved query or function.
    pub fn passthrough_node(&self, file: &Properties, written: &WrittenPassthrough) -> Draft {
        let config = match written.definition.get("config") {
            Some(Value::Object(config)) => config.clone(),
            _ => ConfigMap::new(),
        };
        let kind = NodeKind::Passthrough(Box::new(Passthrough {
            resource_type: written.kind,
            definition: written.definition.clone(),
        }));
        let mut draft = self.declared(file, kind, &written.name, written.span, &config);
        let text = |key: &str| written.definition.get(key).and_then(Value::as_str).unwrap_or_default();
        let package = &file.place.package;
        let described = self.described(text("description"), package, Some(written.span), &mut draft.problems);
        (draft.node.description, draft.node.doc_blocks) = (described.text, described.doc_blocks);
        if written.kind == ResourceType::SavedQuery {
            draft.node.namespace = Some((self.settings.profile.database.clone(), self.settings.profile.schema.clone()));
        }
        if let Some(Call::Ref(call)) = calls::read(text("model"), Some(written.span)) {
            draft.node.refs.push(call);
        }
        draft
    }

    /// The metrics that a semantic model's measures ask for.
    pub fn measure_metrics(&self, file: &Properties, written: &WrittenPassthrough, model: &Draft) -> Vec<Draft> {
        if written.kind != ResourceType::SemanticModel || !model.node.config.enabled {
            return Vec::new();
        }
        let meta = model.node.config.get("meta").cloned().unwrap_or_default();
        semantic::metrics_of_measures(written, &meta).iter().map(|metric| self.passthrough_node(file, metric)).collect()
    }

    /// A group with what the project file says of models where it stands. COMPAT: so dbt 1.11 computes it.
    pub fn configured(&self, group: &Group) -> Group {
        let folders = group.path.rsplit_once('/').map(|(folders, _)| folders).unwrap_or_default();
        let folders = folders.split('/').filter(|folder| !folder.is_empty());
        let fqn: Vec<String> = [group.package.as_str()]
            .into_iter()
            .chain(folders)
            .chain([group.name.as_str()])
            .map(str::to_owned)
            .collect();
        let mut config = JsonMap::new();
        let levels = self.levels_of_models(&group.package, &fqn);
        let said = levels.iter().chain([&group.config]).flat_map(|level| level.iter());
        for (key, value) in said.filter(|(key, _)| !matches!(key.as_str(), "pre-hook" | "post-hook")) {
            match (config.get_mut(key), value) {
                (Some(Value::Object(before)), Value::Object(after)) if key == "meta" => before.extend(after.clone()),
                _ => {
                    config.insert(key.clone(), value.clone());
                }
            }
        }
        Group { config, ..group.clone() }
    }

    /// A node that stands in a properties file alone.
    fn declared(&self, file: &Properties, kind: NodeKind, name: &str, span: Span, config: &ConfigMap) -> Draft {
        let mut problems = Diagnostics::new();
        let place = &file.place;
        let resource_type = kind.resource_type();
        let package = place.package.as_ref();
        let fqn = declared_fqn(place, name);
        let what = format!("{resource_type} `{name}`");
        let mut merged = self.merged(resource_type, package, &fqn, config);
        self.finish(&mut merged, resource_type, package, &fqn, &ConfigMap::new());
        let origin = Origin {
            file: place.file,
            span,
            path: place.path.clone(),
            original_file_path: place.original.clone(),
            patch_path: None,
            patch_span: None,
            config_span: None,
        };
        let mut node = Node::bare(kind, name.to_owned(), package.to_owned(), fqn, origin);
        node.unique_id = UniqueId::new(format!("{resource_type}.{package}.{name}"));
        node.config = node_config(merged.values, &what, span, &mut problems);
        node.unrendered_config = merged.unrendered;
        node.alias = name.to_owned();
        Draft { place: span, display: place.display.clone(), node, problems, is_orphan: false }
    }

    /// The nodes of a project's `on-run-start` and `on-run-end`.
    pub fn hook_nodes(&self, project: &ProjectSettings) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for (at_start, word, hooks) in
            [(true, "on-run-start", &project.on_run_start), (false, "on-run-end", &project.on_run_end)]
        {
            for (index, sql) in hooks.iter().enumerate() {
                drafts.push(self.hook_node(project, (at_start, word), index, sql));
            }
        }
        drafts
    }

    fn hook_node(&self, project: &ProjectSettings, (at_start, word): (bool, &str), index: usize, sql: &str) -> Draft {
        let mut problems = Diagnostics::new();
        let name = format!("{}-{word}-{index}", project.name);
        let written = project.tree.get(word);
        let place = written
            .map(|list| list.items().get(index).map_or(list.span, |item| item.span))
            .unwrap_or(Span::new(project.file.file, 0, 0));
        let origin = Origin {
            file: project.file.file,
            span: place,
            path: format!("hooks/{name}.sql"),
            // COMPAT: so written in dbt 1.11's manifest, whatever the file is called.
            original_file_path: "./dbt_project.yml".to_owned(),
            patch_path: None,
            patch_span: None,
            config_span: None,
        };
        let fqn = vec![project.name.clone(), "hooks".to_owned(), name.clone()];
        let kind = NodeKind::Operation { at_start, index };
        let mut node = Node::bare(kind, name.clone(), project.name.clone(), fqn, origin);
        node.unique_id = UniqueId::new(format!("operation.{}.{name}", project.name));
        node.raw_code = sql.into();
        node.alias = name.clone();
        node.checksum = self.checksums.get(&project.name).cloned().unwrap_or_default();
        let mut merged = self.merged(ResourceType::Operation, &project.name, &node.fqn, &ConfigMap::new());
        self.finish(&mut merged, ResourceType::Operation, &project.name, &node.fqn, &ConfigMap::new());
        node.config = node_config(merged.values, &format!("hook `{name}`"), place, &mut problems);
        node.config.tags.insert(0, word.to_owned());
        node.unrendered_config = merged.unrendered;
        self.place(&mut node, &mut problems);
        node.namespace = node.relation.take().map(|place| (place.database, place.schema));
        if has_jinja(sql) {
            let request = HarvestRequest {
                package: &project.name,
                file: project.file.file,
                offset: place.start,
                code: sql,
                model: facts(&node).into(),
                this: Some(this_so_far(&node)),
                config: Arc::new(node.config.values.clone()),
            };
            match self.engine.harvest(&request) {
                Ok(harvest) => {
                    problems.extend(self.undefined(&project.name, harvest.undefined.as_deref()));
                    add_unplaced(&mut node, harvest);
                }
                Err(problem) => problems.push(*problem),
            }
        }
        Draft { place, display: project.file.display.clone(), node, problems, is_orphan: false }
    }
}

/// Package, folders below the resource folder, name.
pub(super) fn declared_fqn(place: &FilePlace, name: &str) -> Vec<String> {
    let mut fqn = vec![place.package.to_string()];
    let folders: Vec<&str> = place.path.split('/').collect();
    fqn.extend(folders.iter().take(folders.len().saturating_sub(1)).map(|folder| (*folder).to_owned()));
    fqn.push(name.to_owned());
    fqn
}
