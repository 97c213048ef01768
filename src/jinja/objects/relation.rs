use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use super::MutableMap;
use crate::diagnostic::Code;
use crate::jinja::failure::fail;
use crate::jinja::python::{repr, split_kwargs, text};
use crate::relation::{Moment, Relation, RelationKind};

/// The longest name that PostgreSQL keeps whole.
const LONGEST_NAME: usize = 63;

/// A relation as templates see it; prints as its name in SQL.
#[derive(Debug, Clone)]
pub(in crate::jinja) struct RelationValue {
    pub(in crate::jinja) relation: Relation,
    /// What it prints as, when that is not its name.
    text: Option<String>,
    /// Which parts are printed: database, schema, identifier.
    shown: [bool; 3],
}

impl RelationValue {
    fn new(relation: Relation) -> Self {
        Self { relation, text: None, shown: [true; 3] }
    }

    /// A relation as a value.
    pub(in crate::jinja) fn value(relation: Relation) -> Value {
        Value::from_object(Self::new(relation))
    }

    /// A relation that prints as another text (CTEs of ephemeral models).
    pub(in crate::jinja) fn shown_as(relation: Relation, text: Option<String>) -> Value {
        Value::from_object(Self { text, ..Self::new(relation) })
    }

    fn changed(&self, relation: Relation) -> Value {
        Value::from_object(Self { relation, ..self.clone() })
    }

    fn printed(&self) -> String {
        if let Some(text) = &self.text {
            return text.clone();
        }
        let [database, schema, identifier] = self.shown;
        let part = |shown: bool, part: &String| if shown { part.clone() } else { String::new() };
        let relation = &self.relation;
        let shown = Relation {
            database: part(database, &relation.database),
            schema: part(schema, &relation.schema),
            identifier: part(identifier, &relation.identifier),
            ..relation.clone()
        };
        shown.render()
    }

    fn is(&self, kind: RelationKind) -> Value {
        Value::from(self.relation.kind == Some(kind))
    }

    fn is_one_of(&self, kinds: &[RelationKind]) -> Value {
        Value::from(self.relation.kind.is_some_and(|kind| kinds.contains(&kind)))
    }

    /// `include(database=false)`: parts that are left out are kept and printed no more.
    fn include(&self, args: &[Value]) -> Value {
        let [database, schema, identifier] = self.shown;
        let shown = [
            flag(args, 0, "database", database),
            flag(args, 1, "schema", schema),
            flag(args, 2, "identifier", identifier),
        ];
        Value::from_object(Self { shown, ..self.clone() })
    }

    /// `quote(identifier=false)`.
    fn quoted(&self, args: &[Value]) -> Value {
        let mut relation = self.relation.clone();
        relation.quote.database = flag(args, 0, "database", relation.quote.database);
        relation.quote.schema = flag(args, 1, "schema", relation.quote.schema);
        relation.quote.identifier = flag(args, 2, "identifier", relation.quote.identifier);
        self.changed(relation)
    }

    /// `incorporate(path={"identifier": "x"}, type="table")`.
    fn incorporate(&self, named: &Value) -> Value {
        let mut value = self.clone();
        if let Some(path) = given(named, "path") {
            value.replace_path(&path);
        }
        if let Some(kind) = given(named, "type").as_ref().and_then(Value::as_str).and_then(RelationKind::named) {
            value.relation.kind = Some(kind);
        }
        if let Some(policy) = given(named, "quote_policy") {
            let quote = &mut value.relation.quote;
            quote.database = named_flag(&policy, "database", quote.database);
            quote.schema = named_flag(&policy, "schema", quote.schema);
            quote.identifier = named_flag(&policy, "identifier", quote.identifier);
        }
        if let Some(policy) = given(named, "include_policy") {
            let [database, schema, identifier] = value.shown;
            value.shown = [
                named_flag(&policy, "database", database),
                named_flag(&policy, "schema", schema),
                named_flag(&policy, "identifier", identifier),
            ];
        }
        Value::from_object(value)
    }

    /// A part that is none goes away; one that is not given stays.
    fn replace_path(&mut self, path: &Value) {
        let part = |name: &str| match given(path, name)? {
            part if part.is_none() => Some(String::new()),
            part => Some(text(&part)),
        };
        let relation = &mut self.relation;
        for (name, slot) in [
            ("database", &mut relation.database),
            ("schema", &mut relation.schema),
            ("identifier", &mut relation.identifier),
        ] {
            if let Some(new) = part(name) {
                *slot = new;
            }
        }
    }

    /// `information_schema('columns')`.
    fn information_schema(&self, view: Option<&Value>) -> Value {
        let mut relation = Relation::new(self.relation.database.clone(), "information_schema", "");
        relation.quote = self.relation.quote;
        relation.quote.schema = false;
        relation.quote.identifier = false;
        relation.identifier = view.filter(|view| !view.is_none()).map(text).unwrap_or_default();
        self.changed(relation)
    }

    fn matches(&self, args: &[Value]) -> Result<Value, Error> {
        let (positional, named) = split_kwargs(args);
        let relation = &self.relation;
        let parts =
            [("database", &relation.database), ("schema", &relation.schema), ("identifier", &relation.identifier)];
        let wanted: Vec<(String, &String)> = parts
            .iter()
            .enumerate()
            .filter_map(|(index, (name, has))| {
                let wanted = positional.get(index).cloned().or_else(|| given(&named, name))?;
                (!wanted.is_none()).then(|| (text(&wanted), *has))
            })
            .collect();
        if wanted.is_empty() {
            return Err(fail(Code::JinjaError, "`matches` needs a database, a schema or an identifier to compare"));
        }
        Ok(Value::from(wanted.iter().all(|(wanted, has)| wanted.eq_ignore_ascii_case(has))))
    }

