//! `pre_hook` and `post_hook`: before, within and after the node's transaction.

use std::sync::Arc;

use super::overrides::Step;
use super::{Work, lost};
use crate::compile::Compiled;
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

    /// Carries out the steps with the hooks of their transaction around them. Without such hooks a
    /// single unit is one request by itself.
    pub(super) async fn apply_between_hooks(
        &self,
        steps: &[Step],
        compiled: &Compiled,
    ) -> Result<AdapterResponse, Box<Diagnostic>> {
        let config = &self.node.config;
        let has_hooks = config.pre_hook.iter().chain(&config.post_hook).any(|hook| hook.transaction);
        if let ([Step::Apply(unit)], false) = (steps, has_hooks) {
            return self.apply(unit, compiled).await;
        }
        self.begin().await?;
        let done = self.apply_within(steps, compiled).await;
        self.end(done.is_ok()).await?;
        done
    }

    async fn apply_within(&self, steps: &[Step], compiled: &Compiled) -> Result<AdapterResponse, Box<Diagnostic>> {
        let config = &self.node.config;
        self.run_hooks_inside(&config.pre_hook).await?;
        let mut response = AdapterResponse::default();
        for step in steps {
            match step {
                Step::Apply(unit) => {
                    let answer = self.apply(unit, compiled).await?;
                    if answer.rows_affected.is_some() || response.rows_affected.is_none() {
                        response = answer;
                    }
                }
                Step::Call(name, args) => drop(self.call(name, args.clone()).await?),
            }
        }
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
        let options = self.options();
        let (compiler, node, text) = (Arc::clone(&self.runner.compiler), Arc::clone(self.node), text.to_owned());
        let rendered = tokio::task::spawn_blocking(move || compiler.render(&node, &text, &options)).await;
        rendered.map_err(|error| lost(&error))?
    }
}
