//! The world outside, behind a few doors: [`FileSystem`] for files, [`Environment`] for variables, [`Http`]
//! for what others serve.
//!
//! Nothing else in the library may touch `std::fs` or `std::env`; a test holds that. `main.rs` alone
//! captures the process's environment, clock and terminal.

mod environment;
mod file_system;
mod http;
mod journal;
mod program;
mod rotating_file;

pub use environment::Environment;
pub use file_system::{FileSystem, Fill, MemoryFileSystem, OsFileSystem, OverlayFileSystem, write_atomically};
pub use http::Http;
pub use journal::Journal;
pub use program::{ProgramEnd, run_program};
pub use rotating_file::RotatingFile;
