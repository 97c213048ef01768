//! What metrics, semantic models and saved queries depend on, once all of them are known: measures
//! belong to semantic models, metrics are made of measures and of other metrics.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::context::Draft;
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::project::parsed::WrittenPassthrough;
use crate::resource::{JsonMap, Node, NodeKind, Passthrough, ResourceType, UniqueId};

/// The metrics that `create_metric: true` of a semantic model's measures stands for; `meta` is the
/// model's own.
pub(super) fn metrics_of_measures(written: &WrittenPassthrough, meta: &Value) -> Vec<WrittenPassthrough> {
    let asks = |measure: &&Value| measure.get("create_metric").and_then(Value::as_bool) == Some(true);
    listed(&written.definition, "measures")
        .iter()
        .filter(asks)
        .filter_map(|measure| {
            let name = measure.get("name")?.as_str()?;
            let given = |key: &str| measure.get(key).filter(|value| !value.is_null()).cloned();
            let described = || format!("Metric created from measure {name}").into();
            let definition = json!({
                "name": name,
                "label": given("label").unwrap_or_else(|| name.into()),
                "description": given("description").unwrap_or_else(described),
                "type": "simple",
                "type_params": { "measure": name, "expr": given("expr").unwrap_or_else(|| name.into()) },
                "config": { "enabled": true, "meta": meta },
            });
            let Value::Object(definition) = definition else { return None };
            Some(WrittenPassthrough {
                kind: ResourceType::Metric,
                name: name.to_owned(),
                span: written.span,
                definition,
            })
        })
        .collect()
}

/// Looks up what semantic resources, and `metric()` calls of others, name.
pub(super) fn link(drafts: &mut [Draft]) {
    let concerned = |draft: &Draft| !draft.node.metrics.is_empty() || passthrough(&draft.node).is_some();
    if !drafts.iter().any(concerned) {
        return;
    }
    let index = Index::new(drafts);
    for draft in drafts.iter_mut().filter(|draft| draft.node.config.enabled && concerned(draft)) {
        index.link(draft);
    }
}

/// A metric, semantic model or saved query; functions are linked by their calls.
fn passthrough(node: &Node) -> Option<&Passthrough> {
    match &node.kind {
        NodeKind::Passthrough(resource) if resource.resource_type != ResourceType::Function => Some(resource),
        _ => None,
    }
}

/// Metrics and measures by name, and where models stand.
struct Index {
    metrics: HashMap<String, (UniqueId, JsonMap)>,
    measures: HashMap<String, UniqueId>,
    relations: HashMap<UniqueId, Value>,
}

impl Index {
    fn new(drafts: &[Draft]) -> Self {
        let mut index = Self { metrics: HashMap::new(), measures: HashMap::new(), relations: HashMap::new() };
        for node in drafts.iter().map(|draft| &draft.node).filter(|node| node.config.enabled) {
            match (&node.kind, passthrough(node)) {
                (_, Some(resource)) if resource.resource_type == ResourceType::Metric => {
                    let entry = (node.unique_id.clone(), resource.definition.clone());
                    index.metrics.insert(node.name.clone(), entry);
                }
                (_, Some(resource)) if resource.resource_type == ResourceType::SemanticModel => {
                    let measures = listed(&resource.definition, "measures");
                    for name in measures.iter().filter_map(|measure| measure.get("name")?.as_str()) {
                        index.measures.insert(name.to_owned(), node.unique_id.clone());
                    }
                }
                (NodeKind::Model(_), _) => {
                    let relation = node.relation.as_ref().map(|relation| {
                        json!({
                            "alias": relation.identifier,
                            "schema_name": relation.schema,
                            "database": relation.database,
                            "relation_name": relation.render(),
                        })
                    });
                    index.relations.extend(relation.map(|relation| (node.unique_id.clone(), relation)));
                }
                _ => {}
            }
        }
        index
    }

