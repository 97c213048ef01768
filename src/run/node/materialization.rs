//! User-written materializations: a `{% materialization %}` block of the project or a package in
//! place of the engine's own way.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Ended, Work, lost};
use crate::compile::{Compiled, MaterializeOptions};
use crate::diagnostic::Diagnostic;
use crate::jinja::{Materialized, SEED_ROWS, SourceMap};
use crate::materialization::verdict;
use crate::relation::Table;
use crate::resource::{Hook, JsonMap, Materialization, Node, UniqueId};
use crate::run::introspect::{BuildRequest, MaterializedNode};

impl Work<'_> {
    /// The block that builds this node, if it is not the engine itself.
    pub(super) fn own_materialization(&self) -> Option<UniqueId> {
        let name = self.node.config.materialized.as_str();
        let block = self.runner.compiler.engine().find_materialization(name);
        block.map(|block| block.unique_id.clone()).or_else(|| self.by_macros())
    }

    /// Builds the node by a block.
    pub(super) async fn materialize_by(
        &self,
        block: &UniqueId,
        compiled: &Arc<Compiled>,
    ) -> Result<Ended, Box<Diagnostic>> {
        let (done, _) = self.carry_out(block, compiled).await?;
        Ok(Ended::built(done.response))
    }

    /// Tests by a block: as the engine's own way ended, if the block asked for it, or by the row of
    /// its main statement.
    pub(super) async fn test_by(&self, block: &UniqueId, compiled: &Arc<Compiled>) -> Result<Ended, Box<Diagnostic>> {
        let (done, ended) = self.carry_out(block, compiled).await?;
        if let Some(ended) = ended {
            return Ok(ended);
        }
        let row = done.rows.first().ok_or_else(|| self.unreadable())?;
        let failures = row.get("failures").and_then(Value::as_i64).ok_or_else(|| self.unreadable())?;
        let says = |name: &str| row.get(name).and_then(Value::as_bool).unwrap_or(failures != 0);
        Ok(self.judged(&verdict(self.node, failures, says("should_warn"), says("should_error")), None))
    }

    /// Carries out a block in the node's session. What it leaves uncommitted is lost.
    async fn carry_out(
        &self,
        block: &UniqueId,
        compiled: &Arc<Compiled>,
    ) -> Result<(Materialized, Option<Ended>), Box<Diagnostic>> {
        let (builds, requests) = mpsc::channel(1);
        let materialized = MaterializedNode { node: Arc::clone(self.node), compiled: Arc::clone(compiled), builds };
        let mut extra = hooks_of(self.node);
        if self.node.config.materialized == Materialization::Seed {
            extra.insert(SEED_ROWS.to_owned(), self.seed_for_templates()?);
        }
        let options = MaterializeOptions { introspect: self.introspect_for(Some(materialized)), extra };
        let (compiler, node) = (Arc::clone(&self.runner.compiler), Arc::clone(self.node));
        let (block, compiled_node) = (block.clone(), Arc::clone(compiled));
        let running = tokio::task::spawn_blocking(move || compiler.materialize(&node, &block, &compiled_node, options));
        let ended = self.serve(requests, compiled).await;
        let done = running.await.map_err(|error| lost(&error))?;
        self.end(false).await?;
        let done = done?;
        done.relations.iter().for_each(|relation| self.runner.warehouse.cache().put(relation.clone()));
        Ok((done, ended))
    }

    /// Builds the engine's own way whenever the block asks for it, until the block is through; gives
    /// how that ended last.
    async fn serve(&self, mut requests: mpsc::Receiver<BuildRequest>, compiled: &Compiled) -> Option<Ended> {
        let mut last = None;
        while let Some(request) = requests.recv().await {
            let replaced = request.sql.map(|sql| Compiled { sql, map: SourceMap::default(), ctes: Vec::new() });
            let built = self.build_as(&request.materialization, replaced.as_ref().unwrap_or(compiled)).await;
            let response = built.map(|ended| {
                let answer = (ended.response.clone(), ended.counts.clone().unwrap_or_else(Table::empty));
                last = Some(ended);
                answer
            });
            // A block that no longer listens has failed by itself.
            let _ = request.reply.send(response);
        }
        last
    }

    async fn build_as(&self, name: &str, compiled: &Compiled) -> Result<Ended, Box<Diagnostic>> {
        let mut node = Node::clone(self.node);
        node.config.materialized = Materialization::from_name(name);
        let node = Arc::new(node);
        let mut work = Work::new(self.runner, &node, self.worker);
        work.session = Arc::clone(&self.session);
        work.batch = self.batch;
        match work.node.config.materialized {
            Materialization::Test => work.test(compiled).await,
            Materialization::Seed => work.load().await,
            _ => work.build(compiled).await,
        }
    }
}

/// `pre_hooks` and `post_hooks` as a block sees them.
fn hooks_of(node: &Node) -> JsonMap {
    let listed = |hooks: &[Hook]| {
        let hook = |hook: &Hook| json!({ "sql": hook.sql, "transaction": hook.transaction, "index": hook.index });
        Value::Array(hooks.iter().map(hook).collect())
    };
    let hooks = [("pre_hooks", &node.config.pre_hook), ("post_hooks", &node.config.post_hook)];
    hooks.into_iter().map(|(name, hooks)| (name.to_owned(), listed(hooks))).collect()
}
