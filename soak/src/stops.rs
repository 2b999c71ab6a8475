//! A node is told to stop under load, again and again: no request that it accepted is lost.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::node::Node;
use crate::open_loop::{Answer, Arrivals, OpenLoop, Pace};
use crate::peer::{Ask, Connections, Outcome, Peer};
use crate::report::Report;

const PATIENCE: Duration = Duration::from_secs(40);

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

/// What all the stops came to.
#[derive(Default)]
pub struct Stopped {
    /// Every answer of every round.
    pub answers: Vec<Answer>,
    /// Exit codes, one a round; none for a signal.
    pub codes: Vec<Option<i32>>,
    /// The first lines of the logs of rounds that lost something.
    pub logs: Vec<String>,
}

/// Starts and stops nodes on one data folder, the first of which trains the model.
pub async fn run(stops: &Stops) -> Result<Stopped> {
    let folder = tempfile::tempdir()?;
    let (sample, home) = (folder.path().join("sample"), folder.path().join("home"));
    let made = Command::new(&stops.bin).arg("sample-data").arg(&sample).output();
    let made = made.with_context(|| format!("cannot run {}", stops.bin.display()))?;
    ensure!(made.status.success(), "no sample data: {}", String::from_utf8_lossy(&made.stderr));
    let (data, test) = (sample.join("sample.csv"), sample.join("sample_test.csv"));
    let with_data = [Path::new("--data"), &data, Path::new("--test"), &test];

    let mut stopped = Stopped::default();
    for time in 0..stops.times {
        round(stops, &home, if time == 0 { &with_data } else { &[] }, &mut stopped).await?;
    }
    Ok(stopped)
}

async fn round(stops: &Stops, home: &Path, args: &[&Path], stopped: &mut Stopped) -> Result<()> {
    let notice = stops.notice_ms.to_string();
    let mut node = Node::start(&stops.bin, home, args, &[("DRAIN_NOTICE_MS", &notice)])?;
    node.until_ready().await?;
    let connections = if stops.fresh { Connections::Fresh } else { Connections::Kept };
    let peer = Peer::new(&node.url, connections, PATIENCE)?;
    let load = OpenLoop::start(peer, ask(&node.url).await?, Pace { rate: stops.rate, arrivals: stops.arrivals });
    let around = Duration::from_millis(stops.around_ms);
    tokio::time::sleep(around).await;
    node.terminate()?;
    let status = node.ended().await?;
    tokio::time::sleep(around).await;
    stopped.add(load.finish().await, status.code(), &node.log());
    Ok(())
}

/// A forecast that the model of this node can make.
async fn ask(url: &str) -> Result<Ask> {
    let load = crate::load::Load {
        url: url.into(),
        rate: 0.0,
        seconds: 0.0,
        arrivals: Arrivals::Steady,
        fresh: false,
        body: None,
    };
    load.ask(&load.peer()?).await
}

impl Stopped {
    /// Answers, those that were refused aside.
    pub fn accepted(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(|answer| answer.outcome != Outcome::Refused)
    }

    /// Requests that came to nothing though their connection was accepted.
    pub fn lost(&self) -> usize {
        self.accepted().filter(|answer| !matches!(answer.outcome, Outcome::Answered { .. })).count()
    }

    /// Answers with a status from 500.
    pub fn server_errors(&self) -> usize {
        self.accepted().filter(|answer| matches!(answer.outcome, Outcome::Answered { status: 500.., .. })).count()
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
            "stops": self.codes.len(), "report": report, "lost": self.lost(), "server_errors": self.server_errors(),
            "bad_exits": self.bad_exits(),
        })
    }

    fn add(&mut self, answers: Vec<Answer>, code: Option<i32>, log: &[String]) {
        let others = |answer: &&Answer| !answer.outcome.is_good() && answer.outcome != Outcome::Refused;
        let round = self.codes.len();
        let told = answers.iter().filter(others).map(|answer| format!("round {round}: {answer:?}"));
        self.logs.extend(told);
        if code != Some(0) {
            self.logs.extend(log.iter().cloned());
        }
        self.answers.extend(answers);
        self.codes.push(code);
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.logs.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        writeln!(out, "{} stops\n{}", self.codes.len(), Report::of(&self.answers))?;
        let (lost, errors, exits) = (self.lost(), self.server_errors(), self.bad_exits());
        writeln!(out, "{lost} accepted requests lost, {errors} answered 5xx, {exits} nodes that did not exit 0")
    }
}
