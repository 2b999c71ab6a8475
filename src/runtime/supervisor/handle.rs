//! The supervisor as the rest of the node sees it.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::sync::{mpsc, oneshot, watch};

use crate::runtime::actor::{
    ActorReport, Beat, Board, Exit, Fault, Freshness, InjectError, Mailbox, Phase, Sight, StartFaults, Strike,
    panic_hook, silence_limit,
};
use crate::runtime::threads::OwnedThread;

use super::config::SupervisorConfig;
use super::driver::{Driver, Stop};
use super::event::Escalation;
use super::spec::ChildSpec;
use super::stop_scope::Whom;

/// How much longer than the deadline a stop waits for the supervisor's own answer.
const STOP_GRACE: Duration = Duration::from_millis(500);

/// Starts supervisors.
pub struct Supervisor;

impl Supervisor {
    /// Starts the children in order, on a thread of the supervisor's own; needs no runtime around it.
    pub fn start(config: SupervisorConfig, children: Vec<ChildSpec>) -> SupervisorHandle {
        panic_hook::install();
        let children: Arc<[ChildSpec]> = children.into();
        let board = Arc::new(Board::default());
        let escalation = Arc::new(watch::Sender::new(None));
        let beat = Arc::new(Beat::default());
        let start_faults = Arc::new(StartFaults::default());
        let silence_limit = silence_limit(config.heartbeat_interval, config.heartbeat_floor);
        let (stop, asked_to_stop) = mpsc::unbounded_channel();
        let handle = SupervisorHandle {
            children: children.clone(),
            board: board.clone(),
            escalation: escalation.subscribe(),
            stop,
            beat: beat.clone(),
            start_faults: start_faults.clone(),
            silence_limit,
        };
        let driver = {
            let escalation = escalation.clone();
            move || Driver::new(config, children, board, escalation, beat, start_faults)
        };
        let on_exit = move |exit: Exit| {
            if exit != Exit::Finished {
                escalation.send_replace(Some(of_the_supervisor(exit)));
            }
        };
        OwnedThread::spawn("supervisor", on_exit, move || {
            actix::System::new().block_on(driver().run(asked_to_stop));
            Ok(())
        });
        handle
    }
}

/// A node without its supervisor has nobody to start its actors again.
fn of_the_supervisor(exit: Exit) -> Escalation {
    Escalation {
        actor: "supervisor".to_owned(),
        group: "runtime",
        exit,
        why: "nobody is left to restart anything".to_owned(),
    }
}

/// A running supervisor; when the last clone is dropped, all children are ended at once.
#[derive(Clone)]
pub struct SupervisorHandle {
    children: Arc<[ChildSpec]>,
    board: Arc<Board>,
    escalation: watch::Receiver<Option<Escalation>>,
    stop: mpsc::UnboundedSender<Stop>,
    beat: Arc<Beat>,
    start_faults: Arc<StartFaults>,
    silence_limit: Duration,
}

impl SupervisorHandle {
    /// One report a child, in the order of the start; who does not answer `within` is shown as it was.
    pub async fn reports(&self, within: Duration) -> Vec<ActorReport> {
        let asked = (0..self.children.len()).map(|child| self.report(child, within));
        join_all(asked).await.into_iter().flatten().collect()
    }

    /// Age of the state that each child last told, or of the supervisor where it told none; nobody is asked for it.
    pub fn state_ages(&self) -> impl Iterator<Item = (&str, Duration)> {
        let children = self.children.iter().enumerate();
        children
            .map(|(child, spec)| (spec.name(), self.board.state_age(child).unwrap_or_else(|| self.beat.since_birth())))
    }

    /// Whether somebody is there to start a dead child again; one that was stopped in order has nothing left to do.
    pub fn is_alive(&self) -> bool {
        let has_left = self.stop.is_closed();
        self.escalation.borrow().is_none() && (has_left || self.beat.age(Instant::now()) <= self.silence_limit)
    }

