//! The supervisor protocol, model-checked.
//!
//! * `properties`: What holds in every world, and what happens in some of them
//! * `protocol`: The supervisor protocol, model-checked: start, exit, restart, stop, partial stop and give-up race each other in every order
//! * `world`: The driver's side of the protocol: the real tree, the instances that it has started, and words of theirs on their way

mod properties;
#[cfg(test)]
mod protocol;
mod world;
