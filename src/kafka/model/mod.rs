//! The consumer group, model-checked with stateright.
//!
//! * `choices`: which steps are possible
//! * `group`: the properties and the tests
//! * `member`: one member of the group
//! * `step`: the events, and the rules that can be broken
//! * `world`: the broker, a log of one partition, and two members

mod choices;
mod group;
mod member;
mod step;
mod world;
