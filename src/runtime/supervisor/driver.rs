//! The driver: one loop on a thread of its own that does what the tree decides, and never waits for a child.

use std::sync::Arc;
use std::time::Instant;

use actix::Arbiter;
use tokio::sync::{mpsc, oneshot, watch};

use crate::runtime::actor::{ChildEvent, ChildGuard, Inherited, OBSERVE_WITHIN, Pulse};
use crate::runtime::lifecycle::{Exit, Heartbeat, Phase, StartFaults};

use super::config::SupervisorConfig;
use super::event::{Escalation, SupervisorEvent};
use super::silence::SilenceWatch;
use super::spec::ChildSpec;
use super::status_board::{ChildStatus, StatusBoard};
use super::stop_scope::StopScope;
use super::tree::{Action, Tree};

/// Asks the driver to stop these children for good; the reply names the late ones.
pub(super) struct StopRequest {
    pub scope: StopScope,
    pub deadline: Instant,
    pub reply: oneshot::Sender<Vec<String>>,
}

/// What the driver shares with the handle.
#[derive(Clone)]
pub(super) struct Shared {
    pub children: Arc<[ChildSpec]>,
    pub board: Arc<StatusBoard>,
    pub heartbeat: Arc<Heartbeat>,
    pub start_faults: Arc<StartFaults>,
}

/// An event of one instance of a child.
struct InstanceEvent {
    child: usize,
    generation: u64,
    event: ChildEvent,
}

/// The running instance of a child.
#[derive(Default)]
struct Instance {
    arbiter: Option<Arbiter>,
    pulse: Option<Pulse>,
}

pub(super) struct Driver {
    config: SupervisorConfig,
    shared: Shared,
    escalation: Arc<watch::Sender<Option<Escalation>>>,
    tree: Tree,
    instances: Vec<Instance>,
    /// Events that were not published yet.
    events: Vec<SupervisorEvent>,
    instance_events: (mpsc::UnboundedSender<InstanceEvent>, mpsc::UnboundedReceiver<InstanceEvent>),
    /// The stops under way, by their number in the tree.
    stops: Vec<(usize, oneshot::Sender<Vec<String>>)>,
    next_state_refresh: Instant,
    silence: SilenceWatch,
}

impl Driver {
    pub fn new(config: SupervisorConfig, shared: Shared, escalation: Arc<watch::Sender<Option<Escalation>>>) -> Driver {
        let named: Vec<_> = shared.children.iter().map(|child| (child.name.clone(), child.group)).collect();
        let now = Instant::now();
        Driver {
            tree: Tree::new(&config, &named),
            instances: named.iter().map(|_| Instance::default()).collect(),
            events: Vec::new(),
            instance_events: mpsc::unbounded_channel(),
            stops: Vec::new(),
            next_state_refresh: now + config.heartbeat_interval,
            silence: SilenceWatch::new(&config, now),
            config,
            shared,
            escalation,
        }
    }

