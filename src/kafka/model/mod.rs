//! The consumer group, model-checked.
//!
//! * `group`: The way of records through a group, model-checked: two members, rebalances, crashes, lost commits and late answers race each other in every order
//! * `world`: A broker, a log of one partition, and the two members of a group

#[cfg(test)]
mod group;
mod world;
