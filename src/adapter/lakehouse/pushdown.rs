//! Conditions on their way down a physical plan.
//!
//! DataFusion finds their columns by name in what they pass, and where two tables of a join have a column of
//! the same name it takes the first: `where a.flag is not true` above `a right join c` would be asked of
//! `c.flag`. They go down where all names are different.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::ExecutionPlan;

/// The rules that move conditions.
const MOVING: [&str; 2] = ["FilterPushdown", "FilterPushdown(Post)"];

/// DataFusion's rules, these with care.
pub(super) fn physical_optimizer_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let careful = |rule: Arc<dyn PhysicalOptimizerRule + Send + Sync>| match MOVING.contains(&rule.name()) {
        true => Arc::new(WhereNamesDiffer { rule }) as _,
        false => rule,
    };
    PhysicalOptimizer::new().rules.into_iter().map(careful).collect()
}

#[derive(Debug)]
struct WhereNamesDiffer {
    rule: Arc<dyn PhysicalOptimizerRule + Send + Sync>,
}

impl PhysicalOptimizerRule for WhereNamesDiffer {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if names_differ(&plan)? { self.rule.optimize(plan, config) } else { Ok(plan) }
    }

    fn name(&self) -> &str {
        self.rule.name()
    }

    fn schema_check(&self) -> bool {
        self.rule.schema_check()
    }
}

fn names_differ(plan: &Arc<dyn ExecutionPlan>) -> Result<bool> {
    let mut differ = true;
    plan.apply(|node| {
        let schema = node.schema();
        let mut seen = HashSet::new();
        differ = schema.fields().iter().all(|field| seen.insert(field.name().as_str()));
        Ok(if differ { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(differ)
}
