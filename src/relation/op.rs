use indexmap::IndexMap;

use super::{Column, Relation, RelationKind, SchemaRef};

/// One change to a warehouse, named by its result. An adapter applies a list of them as one atomic
/// unit.
///
/// `query` is always a complete SELECT in the adapter's own dialect, without a closing semicolon.
#[derive(Debug, Clone, PartialEq)]
pub enum RelationOp {
    /// The schema exists afterwards.
    CreateSchema(SchemaRef),
    /// The schema and all in it are gone afterwards.
    DropSchema(SchemaRef),
    /// The table holds exactly the query's rows afterwards, whatever stood there before (a view
    /// included); readers see the old or the new state, never none. Dependent views survive.
    ReplaceTable {
        /// The table to end up with.
        target: Relation,
        /// What stands there now, if anything.
        existing: Option<RelationKind>,
        /// Rows to hold.
        query: String,
        /// Columns and constraints, if they are prescribed.
        shape: TableShape,
        /// Storage options.
        options: TableOptions,
    },
    /// The view shows the query afterwards, whatever stood there before.
    ReplaceView {
        /// The view to end up with.
        target: Relation,
        /// What stands there now, if anything.
        existing: Option<RelationKind>,
        /// Its definition.
        query: String,
    },
    /// The materialized view holds the query afterwards.
    ReplaceMaterializedView {
        /// The view to end up with.
        target: Relation,
        /// What stands there now, if anything.
        existing: Option<RelationKind>,
        /// Its definition.
        query: String,
        /// Indexes and the like.
        options: TableOptions,
    },
    /// A materialized view's rows are brought up to date.
    Refresh(Relation),
    /// A table with these columns and no rows stands there afterwards (seeds), replacing any other.
    CreateEmptyTable {
        /// The table.
        target: Relation,
        /// What stands there now, if anything.
        existing: Option<RelationKind>,
        /// Its columns.
        columns: Vec<Column>,
        /// Storage options.
        options: TableOptions,
    },
    /// A table of the session only, gone at its end.
    CreateTemporaryTable {
        /// Name; adapters without temporary tables may use a hidden one.
        target: Relation,
        /// Rows to hold.
        query: String,
    },
    /// The query's rows are added, matched to the target by column name.
    Append {
        /// The table.
        target: Relation,
        /// Columns, in the target's order.
        columns: Vec<String>,
        /// Rows to add.
        query: String,
    },
    /// Rows whose key is among the query's are removed, then the query's rows are added.
    DeleteInsert {
        /// The table.
        target: Relation,
        /// Columns, in the target's order.
        columns: Vec<String>,
        /// Key columns or expressions; empty means nothing is removed.
        unique_key: Vec<String>,
        /// Further conditions on the target's rows, as SQL.
        predicates: Vec<String>,
        /// Rows to hold.
        query: String,
    },
    /// MERGE by key.
    Merge(MergeSpec),
    /// Rows that satisfy the predicate are replaced by the query's rows (partition or time-range
    /// overwrite).
    ReplaceWhere {
        /// The table.
        target: Relation,
        /// Columns, in the target's order.
        columns: Vec<String>,
        /// A condition on the target's columns, as SQL.
        predicate: String,
        /// Rows to hold; all satisfy the predicate.
        query: String,
    },
    /// Columns are added, dropped or retyped.
    AlterColumns(AlterColumns),
    /// All rows are removed.
    Truncate(Relation),
    /// The relation is gone afterwards; absent is fine.
    Drop {
        /// What to drop.
        relation: Relation,
        /// Whether dependents go with it.
        cascade: bool,
    },
    /// The relation has another name afterwards.
    Rename {
        /// Now.
        from: Relation,
        /// Afterwards.
        to: Relation,
    },
    /// What a statement before has made takes the place of whatever stands at the target.
    PutInPlace {
        /// The relation that was made.
        from: Relation,
        /// The place it is to have.
        target: Relation,
        /// What stands there now, if anything.
        existing: Option<RelationKind>,
        /// Its kind afterwards.
        kind: RelationKind,
        /// Indexes to create.
        indexes: Vec<IndexSpec>,
    },
    /// Descriptions are stored with the relation and its columns.
    Comment {
        /// The relation.
        relation: Relation,
        /// The relation's own, if it is to be set.
        description: Option<String>,
        /// By column name.
        columns: IndexMap<String, String>,
    },
    /// Privileges are given or taken.
    Grant(GrantChange),
    /// The target becomes a copy of another relation (`clone`).
    Clone {
        /// The copy.
        target: Relation,
        /// What stands there now, if anything.
        existing: Option<RelationKind>,
        /// The original.
        source: Relation,
    },
    /// Indexes are dropped and created; the rows stay.
    AlterIndexes {
        /// The table or materialized view.
        relation: Relation,
        /// Names of indexes to drop.
        drop: Vec<String>,
        /// Indexes to create.
        create: Vec<IndexSpec>,
    },
    /// The function is there afterwards, whatever it did before.
    ReplaceFunction(FunctionSpec),
    /// A statement of the user's own (a hook, an overridden macro), inside the unit.
    Statement(String),
}

