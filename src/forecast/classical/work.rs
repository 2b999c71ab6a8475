//! Counted work: how much a fit has computed, a beat while it computes, and the way to stop it. No clock decides anything.

use crate::forecast::classical::error::MethodError;

/// Operations between two beats; some milliseconds.
const OPERATIONS_PER_BEAT: u64 = 4_000_000;

/// What a fit does after a beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It goes on.
    GoOn,
    /// It ends with [`MethodError::Cancelled`].
    Stop,
}

/// The work of one fit, counted in floating-point operations (estimated from shapes, the same on every machine).
pub struct Work<'a> {
    operations: u64,
    since_beat: u64,
    beat: &'a mut dyn FnMut() -> Signal,
}

impl<'a> Work<'a> {
    /// Work that calls `beat` every few milliseconds and ends when it answers [`Signal::Stop`].
    pub fn new(beat: &'a mut dyn FnMut() -> Signal) -> Work<'a> {
        Work { operations: 0, since_beat: 0, beat }
    }

    /// Counts operations that are done next.
    ///
    /// # Errors
    /// [`MethodError::Cancelled`] where the watcher stopped the work.
    pub fn spend(&mut self, operations: usize) -> Result<(), MethodError> {
        self.operations += operations as u64;
        self.since_beat += operations as u64;
        if self.since_beat < OPERATIONS_PER_BEAT {
            return Ok(());
        }
        self.since_beat = 0;
        match (self.beat)() {
            Signal::GoOn => Ok(()),
            Signal::Stop => Err(MethodError::Cancelled),
        }
    }

    /// Operations so far.
    pub fn operations(&self) -> u64 {
        self.operations
    }
}
