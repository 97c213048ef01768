//! `{% call(x) macro() %}...{% endcall %}`: the macro calls the block, with arguments and as often as it
//! likes, as `caller`.
//!
//! A block belongs to the template it stands in and can only be rendered with that template's state,
//! which is in use while the macro runs. So the macro runs on a thread of its own, and the template's
//! thread renders the block whenever the macro asks for it. One of the two always waits for the other:
//! nothing happens at the same time.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Environment, Error, State, Value};

use super::failure::fail;
use crate::diagnostic::Code;

/// As much as the threads have that templates are rendered on.
const STACK: usize = 16 << 20;

/// What the macro's thread says to the template's.
enum Message {
    /// Render the block with these arguments.
    Render { args: Vec<Value>, reply: Sender<Result<Value, Error>> },
    /// The macro is through.
    Done(Result<Value, Error>),
}

/// `caller` within the macro.
#[derive(Debug)]
struct Caller {
    ask: Sender<Message>,
}

impl Object for Caller {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let over = || fail(Code::JinjaError, "`caller` is called after the call block's macro has ended");
        let (reply, answer) = channel();
        self.ask.send(Message::Render { args: args.to_vec(), reply }).map_err(|_| over())?;
        answer.recv().map_err(|_| over())?
    }
}

/// Whether a `caller` can be called from anywhere: one that was handed on.
pub(super) fn is_handed_on(caller: &Value) -> bool {
    caller.downcast_object_ref::<Caller>().is_some()
}

/// Runs a macro that may call a block of the template at hand.
pub(super) fn with_block(
    state: &mut State<'_, '_>,
    block: &Value,
    run: impl FnOnce(&Environment<'_>, Value) -> Result<Value, Error> + Send,
) -> Result<Value, Error> {
    let (ask, asked) = channel();
    let caller = Value::from_object(Caller { ask: ask.clone() });
    let environment = state.env();
    std::thread::scope(|scope| {
        let macros_thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || {
            let done = run(environment, caller);
            // The template's thread waits for this.
            let _ = ask.send(Message::Done(done));
        });
        match macros_thread {
            Ok(_) => serve(state, block, &asked),
            Err(error) => Err(fail(Code::Internal, format!("no thread for a call block: {error}"))),
        }
    })
}

fn serve(state: &mut State<'_, '_>, block: &Value, asked: &Receiver<Message>) -> Result<Value, Error> {
    loop {
        match asked.recv() {
            Ok(Message::Render { args, reply }) => {
                let rendered = block.call(state, &args);
                // The macro waits for this.
                let _ = reply.send(rendered);
            }
            Ok(Message::Done(done)) => return done,
            Err(_) => return Err(fail(Code::Internal, "a call block's macro was lost")),
        }
    }
}
