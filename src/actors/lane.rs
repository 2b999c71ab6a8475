//! One long-lived thread that an actor owns and that works off its tasks one by one.
//!
//! Heavy work (training, judging, loading a model) runs here and not on the actor's arbiter, and not on a
//! pool of passing threads either: libtorch keeps memory for every thread that ever ran it.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use actix::Message;

use crate::runtime::{Drain, Exit, Lifeline, OwnedThread};

/// The sending end of a thread that handles tasks of type `T` in order.
pub struct Lane<T> {
    tasks: mpsc::Sender<T>,
    thread: OwnedThread,
}

impl<T: Send + 'static> Lane<T> {
    /// Starts the thread; `on_exit` hears how it ended, a panic in `handle` included.
    pub fn spawn(
        name: &str,
        on_exit: impl FnOnce(Exit) + Send + 'static,
        mut handle: impl FnMut(T) + Send + 'static,
    ) -> Self {
        let (tasks, inbox) = mpsc::channel();
        let thread = OwnedThread::spawn(name, on_exit, move || {
            while let Ok(task) = inbox.recv() {
                handle(task);
            }
            Ok(())
        });
        Self { tasks, thread }
    }

    /// Hands over a task; gives it back when the thread is gone.
    pub fn submit(&self, task: T) -> Result<(), T> {
        self.tasks.send(task).map_err(|unsent| unsent.0)
    }

    /// Lets the thread end after the tasks it has, and waits for it at most `within`; false means it is late.
    pub fn close(self, within: Duration) -> bool {
        drop(self.tasks);
        self.thread.join_within(within)
    }
}

/// A lane's thread ended; whoever still counts on it ends too.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LaneGone(pub Exit);

/// Lets lanes end within the deadline, and says through the lifeline which of their threads did not.
pub fn drain<T: Send + 'static>(lanes: impl IntoIterator<Item = Lane<T>>, drain: Drain, lifeline: &Lifeline) {
    let left = || drain.deadline.saturating_duration_since(Instant::now());
    let late = lanes.into_iter().filter_map(|lane| {
        let name = lane.thread.name().to_owned();
        (!lane.close(left())).then_some(name)
    });
    lifeline.drained_except(late.collect());
}