    /// Runs until everything is stopped, or until the last handle is dropped.
    pub async fn run(mut self, mut stop_requests: mpsc::UnboundedReceiver<StopRequest>) {
        self.tree.start();
        loop {
            self.shared.heartbeat.beat();
            let now = Instant::now();
            self.refresh_states(now);
            self.check_for_silence(now);
            for action in self.tree.step(now) {
                self.act(action);
            }
            self.publish();
            if self.answer_stops(now) {
                return self.stop_all_arbiters();
            }
            let periodic = self.next_state_refresh.min(self.silence.next_check());
            let wake = self.tree.next_wake(now).map_or(periodic, |wake| wake.min(periodic));
            tokio::select! {
                Some(event) = self.instance_events.1.recv() => self.handle(event),
                request = stop_requests.recv() => match request {
                    Some(StopRequest { scope, deadline, reply }) => {
                        self.stops.push((self.tree.stop(&scope, deadline, Instant::now()), reply));
                    }
                    None => return self.stop_all_arbiters(),
                },
                () = tokio::time::sleep_until(wake.into()) => {}
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Start(child) => self.start(child),
            Action::Drain { child, deadline } => self.shared.children[child].child.drain(deadline),
            Action::StopArbiter(child) => self.stop_arbiter(child),
            Action::GroupRestarting(members) => self.events.push(SupervisorEvent::GroupRestarting {
                group: self.shared.children[members[0]].group,
                members: members.iter().map(|child| self.name(*child)).collect(),
            }),
            Action::Escalate(escalation) => self.events.push(SupervisorEvent::Escalated(escalation)),
        }
    }

    fn start(&mut self, child: usize) {
        let spec = &self.shared.children[child];
        let generation = self.tree.children()[child].generation;
        let instance_events = self.instance_events.0.clone();
        let sink = move |event| {
            // an error means that the supervisor has ended
            let _ = instance_events.send(InstanceEvent { child, generation, event });
        };
        let inherited = Inherited { threads: spec.threads.clone(), start_faults: self.shared.start_faults.clone() };
        let guard = ChildGuard::new(spec.name.clone(), generation, inherited, sink);
        let pulse = Some(guard.pulse());
        let arbiter = spec.child.start(guard, self.config.heartbeat_interval);
        self.instances[child] = Instance { arbiter, pulse };
    }

    fn handle(&mut self, event: InstanceEvent) {
        let InstanceEvent { child, generation, event } = event;
        match event {
            // also of an instance that has ended: the thread was lost all the same
            ChildEvent::ThreadExited { thread, generation, exit } => {
                let name = self.name(child);
                self.events.push(SupervisorEvent::ThreadExited { name, thread, generation, exit });
            }
            _ if !self.tree.is_current(child, generation) => {}
            ChildEvent::Started => {
                self.tree.started(child);
                self.events.push(SupervisorEvent::Started { name: self.name(child), generation });
                self.refresh_state(child);
            }
            ChildEvent::Ending => {
                self.shared.children[child].child.clear_address();
                self.stop_arbiter(child);
            }
            ChildEvent::Exited(exit) => {
                self.shared.children[child].child.clear_address();
                self.stop_arbiter(child);
                self.instances[child] = Instance::default();
                // the exit of an unresponsive child was published when it was found
                let published = self.tree.children()[child].phase == Phase::GivenUp;
                self.tree.exited(child, exit.clone(), Instant::now(), rand::random());
                if !published {
                    self.push_exited(child, generation, exit);
                }
            }
        }
    }

    /// Once a heartbeat interval: asks every child for its state.
    fn refresh_states(&mut self, now: Instant) {
        if now >= self.next_state_refresh {
            self.next_state_refresh = now + self.config.heartbeat_interval;
            self.running().into_iter().for_each(|child| self.refresh_state(child));
        }
    }

    /// Asks a child for its state, so that there is one to report when it cannot answer any more.
    fn refresh_state(&self, child: usize) {
        let answer = self.shared.children[child].child.observe(OBSERVE_WITHIN);
        let (board, asked_at) = (self.shared.board.clone(), Instant::now());
        actix::spawn(async move {
            if let Ok(state) = answer.await {
                board.set_state(child, state, asked_at);
            }
        });
    }

    fn check_for_silence(&mut self, now: Instant) {
        if !self.silence.is_due(now) {
            return;
        }
        for child in self.running() {
            let state = &self.tree.children()[child];
            if state.stops_for_good {
                continue;
            }
            let (spec, pulse) = (&self.shared.children[child], self.instances[child].pulse.as_ref());
            if let Some(exit) = self.silence.exceeded(state.phase, pulse, &spec.threads, now) {
                let generation = state.generation;
                spec.child.clear_address();
                self.tree.unresponsive(child, exit.clone(), now);
                self.push_exited(child, generation, exit);
            }
        }
    }

    /// Children with an instance that was not given up.
    fn running(&self) -> Vec<usize> {
        let children = self.tree.children().iter().enumerate();
        let running = children.filter(|(_, state)| state.has_instance && state.phase != Phase::GivenUp);
        running.map(|(child, _)| child).collect()
    }

    /// Updates the board first and then calls the listener, so that the listener finds each event in the reports.
    fn publish(&mut self) {
        for (child, state) in self.tree.children().iter().enumerate() {
            let status = ChildStatus {
                group: state.group,
                phase: state.phase,
                generation: state.generation,
                policy: self.config.policy.clone(),
                history: state.history.clone(),
                last_exit: state.last_exit.clone(),
                restart_at: state.restart_at,
                pulse: self.instances[child].pulse.clone(),
            };
            self.shared.board.set_status(child, status);
        }
        for event in self.events.drain(..) {
            if let SupervisorEvent::Escalated(escalation) = &event {
                self.escalation.send_replace(Some(escalation.clone()));
            }
            self.config.notify(&event);
        }
    }

    /// Answers every stop that is over with the names of the late children; true when everything is stopped.
    fn answer_stops(&mut self, now: Instant) -> bool {
        let mut all_stopped = false;
        for (stop, reply) in std::mem::take(&mut self.stops) {
            let Some(late) = self.tree.late(stop, now) else {
                self.stops.push((stop, reply));
                continue;
            };
            all_stopped |= self.tree.is_of_all(stop);
            // an error means that the caller has stopped waiting
            let _ = reply.send(late.into_iter().map(|child| self.tree.children()[child].late_name()).collect());
        }
        all_stopped
    }

    fn stop_arbiter(&self, child: usize) {
        if let Some(arbiter) = &self.instances[child].arbiter {
            arbiter.stop();
        }
    }

    fn stop_all_arbiters(&self) {
        for child in 0..self.shared.children.len() {
            self.shared.children[child].child.clear_address();
            self.stop_arbiter(child);
        }
    }

    fn push_exited(&mut self, child: usize, generation: u64, exit: Exit) {
        self.events.push(SupervisorEvent::Exited { name: self.name(child), generation, exit });
    }

    fn name(&self, child: usize) -> String {
        self.shared.children[child].name.to_string()
    }
}
