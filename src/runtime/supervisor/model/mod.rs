//! The supervisor protocol, model-checked.
//!
//! * `properties`: what holds in every world, and what happens in some of them
//! * `protocol`: the states, the steps between them, and the checks
//! * `world`: the real tree with the driver's side of the protocol, and its mutations

mod properties;
mod protocol;
mod world;
