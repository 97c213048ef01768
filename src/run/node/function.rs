//! User-defined functions.

use super::overrides::Step;
use super::{Ended, Work};
use crate::diagnostic::Diagnostic;
use crate::materialization::build_function;
use crate::resource::NodeKind;

impl Work<'_> {
    /// Makes the function.
    pub(in crate::run) async fn build_function(&mut self) -> Result<Ended, Box<Diagnostic>> {
        let target = self.node.relation.clone().ok_or_else(|| self.nowhere())?;
        let NodeKind::Passthrough(resource) = &self.node.kind else { return Err(self.nowhere()) };
        let compiled = self.compile().await?;
        let unit = vec![build_function(self.node, &resource.definition, &target, &compiled.sql)?];
        self.say_executed(self.script(&unit));
        self.run_hooks_outside(&self.node.config.pre_hook).await?;
        let response = self.apply_between_hooks(&[Step::Apply(unit)], &compiled).await?;
        self.run_hooks_outside(&self.node.config.post_hook).await?;
        Ok(Ended::built(response))
    }
}
