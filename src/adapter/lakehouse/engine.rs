//! DataFusion, set up to read SQL as PostgreSQL does as far as settings go.

use std::sync::Arc;

use datafusion::config::{ConfigNonZeroUsize, Dialect};
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::MemoryLimit;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::planner::TypePlanner;
use datafusion::prelude::SessionConfig;
use deltalake::arrow::datatypes::{DataType, Field, FieldRef};
use deltalake::delta_datafusion::planner::DeltaPlanner;

use super::memory::SharedMemory;
use super::profile::Profile;
use super::types;
use super::{distinct, error, function, pushdown};
use crate::adapter::AdapterError;
use crate::system::OsFileSystem;

/// The memory that a part of a statement should have.
const LEAST_A_PART: usize = 128 << 20;
/// Bounds of the memory that a sort keeps back for merging.
const LEAST_TO_MERGE: usize = 256 << 10;
const MOST_TO_MERGE: usize = 10 << 20;
/// Rows of a batch where many are merged, and if that is too much: how many there are depends on how the parts of
/// a statement came by their memory.
pub(super) const SMALL_BATCHES: [usize; 2] = [1024, 128];

/// The state that every statement starts from. Sessions share its memory and its threads.
///
/// # Errors
/// `Internal` when DataFusion refuses the settings, `Connection` when there can be no folder to spill to.
pub(super) fn base_state(profile: &Profile) -> Result<SessionState, AdapterError> {
    let mut runtime = RuntimeEnvBuilder::new();
    if let Some(bytes) = profile.memory_limit {
        runtime = runtime.with_memory_pool(Arc::new(SharedMemory::new(bytes)));
    }
    if let Some(folder) = &profile.spill_path {
        OsFileSystem.create_folder(folder).map_err(error::from_io)?;
        runtime = runtime.with_temp_file_path(folder);
    }
    if let Some(bytes) = profile.spill_limit {
        runtime = runtime.with_max_temp_directory_size(bytes);
    }
    let runtime = runtime.build_arc().map_err(error::from_datafusion)?;
    let mut state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(config(profile))
        .with_runtime_env(runtime)
        .with_query_planner(DeltaPlanner::new())
        .with_optimizer_rules(distinct::optimizer_rules(profile.memory_limit.is_some()))
        .with_physical_optimizer_rules(pushdown::physical_optimizer_rules())
        .with_type_planner(Arc::new(PostgresTypes))
        .build();
    function::register(&mut state).map_err(error::from_datafusion)?;
    Ok(state)
}

fn config(profile: &Profile) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_default_catalog_and_schema(&profile.database, &profile.schema)
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(true);
    let options = config.options_mut();
    options.sql_parser.dialect = Dialect::PostgreSQL;
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.collect_spans = true;
    options.execution.time_zone = Some("UTC".to_owned());
    if let Some(bytes) = profile.memory_limit {
        // Fewer parts of a statement at a time, so that each has room to work in; and what a sort keeps
        // back for merging its spilled runs must leave room for the rows.
        let parts = options.execution.target_partitions.min(bytes / LEAST_A_PART).max(1);
        options.execution.target_partitions = parts;
        let share = bytes / (8 * parts);
        options.execution.sort_spill_reservation_bytes = share.clamp(LEAST_TO_MERGE, MOST_TO_MERGE);
    }
    // `x IS TRUE` and its like may be NULL by DataFusion's physical plan and not by its logical one.
    options.execution.skip_physical_aggregate_schema_check = true;
    // Delta's readers give partition columns as dictionaries, which this pushdown cannot take.
    options.optimizer.hash_join_inlist_pushdown_max_size = 0;
    options.optimizer.hash_join_inlist_pushdown_max_distinct_values = 0;
    config
}

/// The state, with joins that sort both sides, of which a plan has so many. DataFusion plans these for
/// several partitions only; smaller batches, of so many rows, let more sorted runs be merged in the same memory.
pub(super) fn with_sorted_joins(state: &SessionState, joins: usize, rows: usize) -> SessionState {
    let mut state = state.clone();
    let limit = state.runtime_env().memory_pool.memory_limit();
    let options = state.config_mut().options_mut();
    options.optimizer.prefer_hash_join = false;
    options.execution.target_partitions = options.execution.target_partitions.max(2);
    if let MemoryLimit::Finite(bytes) = limit {
        let sorts = 2 * joins.max(1) * options.execution.target_partitions;
        options.execution.sort_spill_reservation_bytes = (bytes / (8 * sorts)).clamp(LEAST_TO_MERGE, MOST_TO_MERGE);
        if let Ok(rows) = ConfigNonZeroUsize::try_new(rows) {
            options.execution.batch_size = rows;
        }
    }
    state
}

/// SQL type names that mean something else to DataFusion than to PostgreSQL.
#[derive(Debug)]
struct PostgresTypes;

impl TypePlanner for PostgresTypes {
    fn plan_type_field(
        &self,
        sql_type: &datafusion::sql::sqlparser::ast::DataType,
    ) -> Result<Option<FieldRef>, DataFusionError> {
        Ok(types::from_ast(sql_type).map(|kind: DataType| Arc::new(Field::new("", kind, true))))
    }
}
