//! What an earlier program wrote is read, judged and served by this one, format by format: `tests/fixtures/formats_v1/README.md`
//! tells what is there. Nothing of it is ever written anew; another format gets a folder of its own.
#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

#[path = "../common/mod.rs"]
mod common;
mod decisions;
mod fixture;
mod models;
mod nodes;
mod records;
#[path = "../common/shell.rs"]
mod shell;
mod stored;
#[path = "../stored/fixture.rs"]
mod stores;
