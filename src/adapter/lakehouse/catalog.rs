//! Names of a statement, resolved: DataFusion's catalog traits over a [`Warehouse`].
//!
//! A [`StatementCatalog`] lives as long as one statement. It opens what the statement names and
//! nothing else, each once, so that a table read twice is read at one version. A view is planned
//! when it is met, by a catalog of its own that shares what is open and knows which views led to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, CatalogProviderList, SchemaProvider, TableProvider};
use datafusion::datasource::{TableType, ViewTable};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::OptimizerRule;
use datafusion::optimizer::rewrite_set_comparison::RewriteSetComparison;
use datafusion::sql::parser::Statement as ParsedStatement;
use datafusion::sql::sqlparser::ast::Statement;

use deltalake::DeltaTable;

use super::execute::Listening;
use super::scan::provider;
use super::temporary::TemporaryTables;
use super::view_store::StoredView;
use super::warehouse::{Found, Place, Warehouse};
use super::{bags, error, lateral, mixing, sql};
use crate::adapter::{AdapterError, AdapterErrorKind, Listener};
use crate::relation::RelationKind;

/// Schemas with the relations in them.
type Listing = Vec<(String, Vec<(String, RelationKind)>)>;

/// Places as first seen by a statement; `None` where nothing stands.
type Opened = HashMap<Place, Option<Arc<dyn TableProvider>>>;

/// The schema of what a statement is given under a name of ours: the rows to write and the table
/// they go to.
pub(super) const GIVEN: &str = "aquifer_given";

/// What one statement sees.
#[derive(Clone)]
pub(super) struct StatementCatalog {
    warehouse: Arc<Warehouse>,
    temporary: Arc<TemporaryTables>,
    opened: Arc<Mutex<Opened>>,
    /// Everything there is, for statements that ask `information_schema`.
    listing: Option<Arc<Listing>>,
    /// Views that are being planned, outermost first.
    within: Vec<Place>,
    /// Who hears what becomes of the statement.
    heard: Option<Arc<Listening>>,
}

impl StatementCatalog {
    /// The catalog of a statement that starts now.
    pub(super) fn new(warehouse: Arc<Warehouse>, temporary: Arc<TemporaryTables>) -> Self {
        Self { warehouse, temporary, opened: Arc::default(), listing: None, within: Vec::new(), heard: None }
    }

    /// The same catalog, of a statement that someone listens to.
    pub(super) fn heard_by(mut self, listener: Option<Listener>) -> Self {
        self.heard = listener.map(|listener| Arc::new(Listening(listener)));
        self
    }

    /// Lets the statement see a table as `aquifer_given.{name}`.
    pub(super) fn give(&self, name: &str, table: Arc<dyn TableProvider>) {
        self.opened().insert(Place { schema: GIVEN.to_owned(), name: name.to_owned() }, Some(table));
    }

    /// Lets the statement read a table that it is about to change, in the state it will be changed
    /// from.
    pub(super) async fn pin(&self, place: &Place, table: &DeltaTable) -> Result<(), AdapterError> {
        let provider = provider(table).await?;
        self.opened().insert(place.clone(), Some(provider));
        Ok(())
    }

    /// Plans a user's query.
    ///
    /// # Errors
    /// `Sql` with the place in the query.
    pub(super) async fn plan_query(&self, query: &str) -> Result<LogicalPlan, AdapterError> {
        let parsed = sql::query(query)?;
        self.plan(Statement::Query(parsed)).await.map_err(|cause| error::from_query(&cause, query))
    }

    /// Plans SQL of ours.
    ///
    /// # Errors
    /// `Sql` for what stands wrong in the parts of it that users wrote.
    pub(super) async fn plan_text(&self, text: &str) -> Result<LogicalPlan, AdapterError> {
        let query = sql::query(text)?;
        self.plan(Statement::Query(query)).await.map_err(error::from_datafusion)
    }

    /// The same catalog for the text of a view.
    pub(super) fn within_view(&self, place: &Place) -> Self {
        let mut inner = Self { listing: None, ..self.clone() };
        inner.within.push(place.clone());
        inner
    }

    /// A DataFusion state that resolves names here.
    pub(super) fn state(&self) -> SessionState {
        let mut state = self.warehouse.base.clone();
        state.mark_start_execution();
        state.register_catalog_list(Arc::new(self.clone()));
        if let Some(heard) = &self.heard {
            state.config_mut().set_extension(Arc::clone(heard));
        }
        state
    }

    /// Plans a statement.
    ///
    /// # Errors
    /// DataFusion's, with positions in the statement's text.
    pub(super) async fn plan(&self, mut statement: Statement) -> Result<LogicalPlan, DataFusionError> {
        while let Some(input) = sql::pivoted(&statement)? {
            let input = Box::pin(self.plan_spread(input)).await?;
            sql::spread(&mut statement, input.schema().as_arrow())?;
        }
        Box::pin(self.plan_spread(statement)).await
    }

