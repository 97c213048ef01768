//! One file per command: the flow from settings to what is shown.

pub mod clean;
pub mod debug;
pub mod init;
#[cfg(test)]
mod tests;
