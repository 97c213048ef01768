//! The `aquifer` executable.

use std::process::ExitCode;

/// dbt's exit code for a command that cannot be carried out at all.
const USAGE_OR_UNHANDLED: u8 = 2;

#[allow(clippy::print_stderr, reason = "the command line is not built yet; this is all it can say")]
fn main() -> ExitCode {
    eprintln!(
        "aquifer {}: the command line is not built yet; see docs/compatibility.md for what stands",
        aquifer::config::VERSION
    );
    ExitCode::from(USAGE_OR_UNHANDLED)
}