    /// `at_version(3)` and `at_timestamp('2026-01-31')`: an earlier state of the relation.
    fn as_of(&self, moment: Option<Moment>, method: &str, wanted: &str) -> Result<Value, Error> {
        let moment = moment.ok_or_else(|| fail(Code::JinjaError, format!("`{method}` needs {wanted}")))?;
        Ok(self.changed(self.relation.as_of(moment)))
    }

    fn path(&self) -> Value {
        let relation = &self.relation;
        Value::from_pairs([
            ("database", part(&relation.database)),
            ("schema", part(&relation.schema)),
            ("identifier", part(&relation.identifier)),
        ])
    }
}

/// A part of a name; one that is empty is none.
fn part(text: &str) -> Value {
    if text.is_empty() { Value::from(()) } else { Value::from(text) }
}

fn given(named: &Value, name: &str) -> Option<Value> {
    named.get_attr(name).ok().filter(|value| !value.is_undefined())
}

fn named_flag(named: &Value, name: &str, default: bool) -> bool {
    given(named, name).filter(|flag| !flag.is_none()).map_or(default, |flag| flag.is_true())
}

fn flag(args: &[Value], index: usize, name: &str, default: bool) -> bool {
    let (positional, named) = split_kwargs(args);
    let positional = positional.get(index).filter(|flag| !flag.is_none());
    positional.map_or_else(|| named_flag(&named, name, default), Value::is_true)
}

/// dbt's names for the kinds of relation.
pub(in crate::jinja) const KINDS: [(&str, &str); 5] = [
    ("Table", "table"),
    ("View", "view"),
    ("MaterializedView", "materialized_view"),
    ("External", "external"),
    ("CTE", "cte"),
];

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
    "include_policy",
];

impl Object for RelationValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        const STORED: [RelationKind; 2] = [RelationKind::Table, RelationKind::View];
        let relation = &self.relation;
        let policy = |[database, schema, identifier]: [bool; 3]| {
            Value::from_pairs([("database", database), ("schema", schema), ("identifier", identifier)])
        };
        let quote = relation.quote;
        let key = key.as_str()?;
        Some(match key {
            "database" => part(&relation.database),
            "schema" => part(&relation.schema),
            "identifier" | "name" | "table" => part(&relation.identifier),
            "type" => relation.kind.map_or_else(|| Value::from(()), |kind| Value::from(kind.as_str())),
            "is_table" => self.is(RelationKind::Table),
            "is_view" => self.is(RelationKind::View),
            "is_cte" => self.is(RelationKind::Cte),
            "is_materialized_view" => self.is(RelationKind::MaterializedView),
            "is_pointer" | "is_dynamic_table" | "is_function" => Value::from(false),
            "can_be_renamed" | "can_be_replaced" => self.is_one_of(&STORED),
            "path" => self.path(),
            "quote_policy" => policy([quote.database, quote.schema, quote.identifier]),
            "include_policy" => policy(self.shown),
            "quote_character" => Value::from("\""),
            // COMPAT: packages tell relations from other values by this (dbt 1.11).
            "metadata" => Value::from_pairs([("type", "Relation")]),
            _ => Value::from(KINDS.iter().find(|(name, _)| *name == key)?.1),
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&ATTRIBUTES)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<std::cmp::Ordering> {
        let other = other.downcast_ref::<Self>()?;
        Some(self.printed().cmp(&other.printed()))
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Value]) -> Result<Value, Error> {
        let (positional, named) = split_kwargs(args);
        match name {
            "render" | "__str__" => Ok(Value::from(self.printed())),
            "include" => Ok(self.include(args)),
            "quote" => Ok(self.quoted(args)),
            "quoted" => Ok(Value::from(format!("\"{}\"", positional.first().map(text).unwrap_or_default()))),
            "incorporate" => Ok(self.incorporate(&named)),
            "without_identifier" => {
                let named = Value::from(minijinja::value::Kwargs::from_iter([("identifier", Value::from(false))]));
                Ok(self.include(&[named]))
            }
            "at_version" => {
                let version = positional.first().and_then(|version| u64::try_from(version.clone()).ok());
                self.as_of(version.map(Moment::Version), name, "the number of a version")
            }
            "at_timestamp" => {
                let moment = positional.first().and_then(|time| Moment::at(&text(time)));
                self.as_of(moment, name, "a date or time, such as `2026-01-31 08:00:00`")
            }
            "information_schema" => Ok(self.information_schema(positional.first())),
            "information_schema_only" => Ok(self.information_schema(None)),
            "replace_path" => {
                let mut value = Self::clone(self);
                value.replace_path(&named);
                Ok(Value::from_object(value))
            }
            "matches" => self.matches(args),
            "relation_max_name_length" => Ok(Value::from(LONGEST_NAME)),
            "get" => {
                let found = positional.first().and_then(|key| self.get_value(key));
                Ok(found.or_else(|| positional.get(1).cloned()).unwrap_or_else(|| Value::from(())))
            }
            "to_dict" => {
                let entry = |name: &&str| (Value::from(*name), self.get_value(&Value::from(*name)).unwrap_or_default());
                Ok(MutableMap::value(["path", "type", "quote_policy"].iter().map(entry).collect()))
            }
            _ => Err(Error::new(
                ErrorKind::UnknownMethod,
                format!("the relation {} has no method {}", self.printed(), repr(&Value::from(name))),
            )),
        }
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.printed())
    }
}
