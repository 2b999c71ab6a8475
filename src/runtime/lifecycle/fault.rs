//! Faults injected on demand, to test supervision in a running node.

use std::collections::HashMap;
use std::panic::resume_unwind;

use parking_lot::{Mutex, MutexGuard};
use serde::Deserialize;

use super::exit::Exit;

/// A way to break an actor or a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It panics.
    Panic,
    /// It ends with an error.
    Fail,
    /// It ends without an error.
    Exit,
    /// It blocks its thread for ever; a thread in a [`LongTask`](crate::runtime::LongTask) leaves that first.
    Hang,
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultTiming {
    /// An actor: with its next message; a thread: at its next beat, and it is woken for that.
    #[default]
    Now,
    /// An actor: with its next message; a thread: at its next beat, and it is not woken for that.
    Work,
    /// At the next start.
    Start,
}

/// Why a fault was not injected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InjectError {
    /// No actor or thread has this name.
    #[error("nothing called `{name}` can be broken; there are {}", known.join(", "))]
    Unknown {
        /// The requested name.
        name: String,
        /// The names of all actors and threads.
        known: Vec<String>,
    },
    /// The actor or thread has no running instance.
    #[error("`{0}` is not running just now; ask again later, or for its next start")]
    Down(String),
}

/// Faults for the next starts of actors and threads, by name.
#[derive(Default)]
pub(crate) struct StartFaults {
    /// Each fault with the number of starts that it still breaks.
    armed: Mutex<HashMap<String, (Fault, u32)>>,
}

impl StartFaults {
    /// Breaks the next `times` starts of this name.
    pub fn arm(&self, name: &str, fault: Fault, times: u32) {
        self.armed().insert(name.to_owned(), (fault, times));
    }

    /// The fault for this start of `name`, if there is one.
    pub fn take(&self, name: &str) -> Option<Fault> {
        let mut armed = self.armed();
        let (fault, times) = armed.get_mut(name)?;
        let (fault, left) = (*fault, times.checked_sub(1)?);
        *times = left;
        Some(fault)
    }

    fn armed(&self) -> MutexGuard<'_, HashMap<String, (Fault, u32)>> {
        self.armed.lock()
    }
}

/// The error message of an injected fault.
pub(crate) fn message(name: &str) -> String {
    format!("fault injected into {name}")
}

/// Breaks the calling thread. `Fail` and `Exit` unwind with the [`Exit`] as the payload, which the owner of the thread catches.
pub(crate) fn strike(fault: Fault, name: &str) -> ! {
    match fault {
        Fault::Panic => panic!("{}", message(name)),
        Fault::Fail => resume_unwind(Box::new(Exit::Failed { error: message(name) })),
        Fault::Exit => resume_unwind(Box::new(Exit::Finished)),
        Fault::Hang => loop {
            std::thread::park();
        },
    }
}
