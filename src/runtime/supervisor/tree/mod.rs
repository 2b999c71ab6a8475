//! The supervision tree: decides what to do about each event of a child, without doing it.
//!
//! * `action`: what the tree asks the driver to do
//! * `child_state`: what the tree knows of one child
//! * `children`: all children, and what is done to one of them
//! * `groups`: restarts of groups, rest for one
//! * `stops`: stops for good, of all children or of some groups
//! * `supervision_tree`: the tree itself
//! * `group_tests`, `tests`: properties of the tree

mod action;
mod child_state;
mod children;
#[cfg(test)]
mod group_tests;
mod groups;
mod stops;
mod supervision_tree;
#[cfg(test)]
mod tests;

pub(crate) use action::Action;
#[cfg(test)]
pub(crate) use child_state::ChildState;
pub(crate) use supervision_tree::Tree;