impl RelationOp {
    /// The user's SQL within the operation, the part that error positions are mapped back from.
    pub fn query(&self) -> Option<&str> {
        match self {
            Self::ReplaceTable { query, .. }
            | Self::ReplaceView { query, .. }
            | Self::ReplaceMaterializedView { query, .. }
            | Self::CreateTemporaryTable { query, .. }
            | Self::Append { query, .. }
            | Self::DeleteInsert { query, .. }
            | Self::ReplaceWhere { query, .. } => Some(query),
            Self::Merge(merge) => Some(&merge.query),
            _ => None,
        }
    }
}

/// Columns a table must have, when they are prescribed (contracts).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableShape {
    /// `None`: the query decides.
    pub columns: Option<Vec<ShapedColumn>>,
    /// Table-level constraint clauses, as SQL.
    pub constraints: Vec<String>,
}

/// A column with its constraint clauses.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapedColumn {
    /// Name, as SQL (quoted where the user said so).
    pub name: String,
    /// Type text.
    pub data_type: String,
    /// Constraint clauses, as SQL.
    pub constraints: Vec<String>,
}

/// How a table is stored. Adapters read what they know and refuse nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableOptions {
    /// Indexes to create.
    pub indexes: Vec<IndexSpec>,
    /// Postgres: no write-ahead log.
    pub unlogged: bool,
    /// Lakehouse: partition columns.
    pub partition_by: Vec<String>,
    /// Lakehouse: z-order columns.
    pub cluster_by: Vec<String>,
    /// Table properties.
    pub properties: IndexMap<String, String>,
}

/// One index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IndexSpec {
    /// Indexed columns.
    pub columns: Vec<String>,
    /// Whether it is unique.
    pub unique: bool,
    /// Access method (`btree`, `hash`, ...).
    pub method: Option<String>,
}

/// A MERGE of a query into a table.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeSpec {
    /// The table.
    pub target: Relation,
    /// Columns, in the target's order.
    pub columns: Vec<String>,
    /// Key columns; rows match where all are equal.
    pub unique_key: Vec<String>,
    /// The query's columns that the key is compared with, where they are not of the same names.
    pub source_key: Option<Vec<String>>,
    /// Columns to update on a match; `None` means all.
    pub update_columns: Option<Vec<String>>,
    /// Further match conditions, as SQL over `DBT_INTERNAL_DEST` and `DBT_INTERNAL_SOURCE`.
    pub predicates: Vec<String>,
    /// Rows to merge.
    pub query: String,
    /// What a second source row for one target row means.
    pub conflict: ConflictPolicy,
}

impl MergeSpec {
    /// The query's columns that the key is compared with.
    pub fn source_key(&self) -> &[String] {
        self.source_key.as_ref().unwrap_or(&self.unique_key)
    }

    /// The columns of the table and of the query that must be equal.
    pub fn key_pairs(&self) -> impl Iterator<Item = (&String, &String)> {
        self.unique_key.iter().zip(self.source_key())
    }
}

/// What a merge does with several source rows for one target row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConflictPolicy {
    /// It fails, naming the key.
    #[default]
    Fail,
}

/// A user-defined function.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionSpec {
    /// Its place.
    pub target: Relation,
    /// Arguments, in order.
    pub arguments: Vec<FunctionArgument>,
    /// Type of its result.
    pub returns: String,
    /// How it depends on what it is given.
    pub volatility: Option<Volatility>,
    /// Its SQL.
    pub body: String,
}

/// An argument of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionArgument {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: String,
    /// What it is where a call leaves it out, as SQL.
    pub default: Option<String>,
}

/// When a function may give another result for the same arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatility {
    /// Never.
    Immutable,
    /// From one statement to the next.
    Stable,
    /// At any time.
    Volatile,
}

/// Columns to add, drop and retype.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterColumns {
    /// The table.
    pub relation: Relation,
    /// New columns.
    pub add: Vec<Column>,
    /// Columns to drop.
    pub drop: Vec<String>,
    /// Columns with their new type.
    pub retype: Vec<Column>,
}

/// Privilege -> grantees.
pub type Grants = IndexMap<String, Vec<String>>;

/// Privileges to give and to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantChange {
    /// The relation.
    pub relation: Relation,
    /// Privilege -> grantees to add.
    pub grant: Grants,
    /// Privilege -> grantees to remove.
    pub revoke: Grants,
}
