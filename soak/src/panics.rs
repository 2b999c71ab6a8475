//! Load while inference workers panic, against a quiet run of the same length.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::load::Load;
use crate::open_loop::{Answer, OpenLoop};
use crate::peer::{Ask, Outcome, Peer};
use crate::report::{Latencies, Report};

/// Longest wait of a request that fails with its worker: far below any deadline.
const FAILED_WAIT_MAX_MS: f64 = 1000.0;
/// How much larger the p99 may be with panics.
const RATIO_MAX: f64 = 2.0;

/// The results of the two runs.
pub struct Panics {
    /// Without panics.
    pub quiet: Report,
    /// With them.
    pub loud: Report,
    /// Panics that were injected.
    pub injected: usize,
    /// All failed requests of the loud run.
    pub failed: Latencies,
}

/// A quiet run, and one in which a random worker panics every so often.
pub async fn run(load: &Load, every: Duration) -> Result<Panics> {
    let target = load.target().await?;
    let quiet = Report::of(&load.answers(&target).await);
    let running = OpenLoop::start(target.peer.clone(), target.ask.clone(), load.pace());
    let injected = inject(&target.peer, every, load.length()).await?;
    let answers = running.finish().await;
    let failed = Latencies::of(answers.iter().filter(|answer| !answer.outcome.is_good()).map(|answer| answer.took));
    Ok(Panics { quiet, loud: Report::of(&answers), injected, failed })
}

/// Makes a random inference worker panic every so often; gives the number of panics.
pub async fn inject(peer: &Peer, every: Duration, length: Duration) -> Result<usize> {
    let (mut due, end) = (Instant::now() + every, Instant::now() + length);
    let mut injected = 0;
    while due <= end {
        sleep_until(due).await;
        break_worker(peer, "panic").await?;
        injected += 1;
        due += every;
    }
    sleep_until(end).await;
    Ok(injected)
}

/// Breaks a random inference worker during its next batch, and gives its name.
pub async fn break_worker(peer: &Peer, fault: &str) -> Result<String> {
    let pool = peer.good(&Ask::get("/debug/actors/inference-pool")).await?;
    let threads = pool["threads"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names = threads.iter().filter_map(|thread| thread["name"].as_str());
    let workers: Vec<&str> = names.filter(|name| name.starts_with("inference-worker-")).collect();
    let worker = workers.choose(&mut rand::rng()).context("the node has no inference workers")?.to_string();
    let fault = Ask::post(&format!("/debug/faults/{worker}"), &json!({"fault": fault, "at": "work"}));
    peer.good(&fault).await.context("is the node started with ENABLE_FAULTS=1?")?;
    Ok(worker)
}

/// Whether the request failed because its worker died.
pub fn died_with_worker(answer: &Answer) -> bool {
    matches!(&answer.outcome, Outcome::Answered { status: 503, code: Some(code) } if code == "worker_died")
}

impl Panics {
    /// The p99 of the answered requests, as a ratio to that of the quiet run.
    pub fn ratio(&self) -> f64 {
        self.loud.good().at_ms(0.99) / self.quiet.good().at_ms(0.99)
    }

    /// Requests that failed with the worker that had them.
    pub fn worker_died(&self) -> u64 {
        self.loud.count("503 worker_died")
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "quiet": self.quiet.json(), "loud": self.loud.json(), "panics": self.injected, "p99_ratio": self.ratio(),
            "worker_died": self.worker_died(), "other_failures": self.other_failures(), "failed": self.failed.json(),
        })
    }

    /// An error unless only requests of broken batches failed, and quickly, and the p99 of the others is little larger.
    pub fn check(&self) -> Result<()> {
        ensure!(self.other_failures() == 0, "{} requests failed otherwise", self.other_failures());
        ensure!(self.quiet.outcomes.len() == 1, "requests of the quiet run failed");
        ensure!(self.failed.max_ms() < FAILED_WAIT_MAX_MS, "a failed request waited {:.0} ms", self.failed.max_ms());
        ensure!(self.ratio() < RATIO_MAX, "p99 is {:.2} times that of the quiet run", self.ratio());
        Ok(())
    }

    fn other_failures(&self) -> u64 {
        self.failed.count() - self.worker_died()
    }
}

impl fmt::Display for Panics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "quiet\n{}\nwith {} panics\n{}", self.quiet, self.injected, self.loud)?;
        writeln!(out, "p99 of the answered ones: {:.2} times that of the quiet run", self.ratio())?;
        let (died, others) = (self.worker_died(), self.other_failures());
        writeln!(out, "failed: {died} with their worker, {others} otherwise")?;
        writeln!(out, "longest wait of a failed one: {:.2} ms", self.failed.max_ms())
    }
}
