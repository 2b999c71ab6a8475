//! The checked protocol and its states.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::world::{Mutation, World};

/// A world with its key, by which the checker recognises it.
#[derive(Clone)]
pub struct State {
    pub world: World,
    key: String,
}

impl State {
    pub fn of(world: World) -> State {
        State { key: world.key(), world }
    }
}

impl PartialEq for State {
    fn eq(&self, other: &State) -> bool {
        self.key == other.key
    }
}

impl Eq for State {}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.key.hash(hasher);
    }
}

impl fmt::Debug for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.key)
    }
}

/// The protocol that is checked.
pub struct Protocol {
    /// The mistake in it, if it has one.
    pub mutation: Option<Mutation>,
    pub extras: Extras,
}

/// What else may happen in a check: one of them at a time, so that a check takes seconds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extras {
    PartialStops,
    LateEvents,
}
