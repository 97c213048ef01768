//! `pre_hook` and `post_hook`: before, within and after the node's transaction.

use std::sync::Arc;

use super::{Work, lost};
use crate::compile::{CompileOptions, Compiled};
use crate::diagnostic::Diagnostic;
use crate::outcome::AdapterResponse;
use crate::relation::RelationOp;
use crate::resource::Hook;
use crate::run::failure::diagnose;

impl Work<'_> {
    /// Runs the hooks that stand outside of the node's transaction.
    pub(super) async fn run_hooks_outside(&self, hooks: &[Hook]) -> Result<(), Box<Diagnostic>> {
        self.run_hooks(hooks.iter().filter(|hook| !hook.transaction)).await
    }

    /// Runs the hooks that are part of the node's transaction.
    pub(super) async fn run_hooks_inside(&self, hooks: &[Hook]) -> Result<(), Box<Diagnostic>> {
        self.run_hooks(hooks.iter().filter(|hook| hook.transaction)).await
    }

    /// Applies the unit with the hooks of its transaction around it. Without such hooks the unit is
    /// one request by itself.
    pub(super) async fn apply_between_hooks(
        &self,
        unit: &[RelationOp],
        compiled: &Compiled,
    ) -> Result<AdapterResponse, Box<Diagnostic>> {
        let config = &self.node.config;
        if !config.pre_hook.iter().chain(&config.post_hook).any(|hook| hook.transaction) {
            return self.apply(unit, compiled).await;
        }
        self.begin().await?;
        let done = self.apply_within(unit, compiled).await;
        self.end(done.is_ok()).await?;
        done
    }

    async fn apply_within(&self, unit: &[RelationOp], compiled: &Compiled) -> Result<AdapterResponse, Box<Diagnostic>> {
        let config = &self.node.config;
        self.run_hooks_inside(&config.pre_hook).await?;
        let response = self.apply(unit, compiled).await?;
        self.run_hooks_inside(&config.post_hook).await?;
        Ok(response)
    }

    async fn apply(&self, unit: &[RelationOp], compiled: &Compiled) -> Result<AdapterResponse, Box<Diagnostic>> {
        let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
        session.apply(unit).await.map_err(|error| self.refused(&error, compiled))
    }

    /// Begins the node's transaction.
    pub(super) async fn begin(&self) -> Result<(), Box<Diagnostic>> {
        let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
        session.get().map_err(|error| diagnose(&error))?.begin().await.map_err(|error| diagnose(&error))
    }

    /// Ends it, well or not.
    pub(super) async fn end(&self, well: bool) -> Result<(), Box<Diagnostic>> {
        let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
        let session = session.get().map_err(|error| diagnose(&error))?;
        let ended = if well { session.commit().await } else { session.rollback().await };
        // After a failure, the first error is the one to tell.
        if well { ended.map_err(|error| diagnose(&error)) } else { Ok(()) }
    }

    /// Runs hooks one after the other, each rendered just before.
    async fn run_hooks(&self, hooks: impl Iterator<Item = &Hook>) -> Result<(), Box<Diagnostic>> {
        for hook in hooks {
            let sql = self.render(&hook.sql).await?;
            if sql.trim().is_empty() {
                continue;
            }
            let mut session = self.session.take().await.map_err(|error| diagnose(&error))?;
            let session = session.get().map_err(|error| diagnose(&error))?;
            session.execute(&sql).await.map_err(|error| {
                let mut diagnostic = diagnose(&error);
                diagnostic.message = format!("a hook of `{}`: {}", self.node.name, error.message);
                Box::new(diagnostic.note(format!("the hook was: {}", sql.trim())))
            })?;
        }
        Ok(())
    }

    /// Renders a text of the node's.
    pub(super) async fn render(&self, text: &str) -> Result<String, Box<Diagnostic>> {
        let options = CompileOptions { introspect: self.introspect(), ..CompileOptions::default() };
        let (compiler, node, text) = (Arc::clone(&self.runner.compiler), Arc::clone(self.node), text.to_owned());
        let rendered = tokio::task::spawn_blocking(move || compiler.render(&node, &text, &options)).await;
        rendered.map_err(|error| lost(&error))?
    }
}
