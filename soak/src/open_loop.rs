//! An open-loop client: requests are due at fixed times, independent of the answers, and latency counts from the due time.
//!
//! So all requests of a second in which the server stands still count as slow, as for its callers (no coordinated omission). Every
//! request is a task of its own and takes a new connection if none is idle, so that no request waits for another. The lateness of the
//! client itself is measured too.

use std::time::{Duration, SystemTime};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::peer::{Ask, Outcome, Peer};

const SEED: u64 = 42;

/// How requests are spread over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Arrivals {
    /// All gaps are equal.
    Steady,
    /// Gaps as of independent callers.
    Poisson,
}

/// When requests are due.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Requests a second, on average.
    pub rate: f64,
    /// How they are spread.
    pub arrivals: Arrivals,
}

/// The answer to one request, or its failure.
#[derive(Debug, Clone)]
pub struct Answer {
    /// From the due time to the sending: the lateness of the client itself.
    pub late: Duration,
    /// From the due time to the end of the answer.
    pub took: Duration,
    /// When it ended.
    pub at: SystemTime,
    /// How it ended.
    pub outcome: Outcome,
    /// The part of the body that was kept.
    pub kept: Value,
}

/// Requests under way until [`OpenLoop::finish`].
pub struct OpenLoop {
    answers: watch::Sender<Vec<Answer>>,
    pacing: JoinHandle<JoinSet<()>>,
    stop: watch::Sender<bool>,
}

impl OpenLoop {
    /// Starts to send; the first request is due now.
    pub fn start(peer: Peer, ask: Ask, pace: Pace) -> Self {
        let (answers, stop) = (watch::Sender::new(Vec::new()), watch::Sender::new(false));
        let (sink, mut stopping) = (answers.clone(), stop.subscribe());
        let pacing = tokio::spawn(async move {
            let mut random = StdRng::seed_from_u64(SEED);
            let mut due = Instant::now();
            let mut sent = JoinSet::new();
            loop {
                tokio::select! {
                    _ = stopping.wait_for(|stop| *stop) => return sent,
                    () = sleep_until(due) => {}
                }
                let (peer, ask, sink) = (peer.clone(), ask.clone(), sink.clone());
                sent.spawn(async move {
                    let answer = answered(&peer, &ask, due).await;
                    sink.send_modify(|answers| answers.push(answer));
                });
                while sent.try_join_next().is_some() {}
                due += pace.gap(&mut random);
            }
        });
        Self { answers, pacing, stop }
    }

    /// The first answer of this kind, past or to come.
    pub async fn first(&self, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let mut answers = self.answers.subscribe();
        loop {
            // the sender lives as long as `self`
            if let Some(answer) = answers.borrow_and_update().iter().find(|answer| wanted(answer)) {
                return answer.clone();
            }
            _ = answers.changed().await;
        }
    }

    /// Stops sending, waits for the answers under way, and gives all answers in the order of their ends.
    pub async fn finish(self) -> Vec<Answer> {
        self.stop.send_replace(true);
        if let Ok(sent) = self.pacing.await {
            sent.join_all().await;
        }
        self.answers.send_replace(Vec::new())
    }
}

async fn answered(peer: &Peer, ask: &Ask, due: Instant) -> Answer {
    let late = due.elapsed();
    let (outcome, body) = peer.send(ask).await;
    Answer { late, took: due.elapsed(), at: SystemTime::now(), outcome, kept: (ask.keep)(&body) }
}

impl Pace {
    /// Equal gaps.
    pub fn steady(rate: f64) -> Self {
        Self { rate, arrivals: Arrivals::Steady }
    }

    fn gap(&self, random: &mut StdRng) -> Duration {
        let mean = 1.0 / self.rate;
        let gap = match self.arrivals {
            Arrivals::Steady => mean,
            Arrivals::Poisson => -mean * (1.0 - random.random::<f64>()).ln(),
        };
        Duration::from_secs_f64(gap)
    }
}
