//! A node gets SIGTERM under load, again and again: no accepted request is lost.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::home::Home;
use crate::load::{forecast, peer};
use crate::open_loop::{Answer, Arrivals, OpenLoop, Pace};
use crate::peer::Outcome;
use crate::report::Report;

/// How nodes are stopped.
#[derive(Debug, Clone, clap::Args)]
pub struct Stops {
    /// The program
    #[arg(long, default_value = "target/release/flts")]
    pub bin: PathBuf,
    /// How often
    #[arg(long, default_value_t = 50)]
    pub times: usize,
    /// Requests a second
    #[arg(long, default_value_t = 200.0)]
    pub rate: f64,
    /// How requests are spread over time
    #[arg(long, value_enum, default_value = "poisson")]
    pub arrivals: Arrivals,
    /// A new connection for each request
    #[arg(long)]
    pub fresh: bool,
    /// DRAIN_NOTICE_MS of the node
    #[arg(long, default_value_t = 0)]
    pub notice_ms: u64,
    /// Load before the signal, and after the end
    #[arg(long, default_value_t = 500)]
    pub around_ms: u64,
}

/// The results of all stops.
#[derive(Default)]
pub struct Stopped {
    /// Every answer of every round.
    pub answers: Vec<Answer>,
    /// The exit code of each round; `None` for an end by a signal.
    pub codes: Vec<Option<i32>>,
    /// Every request that was neither answered 200 nor refused, and the logs of nodes that did not exit 0.
    pub remarks: Vec<String>,
}

/// Starts and stops nodes on one data folder, the first of which trains the model.
pub async fn run(stops: &Stops) -> Result<Stopped> {
    let mut home = Home::new(&stops.bin)?;
    let mut stopped = Stopped::default();
    for _ in 0..stops.times {
        round(stops, &mut home, &mut stopped).await?;
    }
    Ok(stopped)
}

async fn round(stops: &Stops, home: &mut Home, stopped: &mut Stopped) -> Result<()> {
    let notice = stops.notice_ms.to_string();
    let mut node = home.start(&[("DRAIN_NOTICE_MS", &notice)]).await?;
    let peer = peer(&node.url, stops.fresh)?;
    let ask = forecast(&peer, None).await?;
    let load = OpenLoop::start(peer, ask, Pace { rate: stops.rate, arrivals: stops.arrivals });
    let around = Duration::from_millis(stops.around_ms);
    tokio::time::sleep(around).await;
    node.terminate()?;
    let status = node.ended().await?;
    tokio::time::sleep(around).await;
    stopped.add(load.finish().await, status.code(), &node.log());
    Ok(())
}

impl Stopped {
    /// Requests whose connection was accepted and that got no answer.
    ///
    /// A request that crossed the close of an idle connection does not count: no server can know that it was sent, and clients send it
    /// again. A drain notice makes them rare, because answers have `connection: close` during it.
    pub fn lost(&self) -> usize {
        use Outcome::{Answered, Crossed, Refused};
        self.count(|outcome| !matches!(outcome, Answered { .. } | Crossed | Refused))
    }

    /// Requests that crossed the close of an idle connection.
    pub fn crossed(&self) -> usize {
        self.count(|outcome| *outcome == Outcome::Crossed)
    }

    /// Answers with a status from 500.
    pub fn server_errors(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Answered { status: 500.., .. }))
    }

    /// Rounds that did not exit 0.
    pub fn bad_exits(&self) -> usize {
        self.codes.iter().filter(|code| **code != Some(0)).count()
    }

    /// An error unless every accepted request was answered, none with a 5xx, and every node exited 0.
    pub fn check(&self) -> Result<()> {
        let (lost, errors, exits) = (self.lost(), self.server_errors(), self.bad_exits());
        ensure!((lost, errors, exits) == (0, 0, 0), "{lost} lost, {errors} answered 5xx, {exits} bad exits");
        Ok(())
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let report = Report::of(&self.answers).json();
        json!({
            "stops": self.codes.len(), "report": report, "lost": self.lost(), "crossed": self.crossed(), "server_errors": self.server_errors(),
            "bad_exits": self.bad_exits(),
        })
    }

    fn count(&self, kind: impl Fn(&Outcome) -> bool) -> usize {
        self.answers.iter().filter(|answer| kind(&answer.outcome)).count()
    }

    fn add(&mut self, answers: Vec<Answer>, code: Option<i32>, log: &[String]) {
        let others = |answer: &&Answer| !answer.outcome.is_good() && answer.outcome != Outcome::Refused;
        let round = self.codes.len();
        let remarks = answers.iter().filter(others).map(|answer| format!("round {round}: {answer:?}"));
        self.remarks.extend(remarks);
        if code != Some(0) {
            self.remarks.extend(log.iter().cloned());
        }
        self.answers.extend(answers);
        self.codes.push(code);
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.remarks.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        writeln!(out, "{} stops\n{}", self.codes.len(), Report::of(&self.answers))?;
        writeln!(out, "accepted requests lost: {}", self.lost())?;
        writeln!(out, "crossed the close of an idle connection: {}", self.crossed())?;
        writeln!(out, "answered 5xx: {}", self.server_errors())?;
        writeln!(out, "nodes that did not exit 0: {}", self.bad_exits())
    }
}