    fn link(&self, draft: &mut Draft) {
        let mut found = Found::default();
        for names in &draft.node.metrics {
            self.metric(names.last().map_or("", String::as_str), &mut found);
        }
        let mut additions = JsonMap::new();
        if let Some(resource) = passthrough(&draft.node) {
            let definition = &resource.definition;
            match resource.resource_type {
                ResourceType::Metric => {
                    self.inputs(definition, &mut found, true);
                    additions.insert("input_measures".to_owned(), found.measures.drain(..).collect());
                }
                ResourceType::SavedQuery => {
                    let query = definition.get("query_params").and_then(Value::as_object);
                    for name in query.iter().flat_map(|query| listed(query, "metrics")).filter_map(Value::as_str) {
                        self.metric(name, &mut found);
                    }
                }
                _ => {
                    let model = draft.node.depends_on.nodes.first().and_then(|id| self.relations.get(id));
                    additions.extend(model.map(|relation| ("node_relation".to_owned(), relation.clone())));
                }
            }
        }
        if let NodeKind::Passthrough(resource) = &mut draft.node.kind {
            resource.definition.extend(additions);
        }
        for id in found.nodes {
            if !draft.node.depends_on.nodes.contains(&id) {
                draft.node.depends_on.nodes.push(id);
            }
        }
        for (kind, name) in found.missing {
            let what = format!("{} `{}`", draft.node.resource_type(), draft.node.name);
            draft.problems.push(self.unknown(&what, kind, &name).at(draft.place, "declared here"));
        }
    }

    fn metric(&self, name: &str, found: &mut Found) {
        match self.metrics.get(name) {
            Some((id, _)) => found.nodes.push(id.clone()),
            None => found.missing.push(("metric", name.to_owned())),
        }
    }

    /// What a metric is computed from. Only what it names itself it depends on; the measures of its
    /// metrics are its measures too.
    fn inputs(&self, definition: &JsonMap, found: &mut Found, direct: bool) {
        let Some(parameters) = definition.get("type_params").and_then(Value::as_object) else { return };
        let inner = |outer: &str, key: &str| parameters.get(outer).and_then(|outer| outer.get(key));
        let measures = [
            parameters.get("measure"),
            inner("conversion_type_params", "base_measure"),
            inner("conversion_type_params", "conversion_measure"),
        ];
        for measure in measures.into_iter().flatten().filter(|measure| !measure.is_null()) {
            let measure = if measure.is_string() { json!({ "name": measure }) } else { measure.clone() };
            let name = measure.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            if !found.measures.contains(&measure) {
                found.measures.push(measure);
            }
            match self.measures.get(&name) {
                Some(id) if direct => found.nodes.push(id.clone()),
                None if direct => found.missing.push(("measure", name)),
                _ => {}
            }
        }
        let several = listed(parameters, "metrics").iter();
        let single =
            [parameters.get("numerator"), parameters.get("denominator"), inner("cumulative_type_params", "metric")];
        for input in single.into_iter().flatten().chain(several).filter(|input| !input.is_null()) {
            let name = input.as_str().or_else(|| input.get("name")?.as_str()).unwrap_or_default();
            if direct {
                self.metric(name, found);
            }
            if let Some((id, definition)) = self.metrics.get(name)
                && !found.seen.contains(id)
            {
                found.seen.push(id.clone());
                self.inputs(definition, found, false);
            }
        }
    }

    fn unknown(&self, what: &str, kind: &str, name: &str) -> Diagnostic {
        let problem =
            Diagnostic::error(Code::UnknownRef, format!("{what} refers to {kind} `{name}`, which does not exist"));
        let near = match kind {
            "metric" => closest(name, self.metrics.keys().map(String::as_str)),
            _ => closest(name, self.measures.keys().map(String::as_str)),
        };
        match near {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        }
    }
}

/// What the names of one resource lead to.
#[derive(Default)]
struct Found {
    nodes: Vec<UniqueId>,
    measures: Vec<Value>,
    missing: Vec<(&'static str, String)>,
    /// Metrics gone through already.
    seen: Vec<UniqueId>,
}

fn listed<'a>(map: &'a JsonMap, key: &str) -> &'a [Value] {
    map.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
