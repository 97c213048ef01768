use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use crate::jinja::python::split_kwargs;
use crate::relation::{Relation, RelationKind};

/// A relation as templates see it; prints as its name in SQL.
#[derive(Debug, Clone)]
pub(in crate::jinja) struct RelationValue {
    pub(in crate::jinja) relation: Relation,
    /// What it prints as, when that is not its name.
    pub(in crate::jinja) text: Option<String>,
}

impl RelationValue {
    /// A relation as a value.
    pub(in crate::jinja) fn value(relation: Relation) -> Value {
        Value::from_object(Self { relation, text: None })
    }

    /// A relation that prints as another text (CTEs of ephemeral models).
    pub(in crate::jinja) fn shown_as(relation: Relation, text: Option<String>) -> Value {
        Value::from_object(Self { relation, text })
    }

    fn printed(&self) -> String {
        self.text.clone().unwrap_or_else(|| self.relation.render())
    }

    fn is(&self, kind: RelationKind) -> Value {
        Value::from(self.relation.kind == Some(kind))
    }

    /// `include(database=false)`: parts that are left out print no more.
    fn include(&self, named: &Value) -> Value {
        let keeps = |part: &str| {
            named.get_attr(part).ok().filter(|flag| !flag.is_undefined()).is_none_or(|flag| flag.is_true())
        };
        let mut relation = self.relation.clone();
        if !keeps("database") {
            relation.database.clear();
        }
        if !keeps("schema") {
            relation.schema.clear();
        }
        if !keeps("identifier") {
            relation.identifier.clear();
        }
        Self::value(relation)
    }

    fn quoted(&self, named: &Value) -> Value {
        let mut relation = self.relation.clone();
        let wants = |part: &str, known: bool| {
            named.get_attr(part).ok().filter(|flag| !flag.is_undefined()).map_or(known, |flag| flag.is_true())
        };
        relation.quote.database = wants("database", relation.quote.database);
        relation.quote.schema = wants("schema", relation.quote.schema);
        relation.quote.identifier = wants("identifier", relation.quote.identifier);
        Self::value(relation)
    }

    /// `incorporate(path={"identifier": "x"}, type="table")`.
    fn incorporate(&self, named: &Value) -> Value {
        let mut relation = self.relation.clone();
        if let Ok(path) = named.get_attr("path") {
            let part = |name: &str| path.get_attr(name).ok().and_then(|part| part.as_str().map(str::to_owned));
            if let Some(database) = part("database") {
                relation.database = database;
            }
            if let Some(schema) = part("schema") {
                relation.schema = schema;
            }
            if let Some(identifier) = part("identifier") {
                relation.identifier = identifier;
            }
        }
        if let Some(kind) = named.get_attr("type").ok().as_ref().and_then(Value::as_str).and_then(kind_of) {
            relation.kind = Some(kind);
        }
        Self::value(relation)
    }
}

/// The kind that dbt's word for it means.
pub(in crate::jinja) fn kind_of(word: &str) -> Option<RelationKind> {
    match word {
        "table" => Some(RelationKind::Table),
        "view" => Some(RelationKind::View),
        "materialized_view" | "materializedview" => Some(RelationKind::MaterializedView),
        "external" => Some(RelationKind::External),
        "cte" => Some(RelationKind::Cte),
        _ => None,
    }
}

const ATTRIBUTES: [&str; 15] = [
    "database",
    "schema",
    "identifier",
    "name",
    "table",
    "type",
    "is_table",
    "is_view",
    "is_cte",
    "is_materialized_view",
    "is_pointer",
    "can_be_renamed",
    "path",
    "quote_policy",
    "render_str",
];

impl Object for RelationValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let text = |part: &str| if part.is_empty() { Value::from(()) } else { Value::from(part) };
        let relation = &self.relation;
        Some(match key.as_str()? {
            "database" => text(&relation.database),
            "schema" => text(&relation.schema),
            "identifier" | "name" | "table" => text(&relation.identifier),
            "type" => relation.kind.map_or_else(|| Value::from(()), |kind| Value::from(kind.as_str())),
            "is_table" => self.is(RelationKind::Table),
            "is_view" => self.is(RelationKind::View),
            "is_cte" => self.is(RelationKind::Cte),
            "is_materialized_view" => self.is(RelationKind::MaterializedView),
            "is_pointer" | "is_dynamic_table" => Value::from(false),
            "can_be_renamed" | "can_be_replaced" => Value::from(relation.kind != Some(RelationKind::Cte)),
            "render_str" => Value::from(self.printed()),
            "path" => Value::from_pairs([
                ("database", text(&relation.database)),
                ("schema", text(&relation.schema)),
                ("identifier", text(&relation.identifier)),
            ]),
            "quote_policy" => Value::from_pairs([
                ("database", relation.quote.database),
                ("schema", relation.quote.schema),
                ("identifier", relation.quote.identifier),
            ]),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&ATTRIBUTES)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        let (positional, named) = split_kwargs(args);
        match name {
            "render" | "__str__" => Ok(Value::from(self.printed())),
            "include" => Ok(self.include(&named)),
            "quote" => Ok(self.quoted(&named)),
            "incorporate" => Ok(self.incorporate(&named)),
            "without_identifier" => Ok(self.include(&Value::from_pairs([("identifier", false)]))),
            "information_schema" => {
                let mut relation = Relation::new(self.relation.database.clone(), "information_schema", "");
                relation.quote = self.relation.quote;
                if let Some(view) = positional.first().and_then(Value::as_str) {
                    relation.identifier = view.to_owned();
                }
                Ok(Self::value(relation))
            }
            "replace_path" => Ok(self.incorporate(&Value::from_pairs([("path", named)]))),
            "matches" => {
                let part = |name: &str| named.get_attr(name).ok().and_then(|part| part.as_str().map(str::to_owned));
                let fits =
                    |wanted: Option<String>, has: &str| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(has));
                let relation = &self.relation;
                Ok(Value::from(
                    fits(part("database"), &relation.database)
                        && fits(part("schema"), &relation.schema)
                        && fits(part("identifier"), &relation.identifier),
                ))
            }
            "get" => Ok(positional.first().and_then(|key| self.get_value(key)).unwrap_or_else(|| Value::from(()))),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.printed())
    }
}
