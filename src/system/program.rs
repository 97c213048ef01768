use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// How another program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramEnd {
    /// Whether it succeeded.
    pub success: bool,
    /// What it wrote to standard output, without the blanks around it.
    pub output: String,
    /// What it wrote to standard error, without the blanks around it.
    pub errors: String,
}

/// Runs another program in a folder and waits for its end. It speaks English and reads nothing.
///
/// # Errors
/// The program cannot be started.
pub fn run_program<A: AsRef<OsStr>>(program: &str, arguments: &[A], folder: &Path) -> io::Result<ProgramEnd> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("LC_ALL", "C").stdin(Stdio::null());
    let ended = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(ProgramEnd { success: ended.status.success(), output: text(&ended.stdout), errors: text(&ended.stderr) })
}
