//! A worker hangs under load: the others serve on, the operator sees it, and the process escalates.

use std::fmt;
use std::time::{Duration, SystemTime};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::load::Load;
use crate::open_loop::{Answer, Pace, OpenLoop};
use crate::panics::break_worker;
use crate::peer::{Ask, Outcome};
use crate::report::Report;

/// Polls of `/debug/actors` a second.
const POLLS: f64 = 20.0;

/// How long whoever looks may wait, at the 99th percentile.
const POLL_P99_MAX_MS: f64 = 200.0;

/// What a hung worker came to.
pub struct Hung {
    /// The worker.
    pub worker: String,
    /// Forecasts from its fault to the end of the process.
    pub load: Report,
    /// `/debug/actors` meanwhile.
    pub polls: Report,
    /// From the fault to the first report of it.
    pub reported_after: Option<Duration>,
    /// From the fault to the end of the process.
    pub escalated_after: Option<Duration>,
}

/// Hangs a random worker; the length of the load is how long the end of the process is waited for.
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
    // what came when nobody listened any more says nothing about the hung worker
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

/// Whether an actor is given up because the thread of this name beats no more.
fn is_silent(report: &Value, thread: &str) -> bool {
    let actors = report["actors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names_it = |actor: &Value| actor["last_exit"]["message"].as_str().is_some_and(|said| said.contains(thread));
    actors.iter().any(|actor| actor["last_exit"]["cause"] == "unresponsive" && names_it(actor))
}

impl Hung {
    /// An error unless it was seen and named, the process ended, and whoever looked was answered in time.
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
