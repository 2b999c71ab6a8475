//! Records on a broker: their form, their delivery, and who may read them.
#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

#[path = "../common/mod.rs"]
mod common;
mod fixture; // a broker, or a mock of one, with topics of a test's own

mod delivery; // records are worked on at least once, whatever becomes of those that work on them
mod embedded_broker; // what the embedded broker promises
mod kafka_security; // TLS and logins work on a real broker, and a refusal says why
mod poison; // records that nobody can use end in the dead letters; what comes behind them is done
mod prefix_commit; // what may be committed, whatever the order in which records finish
mod real_broker; // what only a real broker shows: rebalances, deaths of brokers, lag
mod record_fields; // what is wrong with a record is said with the name of its field, before anything is done
mod records; // the original's records are understood, and what is missing is named
mod redirected_clients; // clients that are pointed elsewhere end what was under way and go there
mod topics; // topics are created where a broker lets a node, told where not, waited for where it is away
mod waiting_claims; // claims without a model hold up no others, and are answered when it is there
mod world; // a node with a model, on the broker that is there
