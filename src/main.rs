//! The `aquifer` executable.
fn main() {}
