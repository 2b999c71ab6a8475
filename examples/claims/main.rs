//! What a node makes of records, on a real broker and a real store that share its cores.
//!
//! `cargo run --release --example claims -- throughput [CLAIMS [OBJECTS]]`: claims of a backlog forecast and answered, a second;
//! and the lag in `/metrics` beside what the broker's own tool says. `... -- idle [TIMES]`: from a record of `training-data` to the
//! event that its training has begun. `FLTS_TEST_KAFKA` and `FLTS_TEST_MINIO` name the services (`make bench-claims` sets them).

mod idle;
mod listening;
mod throughput;
mod world;

use anyhow::{Result, bail};

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: usize| words.get(at).map_or(Ok(default), |word| word.parse());
    match words.first().map(String::as_str) {
        Some("throughput") => throughput::measure(number(1, 20_000)?, number(2, 50)?).await,
        Some("idle") => idle::measure(number(1, 100)?).await,
        _ => bail!("say throughput or idle"),
    }
}
