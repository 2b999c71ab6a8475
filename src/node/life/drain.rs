//! The drain of a node: its steps in order, each with a deadline, and who was late in which.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::http::OpenRequests;
use crate::kafka::Producer;
use crate::runtime::SupervisorHandle;

/// A step of the drain. The first two go on beside the notice, each later one begins when all before it are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Readiness is off; the node serves on, so that others stop sending.
    Notice,
    /// Whoever takes in work hands back what it holds, commits and leaves.
    Intake,
    /// The listener closes, and what is open is answered.
    Http,
    /// The queue is worked off, and the other actors stop.
    Serving,
    /// What was published is confirmed.
    Producer,
}

impl Step {
    const ALL: [Step; 5] = [Step::Notice, Step::Intake, Step::Http, Step::Serving, Step::Producer];

    /// What log and operator call it.
    pub fn name(self) -> &'static str {
        match self {
            Step::Notice => "notice",
            Step::Intake => "intake",
            Step::Http => "http",
            Step::Serving => "serving",
            Step::Producer => "producer",
        }
    }

    /// How much of the time after the notice is used up when it has to be over, in thirtieths.
    fn share(self) -> u32 {
        match self {
            Step::Notice => 0,
            Step::Intake | Step::Http => 20,
            Step::Serving => 27,
            Step::Producer => 30,
        }
    }
}

/// How long a drain may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How long the node serves on.
    pub notice: Duration,
    /// What all steps after that may take together.
    pub timeout: Duration,
}

impl Budget {
    /// When a step has to be over.
    fn deadline(&self, step: Step, begun: Instant) -> Instant {
        begun + self.notice + self.timeout * step.share() / 30
    }
}

/// A step that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Which.
    pub step: Step,
    /// How long it took.
    pub took: Duration,
    /// Who or what was late.
    pub late: Vec<String>,
}

/// What has been drained so far; it outlives a drain that is broken off.
#[derive(Default)]
pub struct Record(Mutex<Vec<Done>>);

impl Record {
    /// Notes a step, and tells the log. Whoever was late before is not named again.
    fn note(&self, step: Step, begun: Instant, mut late: Vec<String>) {
        let mut done = self.lock();
        late.retain(|name| done.iter().all(|earlier| !earlier.late.contains(name)));
        let took = begun.elapsed();
        let (name, took_ms, told) = (step.name(), took.as_millis() as u64, late.join(", "));
        match late.is_empty() {
            true => tracing::info!(event = "drain_step", service = "node", step = name, took_ms, late = told),
            false => tracing::warn!(event = "drain_step", service = "node", step = name, took_ms, late = told),
        }
        done.push(Done { step, took, late });
    }

    /// Who was late in which step, for people; nothing if nobody was.
    pub fn late(&self) -> Option<String> {
        let done = self.lock();
        let late = done.iter().filter(|done| !done.late.is_empty());
        let late: Vec<String> = late.map(|done| format!("{}: {}", done.step.name(), done.late.join(", "))).collect();
        (!late.is_empty()).then(|| late.join("; "))
    }

    /// The steps that a drain broken off now leaves undone.
    pub fn undone(&self) -> String {
        let done = self.lock();
        let undone = Step::ALL.into_iter().filter(|step| done.iter().all(|done| done.step != *step));
        undone.map(Step::name).collect::<Vec<_>>().join(", ")
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Done>> {
        self.0.lock()
    }
}

/// What is drained.
pub struct Parts {
    /// The actors.
    pub supervisor: SupervisorHandle,
    /// Groups of those that take in work.
    pub intake: Vec<&'static str>,
    /// The API; none once it has ended.
    pub http: Option<JoinHandle<()>>,
    /// Dropped, it tells the API to take no more requests.
    pub close_http: Option<oneshot::Sender<()>>,
    /// What the API owes.
    pub open_requests: Arc<OpenRequests>,
    /// Where actors publish.
    pub producer: Producer,
}

impl Parts {
    /// Goes through all steps and notes each; a second drain of the same parts goes on where the first was broken off.
    pub async fn drain(&mut self, budget: Budget, record: &Record) {
        let begun = Instant::now();
        let due = |step| budget.deadline(step, begun);
        let Parts { supervisor, intake, http, close_http, open_requests, producer } = self;
        let stop_intake = async {
            let late = supervisor.stop_groups(intake, due(Step::Intake)).await;
            record.note(Step::Intake, begun, late);
        };
        let stop_http = async {
            tokio::time::sleep(budget.notice).await;
            let closed = Instant::now();
            record.note(Step::Notice, begun, Vec::new());
            drop(close_http.take());
            let late = answered(http, open_requests, due(Step::Http)).await;
            record.note(Step::Http, closed, late);
        };
        tokio::join!(stop_intake, stop_http);
        let closed = Instant::now();
        let late = supervisor.stop(due(Step::Serving)).await;
        record.note(Step::Serving, closed, late);
        let stopped = Instant::now();
        let left = due(Step::Producer).saturating_duration_since(stopped);
        let late = match producer.flush(left).await {
            0 => Vec::new(),
            1 => vec!["1 record that no broker has confirmed".to_owned()],
            left => vec![format!("{left} records that no broker has confirmed")],
        };
        record.note(Step::Producer, stopped, late);
    }
}

/// Waits for the API to end; a caller who has not sent his request as a whole is not named, for we owe him nothing.
async fn answered(http: &mut Option<JoinHandle<()>>, open: &OpenRequests, deadline: Instant) -> Vec<String> {
    let Some(serving) = http else { return Vec::new() };
    let in_time = tokio::time::timeout_at(deadline.into(), serving).await.is_ok();
    if in_time {
        *http = None;
        return Vec::new();
    }
    open.told()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_a_deadline_and_none_is_due_before_those_it_waits_for() {
        let budget = Budget { notice: Duration::from_secs(5), timeout: Duration::from_secs(30) };
        let begun = Instant::now();
        let due = Step::ALL.map(|step| budget.deadline(step, begun).duration_since(begun).as_secs());
        assert_eq!(due, [5, 25, 25, 32, 35]);
    }

    #[test]
    fn who_was_late_is_told_once_with_the_step() {
        let (record, now) = (Record::default(), Instant::now());
        record.note(Step::Intake, now, vec!["trainer (trainer-0)".into(), "evaluator".into()]);
        assert_eq!(record.undone(), "notice, http, serving, producer");
        record.note(Step::Notice, now, Vec::new());
        record.note(Step::Http, now, Vec::new());
        record.note(Step::Serving, now, vec!["inference-pool (inference-worker-1)".into(), "evaluator".into()]);
        let told = "intake: trainer (trainer-0), evaluator; serving: inference-pool (inference-worker-1)";
        assert_eq!(record.late().as_deref(), Some(told));
        record.note(Step::Producer, now, Vec::new());
        assert_eq!(record.undone(), "");
    }

    #[test]
    fn a_drain_without_anybody_late_has_nothing_to_tell() {
        let record = Record::default();
        record.note(Step::Intake, Instant::now(), Vec::new());
        assert_eq!(record.late(), None);
    }
}
