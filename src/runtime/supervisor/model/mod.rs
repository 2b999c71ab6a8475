//! The supervisor protocol, model-checked.
//!
//! * `properties`: what holds in every world, and what happens in some of them
//! * `protocol`: the steps between the states, and the checks
//! * `state`: the checked protocol and its states
//! * `world`: the real tree with the driver's side of the protocol, and its mutations

mod properties;
mod protocol;
mod state;
mod world;
