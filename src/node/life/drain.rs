//! The drain of a node: its steps in order, each with a deadline, and the parts that were late.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::http::OpenRequests;
use crate::kafka::Producer;
use crate::runtime::SupervisorHandle;

/// A step of the drain. Notice and intake begin together; each later step begins when its predecessors are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrainStep {
    /// Readiness is off, and the node keeps serving until clients use other nodes.
    Notice,
    /// Consumers hand back their records, commit offsets and stop.
    Intake,
    /// The listener closes, and open requests are answered.
    Http,
    /// The job queue drains, and the other actors stop.
    Serving,
    /// The producer flushes: the broker confirms all records.
    Producer,
}

impl DrainStep {
    const ALL: [DrainStep; 5] =
        [DrainStep::Notice, DrainStep::Intake, DrainStep::Http, DrainStep::Serving, DrainStep::Producer];

    /// The name in log and error texts.
    pub fn name(self) -> &'static str {
        match self {
            DrainStep::Notice => "notice",
            DrainStep::Intake => "intake",
            DrainStep::Http => "http",
            DrainStep::Serving => "serving",
            DrainStep::Producer => "producer",
        }
    }

    /// The deadline as a share of the timeout after the notice, in thirtieths: two thirds for what is in hand, as far as it comes in, a
    /// little for its results, and the rest for the broker to confirm them.
    fn deadline_thirtieths(self) -> u32 {
        match self {
            DrainStep::Notice => 0,
            DrainStep::Intake | DrainStep::Http => 20,
            DrainStep::Serving => 27,
            DrainStep::Producer => 30,
        }
    }
}

/// How long a drain may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrainBudget {
    /// How long the node keeps serving.
    pub notice: Duration,
    /// The time of all steps after the notice.
    pub timeout: Duration,
}

impl DrainBudget {
    /// The deadline of a step.
    fn deadline(&self, step: DrainStep, begun: Instant) -> Instant {
        begun + self.notice + self.timeout * step.deadline_thirtieths() / 30
    }
}

/// A step that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainedStep {
    /// The step.
    pub step: DrainStep,
    /// How long it took.
    pub took: Duration,
    /// The parts that were late.
    pub late: Vec<String>,
}

/// The steps that are over; it outlives an interrupted drain.
#[derive(Default)]
pub struct DrainRecord(Mutex<Vec<DrainedStep>>);

impl DrainRecord {
    /// Adds and logs a step. A part that was late in an earlier step is not named again.
    fn add(&self, step: DrainStep, begun: Instant, mut late: Vec<String>) {
        let mut done = self.lock();
        late.retain(|name| done.iter().all(|earlier| !earlier.late.contains(name)));
        let took = begun.elapsed();
        let (name, took_ms, late_names) = (step.name(), took.as_millis() as u64, late.join(", "));
        match late.is_empty() {
            true => tracing::info!(event = "drain_step", service = "node", step = name, took_ms, late = late_names),
            false => tracing::warn!(event = "drain_step", service = "node", step = name, took_ms, late = late_names),
        }
        done.push(DrainedStep { step, took, late });
    }

    /// The late parts by step, in words; `None` if no part was late.
    pub fn late(&self) -> Option<String> {
        let done = self.lock();
        let late = done.iter().filter(|done| !done.late.is_empty());
        let late: Vec<String> = late.map(|done| format!("{}: {}", done.step.name(), done.late.join(", "))).collect();
        (!late.is_empty()).then(|| late.join("; "))
    }

    /// The steps that are not over, in words.
    pub fn undone(&self) -> String {
        let done = self.lock();
        let undone = DrainStep::ALL.into_iter().filter(|step| done.iter().all(|done| done.step != *step));
        undone.map(DrainStep::name).collect::<Vec<_>>().join(", ")
    }

    fn lock(&self) -> MutexGuard<'_, Vec<DrainedStep>> {
        self.0.lock()
    }
}

