//! The supervisor as the rest of the node sees it: start, reports, stop, escalation, injected faults.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::sync::{mpsc, oneshot, watch};

use crate::runtime::lifecycle::{
    ActorReport, Exit, Fault, FaultTiming, Freshness, InjectError, Mailbox, Phase, panic_hook, silence_limit,
};
use crate::runtime::threads::OwnedThread;

use super::config::SupervisorConfig;
use super::driver::{Driver, Shared, StopRequest};
use super::event::Escalation;
use super::spec::ChildSpec;
use super::status_board::Observation;
use super::stop_scope::StopScope;

/// How much longer than the deadline a stop waits for the supervisor's own answer.
const STOP_GRACE: Duration = Duration::from_millis(500);

/// Starts supervisors.
pub struct Supervisor;

impl Supervisor {
    /// Starts the children in order, on a thread of the supervisor's own; needs no runtime around it.
    pub fn start(config: SupervisorConfig, children: Vec<ChildSpec>) -> SupervisorHandle {
        panic_hook::install();
        let shared = Shared {
            children: children.into(),
            board: Arc::default(),
            heartbeat: Arc::default(),
            start_faults: Arc::default(),
        };
        let escalation = Arc::new(watch::Sender::new(None));
        let (stop_requests, received_requests) = mpsc::unbounded_channel();
        let handle = SupervisorHandle {
            shared: shared.clone(),
            escalation: escalation.subscribe(),
            stop_requests,
            silence_limit: silence_limit(config.heartbeat_interval, config.heartbeat_floor),
        };
        let driver = {
            let escalation = escalation.clone();
            move || Driver::new(config, shared, escalation)
        };
        let on_exit = move |exit: Exit| {
            if exit != Exit::Finished {
                escalation.send_replace(Some(supervisor_died(exit)));
            }
        };
        OwnedThread::spawn("supervisor", on_exit, move || {
            actix::System::new().block_on(driver().run(received_requests));
            Ok(())
        });
        handle
    }
}

/// The escalation when the supervisor itself has ended.
fn supervisor_died(exit: Exit) -> Escalation {
    Escalation {
        actor: "supervisor".to_owned(),
        group: "runtime",
        exit,
        why: "no supervisor is left to restart an actor".to_owned(),
    }
}

/// A running supervisor; when the last clone is dropped, all children are ended at once.
#[derive(Clone)]
pub struct SupervisorHandle {
    shared: Shared,
    escalation: watch::Receiver<Option<Escalation>>,
    stop_requests: mpsc::UnboundedSender<StopRequest>,
    silence_limit: Duration,
}

impl SupervisorHandle {
    /// One report a child, in the order of the start; a child that does not answer `within` is shown with its last known state.
    pub async fn reports(&self, within: Duration) -> Vec<ActorReport> {
        let reports = (0..self.shared.children.len()).map(|child| self.report(child, within));
        join_all(reports).await.into_iter().flatten().collect()
    }

    /// The age of the last known state of each child, or of the supervisor where there is none; this asks no child.
    pub fn state_ages(&self) -> impl Iterator<Item = (&str, Duration)> {
        let children = self.shared.children.iter().enumerate();
        children.map(|(child, spec)| {
            let age = self.shared.board.state_age(child);
            (spec.name(), age.unwrap_or_else(|| self.shared.heartbeat.since_start()))
        })
    }

    /// Whether the supervisor can restart children: it beats and has not given up. One that was stopped in order counts as alive.
    pub fn is_alive(&self) -> bool {
        let has_ended = self.stop_requests.is_closed();
        self.escalation.borrow().is_none()
            && (has_ended || self.shared.heartbeat.age(Instant::now()) <= self.silence_limit)
    }

    /// Stops the children in reverse order, for good, and names the late ones: those that had not ended at the deadline, and those that
    /// ended with work unfinished, which follows their name in brackets.
    pub async fn stop(&self, deadline: Instant) -> Vec<String> {
        self.stop_in(StopScope::All, deadline).await
    }