    /// Plans a statement without PIVOT and UNPIVOT.
    async fn plan_spread(&self, mut statement: Statement) -> Result<LogicalPlan, DataFusionError> {
        sql::rewrite(&mut statement).map_err(error::into_datafusion)?;
        let parsed = ParsedStatement::Statement(Box::new(statement));
        let state = self.state();
        let names = state.resolve_table_references(&parsed)?;
        if names.iter().any(|name| name.schema().is_some_and(|schema| schema == "information_schema")) {
            let listing = self.list_all().await.map_err(error::into_datafusion)?;
            let with_listing = Self { listing: Some(Arc::new(listing)), ..self.clone() };
            let state = with_listing.state();
            return typed(&state, state.statement_to_plan(parsed).await?);
        }
        typed(&state, state.statement_to_plan(parsed).await?)
    }

    async fn list_all(&self) -> Result<Listing, AdapterError> {
        let mut listing = Vec::new();
        for schema in self.warehouse.storage.schemas().await? {
            let relations = self.warehouse.relations(&schema).await?;
            listing.push((schema, relations));
        }
        Ok(listing)
    }

    /// The table or view at a place, opened at most once.
    async fn open(&self, place: &Place) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        if self.within.contains(place) {
            let message = format!("view `{place}` reads itself");
            return Err(error::into_datafusion(AdapterError::new(AdapterErrorKind::Sql, message)));
        }
        if let Some(temporary) = self.temporary.get(&place.schema, &place.name) {
            return Ok(Some(temporary));
        }
        if let Some(known) = self.opened().get(place) {
            return Ok(known.clone());
        }
        let opened = match self.warehouse.find(place).await.map_err(error::into_datafusion)? {
            None => None,
            Some(Found::External(provider)) => Some(provider),
            Some(Found::Table(table)) => Some(provider(&table).await.map_err(error::into_datafusion)?),
            Some(Found::View(view)) => Some(self.plan_view(place, &view).await?),
        };
        self.opened().insert(place.clone(), opened.clone());
        Ok(opened)
    }

    async fn plan_view(&self, place: &Place, view: &StoredView) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        let inner = self.within_view(place);
        let planned = async {
            let query = sql::query(&view.sql).map_err(error::into_datafusion)?;
            inner.plan(Statement::Query(query)).await
        };
        let plan = planned.await.map_err(|cause| cause.context(format!("{}`{place}`", error::WITHIN_VIEW)))?;
        Ok(Arc::new(ViewTable::new(plan, Some(view.sql.clone()))))
    }

    fn opened(&self) -> MutexGuard<'_, Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A plan whose columns have the types that its rows will have: until it is analysed, a CASE or a
/// UNION has those of its first branch.
fn typed(state: &SessionState, plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
    // `= ALL (select ...)` becomes EXISTS, which DataFusion knows in conditions only.
    let plan = RewriteSetComparison::new().rewrite(plan, state)?.data;
    let plan = lateral::joined(bags::counted(mixing::doubles(plan)?)?)?;
    state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {})
}

impl std::fmt::Debug for StatementCatalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatementCatalog").field("within", &self.within).finish_non_exhaustive()
    }
}

impl CatalogProviderList for StatementCatalog {
    fn register_catalog(&self, _: String, _: Arc<dyn CatalogProvider>) -> Option<Arc<dyn CatalogProvider>> {
        None
    }

    fn catalog_names(&self) -> Vec<String> {
        vec![self.warehouse.profile.database.clone()]
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        (name == self.warehouse.profile.database).then(|| Arc::new(self.clone()) as Arc<dyn CatalogProvider>)
    }
}

impl CatalogProvider for StatementCatalog {
    fn schema_names(&self) -> Vec<String> {
        self.listing.iter().flat_map(|listing| listing.iter()).map(|(schema, _)| schema.clone()).collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        Some(Arc::new(StatementSchema { catalog: self.clone(), schema: name.to_owned() }))
    }
}

/// One schema as a statement sees it.
#[derive(Debug)]
struct StatementSchema {
    catalog: StatementCatalog,
    schema: String,
}

impl StatementSchema {
    fn listed(&self) -> &[(String, RelationKind)] {
        let listing = self.catalog.listing.iter().flat_map(|listing| listing.iter());
        listing.into_iter().find(|(schema, _)| *schema == self.schema).map_or(&[], |(_, relations)| relations)
    }
}

#[async_trait]
impl SchemaProvider for StatementSchema {
    fn table_names(&self) -> Vec<String> {
        self.listed().iter().map(|(name, _)| name.clone()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let place = Place { schema: self.schema.clone(), name: name.to_owned() };
        match self.catalog.open(&place).await {
            // One broken view must not make `information_schema` unreadable.
            Err(_) if self.catalog.listing.is_some() => Ok(None),
            other => other,
        }
    }

    async fn table_type(&self, name: &str) -> Result<Option<TableType>, DataFusionError> {
        let listed = self.listed().iter().find(|(listed, _)| listed == name);
        Ok(listed.map(|(_, kind)| if *kind == RelationKind::View { TableType::View } else { TableType::Base }))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.listed().iter().any(|(listed, _)| listed == name)
    }
}