/// The parts of a node that are drained.
pub struct DrainParts {
    /// The actors.
    pub supervisor: SupervisorHandle,
    /// The groups of consumers, which stop first.
    pub intake: Vec<&'static str>,
    /// The task of the API; `None` after it has ended.
    pub http: Option<JoinHandle<()>>,
    /// Dropped, it closes the listener of the API.
    pub close_http: Option<oneshot::Sender<()>>,
    /// The requests without an answer yet.
    pub open_requests: Arc<OpenRequests>,
    /// The producer of the actors.
    pub producer: Producer,
}

impl DrainParts {
    /// Runs all steps and records each. A second drain of the same parts continues where the first was interrupted.
    pub async fn drain(&mut self, budget: DrainBudget, record: &DrainRecord) {
        let begun = Instant::now();
        let due = |step| budget.deadline(step, begun);
        let DrainParts { supervisor, intake, http, close_http, open_requests, producer } = self;
        let stop_intake = async {
            let late = supervisor.stop_groups(intake, due(DrainStep::Intake)).await;
            record.add(DrainStep::Intake, begun, late);
        };
        let stop_http = async {
            tokio::time::sleep(budget.notice).await;
            let closed = Instant::now();
            record.add(DrainStep::Notice, begun, Vec::new());
            drop(close_http.take());
            let late = stop_api(http, open_requests, due(DrainStep::Http)).await;
            record.add(DrainStep::Http, closed, late);
        };
        tokio::join!(stop_intake, stop_http);
        let closed = Instant::now();
        let late = supervisor.stop(due(DrainStep::Serving)).await;
        record.add(DrainStep::Serving, closed, late);
        let stopped = Instant::now();
        let left = due(DrainStep::Producer).saturating_duration_since(stopped);
        let late = match producer.flush(left).await {
            0 => Vec::new(),
            1 => vec!["1 record that no broker has confirmed".to_owned()],
            left => vec![format!("{left} records that no broker has confirmed")],
        };
        record.add(DrainStep::Producer, stopped, late);
    }
}

/// Waits for the API to end, and returns the open requests if it is late. A request that has not arrived completely does not
/// count.
async fn stop_api(http: &mut Option<JoinHandle<()>>, open: &OpenRequests, deadline: Instant) -> Vec<String> {
    let Some(serving) = http else { return Vec::new() };
    let in_time = tokio::time::timeout_at(deadline.into(), serving).await.is_ok();
    if in_time {
        *http = None;
        return Vec::new();
    }
    open.summary()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_a_deadline_and_none_is_due_before_those_it_waits_for() {
        let budget = DrainBudget { notice: Duration::from_secs(5), timeout: Duration::from_secs(30) };
        let begun = Instant::now();
        let due = DrainStep::ALL.map(|step| budget.deadline(step, begun).duration_since(begun).as_secs());
        assert_eq!(due, [5, 25, 25, 32, 35]);
    }

    #[test]
    fn who_was_late_is_told_once_with_the_step() {
        let (record, now) = (DrainRecord::default(), Instant::now());
        record.add(DrainStep::Intake, now, vec!["trainer (trainer-0)".into(), "evaluator".into()]);
        assert_eq!(record.undone(), "notice, http, serving, producer");
        record.add(DrainStep::Notice, now, Vec::new());
        record.add(DrainStep::Http, now, Vec::new());
        record.add(DrainStep::Serving, now, vec!["inference-pool (inference-worker-1)".into(), "evaluator".into()]);
        let expected = "intake: trainer (trainer-0), evaluator; serving: inference-pool (inference-worker-1)";
        assert_eq!(record.late().as_deref(), Some(expected));
        record.add(DrainStep::Producer, now, Vec::new());
        assert_eq!(record.undone(), "");
    }

    #[test]
    fn a_drain_without_anybody_late_has_nothing_to_tell() {
        let record = DrainRecord::default();
        record.add(DrainStep::Intake, Instant::now(), Vec::new());
        assert_eq!(record.late(), None);
    }
}