    /// As [`stop`](SupervisorHandle::stop), for the children of these groups alone; the others stay supervised.
    ///
    /// The arbiter of a late child is stopped at the deadline. If the child still runs, it is late again in a later stop.
    pub async fn stop_groups(&self, groups: &[&str], deadline: Instant) -> Vec<String> {
        self.stop_in(StopScope::Groups(groups.iter().map(|group| (*group).to_owned()).collect()), deadline).await
    }

    /// Waits until the supervisor gives up; the caller must then stop the node with this reason.
    pub async fn escalated(&self) -> Escalation {
        let mut escalation = self.escalation.clone();
        let reason = escalation.wait_for(Option::is_some).await;
        match reason.ok().and_then(|reason| reason.clone()) {
            Some(reason) => reason,
            // it was stopped in order and will never give up
            None => pending().await,
        }
    }

    /// Breaks a child or one of its threads, now or at each of the next `times` starts.
    pub fn inject(&self, target: &str, fault: Fault, timing: FaultTiming, times: u32) -> Result<(), InjectError> {
        let known = self.breakable();
        if known.iter().all(|name| name != target) {
            return Err(InjectError::Unknown { name: target.to_owned(), known });
        }
        let child = self.shared.children.iter().find(|spec| *spec.name == *target);
        let down = || InjectError::Down(target.to_owned());
        match (timing, child) {
            (FaultTiming::Start, _) => self.shared.start_faults.arm(target, fault, times),
            (_, Some(spec)) if spec.child.inject(fault) => {}
            (_, Some(_)) => return Err(down()),
            (timing, None) => {
                let mut registries = self.shared.children.iter().map(|spec| &spec.threads);
                registries
                    .find_map(|threads| threads.find(target))
                    .ok_or_else(down)?
                    .arm(fault, timing == FaultTiming::Now);
            }
        }
        Ok(())
    }

    /// The targets of [`inject`](SupervisorHandle::inject): each child, followed by its threads.
    pub fn breakable(&self) -> Vec<String> {
        let parts = self.shared.children.iter().flat_map(|spec| {
            let child = std::iter::once(spec.name.to_string());
            child.chain(spec.threads.names())
        });
        parts.collect()
    }

    async fn report(&self, child: usize, within: Duration) -> Option<ActorReport> {
        let spec = &self.shared.children[child];
        let asked_at = Instant::now();
        let answer = spec.child.observe(within).await;
        let now = Instant::now();
        let freshness = match answer {
            Ok(state) => {
                self.shared.board.set_state(child, state, asked_at);
                Freshness::Live
            }
            Err(_) => Freshness::Stale,
        };
        let state = self.shared.board.state(child);
        let status = self.shared.board.status(child)?;
        let observation = Observation {
            name: spec.name.to_string(),
            mailbox: Mailbox { waiting: spec.child.waiting() },
            threads: spec.threads.reports(now),
            state,
            freshness,
        };
        Some(status.report(observation, now))
    }

    async fn stop_in(&self, scope: StopScope, deadline: Instant) -> Vec<String> {
        let (reply, answer) = oneshot::channel();
        if self.stop_requests.send(StopRequest { scope: scope.clone(), deadline, reply }).is_ok() {
            let answered = tokio::time::timeout_at((deadline + STOP_GRACE).into(), answer).await;
            if let Ok(Ok(late)) = answered {
                return late;
            }
        }
        self.not_stopped(&scope)
    }

    fn not_stopped(&self, scope: &StopScope) -> Vec<String> {
        let left = self.shared.children.iter().enumerate().filter(|(child, spec)| {
            let status = self.shared.board.status(*child);
            scope.includes(spec.group) && status.is_some_and(|status| status.phase != Phase::Stopped)
        });
        left.map(|(_, spec)| spec.name.to_string()).collect()
    }
}
