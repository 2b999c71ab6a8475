//! A worker hangs under load: the others serve on, the reports show it, and the process escalates.

use std::fmt;
use std::time::{Duration, SystemTime};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::load::Load;
use crate::open_loop::{Answer, OpenLoop, Pace};
use crate::panics::break_worker;
use crate::peer::{Ask, Outcome};
use crate::report::Report;

/// Polls of `/debug/actors` a second.
const POLLS: f64 = 20.0;

/// The longest allowed answer of `/debug/actors` at the 99th percentile.
const POLL_P99_MAX_MS: f64 = 200.0;

/// The results of a hung worker.
pub struct Hung {
    /// The name of the worker.
    pub worker: String,
    /// The forecasts from the fault to the end of the process.
    pub load: Report,
    /// The requests of `/debug/actors` in that time.
    pub polls: Report,
    /// From the fault to the first report of it.
    pub reported_after: Option<Duration>,
    /// From the fault to the end of the process.
    pub escalated_after: Option<Duration>,
}

/// Hangs a random worker, and waits for the end of the process as long as the load lasts.
pub async fn run(load: &Load) -> Result<Hung> {
    let target = load.target().await?;
    let forecasts = OpenLoop::start(target.peer.clone(), target.ask.clone(), load.pace());
    let polls = OpenLoop::start(target.peer.clone(), Ask::get("/debug/actors"), Pace::steady(POLLS));
    let worker = break_worker(&target.peer, "hang").await?;
    let begun = SystemTime::now();
    let ended = polls.first(|answer| answer.outcome == Outcome::Refused);
    let ended = tokio::time::timeout(load.length(), ended).await.ok().map(|answer| answer.at);
    let (forecasts, polls) = (forecasts.finish().await, polls.finish().await);

    let since = |at: SystemTime| at.duration_since(begun).unwrap_or_default();
    let reported = polls.iter().find(|answer| is_silent(&answer.kept, &worker)).map(|answer| answer.at);
    // requests after the end of the process say nothing about the hung worker
    let before = |answers: Vec<Answer>| -> Vec<Answer> {
        answers.into_iter().filter(|answer| answer.outcome != Outcome::Refused).collect()
    };
    Ok(Hung {
        worker,
        load: Report::of(&before(forecasts)),
        polls: Report::of(&before(polls)),
        reported_after: reported.map(since),
        escalated_after: ended.map(since),
    })
}

/// Whether an actor was given up because the thread of this name is unresponsive.
fn is_silent(report: &Value, thread: &str) -> bool {
    let actors = report["actors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names_it =
        |actor: &Value| actor["last_exit"]["message"].as_str().is_some_and(|message| message.contains(thread));
    actors.iter().any(|actor| actor["last_exit"]["cause"] == "unresponsive" && names_it(actor))
}

impl Hung {
    /// An error unless a report named the worker, the process ended, and the reports were answered in time.
    pub fn check(&self) -> Result<()> {
        ensure!(self.reported_after.is_some(), "no report named {}", self.worker);
        ensure!(self.escalated_after.is_some(), "the process goes on");
        let p99 = self.polls.good().at_ms(0.99);
        ensure!(p99 < POLL_P99_MAX_MS, "/debug/actors took {p99:.0} ms (p99)");
        Ok(())
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let ms = |time: Option<Duration>| time.map(|time| time.as_millis() as u64);
        json!({
            "worker": self.worker, "load": self.load.json(), "polls": self.polls.json(),
            "reported_after_ms": ms(self.reported_after), "escalated_after_ms": ms(self.escalated_after),
        })
    }
}

impl fmt::Display for Hung {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = |time: Option<Duration>| time.map_or("never".into(), |time| format!("after {time:.1?}"));
        writeln!(out, "{} hung\nPOST /predict\n{}\nGET /debug/actors\n{}", self.worker, self.load, self.polls)?;
        writeln!(out, "reported {}", after(self.reported_after))?;
        writeln!(out, "the process ended {}", after(self.escalated_after))
    }
}
