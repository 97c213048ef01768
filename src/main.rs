//! The `aquifer` executable: captures the environment, parses the command line, runs the command.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use aquifer::system::{Environment, FileSystem, OsFileSystem};
use aquifer::{cli, commands};

/// Parsing makes many small values on all cores at once; the system's allocator costs more over them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stack of every thread: templates nest deeply.
const STACK: usize = 16 << 20;

fn main() -> ExitCode {
    let environment = Arc::new(Environment::capture());
    let arguments = match cli::parse(&environment) {
        Ok(arguments) => arguments,
        Err(exit) => return say(&exit),
    };
    let files: Arc<dyn FileSystem> = Arc::new(OsFileSystem);
    // A pool that exists already serves as well.
    let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK).build_global();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    match runtime {
        Ok(runtime) => {
            let ending = runtime.block_on(commands::run(&arguments, &environment, &files));
            // What is cancelled need not be waited for.
            runtime.shutdown_background();
            ExitCode::from(ending.code())
        }
        Err(error) => say(&commands::Exit { code: 2, text: format!("error: no threads can be started: {error}\n") }),
    }
}

/// Help and version go to standard output, mistakes to standard error.
fn say(exit: &commands::Exit) -> ExitCode {
    let text = exit.text.as_bytes();
    let written = if exit.code == 0 { io::stdout().write_all(text) } else { io::stderr().write_all(text) };
    // A reader that has gone (`aquifer --help | head`) wants no more.
    drop(written);
    ExitCode::from(exit.code)
}
