//! The command line itself: help, mistakes, exit codes.

use crate::support::{Project, Warehouse};

#[test]
fn a_mistyped_command_is_exit_code_2() {
    let project = Project::new(Warehouse::postgres());
    project.run("bulid").exits_with(2).says("build");
    project.run("build --no-such-flag").exits_with(2).says("--no-such-flag");
    project.run("--help").succeeds().says("Usage");
    project.run("--version").succeeds().says(env!("CARGO_PKG_VERSION"));
}
