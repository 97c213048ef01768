//! Plans carried out.
//!
//! A join holds its smaller side in memory and cannot spill it. Where the memory has a limit and does
//! not suffice, the plan is made again with joins that sort both sides, which spill.

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::execution::{SendableRecordBatchStream, SessionState, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use deltalake::arrow::array::RecordBatch;
use futures::stream::{BoxStream, StreamExt};

use super::{engine, error};
use crate::adapter::{AdapterError, Heard, Listener};

/// Who hears what becomes of a statement: an extension of the state it runs in.
pub(super) struct Listening(pub(super) Listener);

/// A plan that is ready to run.
pub(super) struct Ready {
    /// The plan.
    pub(super) plan: Arc<dyn ExecutionPlan>,
    /// What it runs in.
    pub(super) context: Arc<TaskContext>,
}

impl Ready {
    /// The rows as one stream.
    ///
    /// # Errors
    /// DataFusion's, when the plan cannot start.
    pub(super) fn stream(self) -> Result<SendableRecordBatchStream, AdapterError> {
        execute_stream(self.plan, self.context).map_err(error::from_datafusion)
    }

    /// How many joins keep a side in memory.
    fn joins_in_memory(&self) -> usize {
        let mut joins = 0;
        // The visit never breaks off.
        let _ = self.plan.apply(|node| {
            joins += usize::from(node.downcast_ref::<HashJoinExec>().is_some());
            Ok(TreeNodeRecursion::Continue)
        });
        joins
    }
}

/// A plan made ready.
///
/// # Errors
/// DataFusion's.
pub(super) async fn ready(state: &SessionState, plan: &LogicalPlan) -> Result<Ready, AdapterError> {
    let plan = state.create_physical_plan(plan).await.map_err(error::from_datafusion)?;
    Ok(Ready { plan, context: state.task_ctx() })
}

/// Runs a plan, and again with joins that spill if it finds no memory. What `run` did until then must be
/// without effect.
///
/// # Errors
/// The plan's, and those of `run`.
pub(super) async fn run<T, F>(
    state: &SessionState,
    plan: &LogicalPlan,
    run: impl Fn(Ready) -> F,
) -> Result<T, AdapterError>
where
    F: Future<Output = Result<T, AdapterError>>,
{
    let first = ready(state, plan).await?;
    let joins = first.joins_in_memory();
    let mut outcome = Box::pin(run(first)).await;
    if joins == 0 {
        return outcome;
    }
    for rows in engine::SMALL_BATCHES {
        match outcome {
            Err(cause) if error::is_out_of_memory(&cause) => {
                tell(state, &cause);
                let again = ready(&engine::with_sorted_joins(state, joins, rows), plan).await?;
                outcome = Box::pin(run(again)).await;
            }
            other => return other,
        }
    }
    outcome
}

/// The rows of a plan. As [`run`], until the first of them are there.
///
/// # Errors
/// The plan's, in the stream too.
pub(super) async fn rows(
    state: &SessionState,
    plan: &LogicalPlan,
) -> Result<BoxStream<'static, Result<RecordBatch, AdapterError>>, AdapterError> {
    let first = |ready: Ready| async move {
        let mut rows = ready.stream()?.map(|batch| batch.map_err(error::from_datafusion));
        let first = rows.next().await.transpose()?;
        Ok(futures::stream::iter(first.map(Ok)).chain(rows).boxed())
    };
    run(state, plan, first).await
}

fn tell(state: &SessionState, cause: &AdapterError) {
    if let Some(listening) = state.config().get_extension::<Listening>() {
        let told = format!("-- {}; begun anew with joins that sort both sides and spill", cause.message);
        listening.0(Heard::Sent(&told));
    }
}
