//! What the embedded object store promises, seen through the clients that the node uses, over real sockets.

mod durability;
mod fault_points;
mod fixture;
mod names;
mod power_cut;
mod protocol;
mod races;
mod streaming;
