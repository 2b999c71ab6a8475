//! Faults on demand, so that supervision can be seen at work before it is needed.

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
    /// It ends without a word.
    Exit,
    /// It blocks its thread for ever; a thread in a protect zone leaves it first.
    Hang,
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strike {
    /// In the next turn, or as soon as a thread beats.
    #[default]
    Now,
    /// When a thread has its next piece of work in hand; an actor in its next turn.
    Work,
    /// At the next start.
    Start,
}

/// Why a fault was not injected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InjectError {
    /// No actor and no thread has this name.
    #[error("nothing called `{name}` can be broken; there are {}", known.join(", "))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// There is no instance of it just now.
    #[error("`{0}` is not running just now; ask again later, or for its next start")]
    Down(String),
}

/// Faults that wait for the next starts of actors and threads, by name.
#[derive(Default)]
pub(crate) struct StartFaults {
    armed: Mutex<HashMap<String, (Fault, u32)>>,
}

impl StartFaults {
    /// Lets the next `times` starts of this name break.
    pub fn arm(&self, name: &str, fault: Fault, times: u32) {
        self.armed().insert(name.to_owned(), (fault, times));
    }

    /// The fault that this start suffers, if any.
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

/// What an injected fault says of itself.
pub(crate) fn message(name: &str) -> String {
    format!("fault injected into {name}")
}

/// Breaks the thread that calls it. An end without a panic unwinds too, with the exit for whoever runs the thread.
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