    /// Stops the children in reverse order, for good, and names those who were late: who was not gone at the deadline,
    /// and who left without all that it should have brought to an end, which follows its name in brackets.
    pub async fn stop(&self, deadline: Instant) -> Vec<String> {
        self.stop_those(Whom::All, deadline).await
    }

    /// As [`stop`](SupervisorHandle::stop), for the children of these groups alone; the others go on being supervised.
    ///
    /// Who is late here is ended at the deadline, and if that does not help is in the way of a later stop again.
    pub async fn stop_groups(&self, groups: &[&str], deadline: Instant) -> Vec<String> {
        self.stop_those(Whom::Groups(groups.iter().map(|group| (*group).to_owned()).collect()), deadline).await
    }

    /// Waits for the supervisor to give up; that the node must go down with this reason is the caller's to do.
    pub async fn escalated(&self) -> Escalation {
        let mut escalation = self.escalation.clone();
        let reason = escalation.wait_for(Option::is_some).await;
        match reason.ok().and_then(|reason| reason.clone()) {
            Some(reason) => reason,
            // It was stopped in order and will never give up.
            None => pending().await,
        }
    }

    /// Breaks a child or one of its threads, now or at each of the next `times` starts.
    pub fn inject(&self, target: &str, fault: Fault, strike: Strike, times: u32) -> Result<(), InjectError> {
        let known = self.breakable();
        if known.iter().all(|name| name != target) {
            return Err(InjectError::Unknown { name: target.to_owned(), known });
        }
        let child = self.children.iter().find(|spec| *spec.name == *target);
        let down = || InjectError::Down(target.to_owned());
        match (strike, child) {
            (Strike::Start, _) => self.start_faults.arm(target, fault, times),
            (_, Some(spec)) if spec.child.inject(fault) => {}
            (_, Some(_)) => return Err(down()),
            (strike, None) => {
                let mut books = self.children.iter().map(|spec| &spec.threads);
                books.find_map(|threads| threads.find(target)).ok_or_else(down)?.arm(fault, strike == Strike::Now);
            }
        }
        Ok(())
    }

    /// Everything that can be broken: each child, followed by its threads.
    pub fn breakable(&self) -> Vec<String> {
        let parts = self.children.iter().flat_map(|spec| {
            let child = std::iter::once(spec.name.to_string());
            child.chain(spec.threads.names())
        });
        parts.collect()
    }

    async fn report(&self, child: usize, within: Duration) -> Option<ActorReport> {
        let spec = &self.children[child];
        let asked = Instant::now();
        let answer = spec.child.observe(within).await;
        let now = Instant::now();
        let freshness = match answer {
            Ok(state) => {
                self.board.set_state(child, state, asked);
                Freshness::Live
            }
            Err(_) => Freshness::Stale,
        };
        let state = self.board.state(child);
        let standing = self.board.standing(child)?;
        let sight = Sight {
            name: spec.name.to_string(),
            mailbox: Mailbox { waiting: spec.child.waiting() },
            threads: spec.threads.reports(now),
            state,
            freshness,
        };
        Some(standing.report(sight, now))
    }

    async fn stop_those(&self, whom: Whom, deadline: Instant) -> Vec<String> {
        let (reply, answer) = oneshot::channel();
        if self.stop.send(Stop { whom: whom.clone(), deadline, reply }).is_ok() {
            let answered = tokio::time::timeout_at((deadline + STOP_GRACE).into(), answer).await;
            if let Ok(Ok(late)) = answered {
                return late;
            }
        }
        self.not_stopped(&whom)
    }

    fn not_stopped(&self, whom: &Whom) -> Vec<String> {
        let left = self.children.iter().enumerate().filter(|(child, spec)| {
            let standing = self.board.standing(*child);
            whom.includes(spec.group) && standing.is_some_and(|standing| standing.phase != Phase::Stopped)
        });
        left.map(|(_, spec)| spec.name.to_string()).collect()
    }
}
