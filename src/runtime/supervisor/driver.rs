//! Does what the tree says: one loop on a thread of its own, which never waits for a child.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::Arbiter;
use tokio::sync::{mpsc, oneshot, watch};

use crate::runtime::actor::{
    Beat, Board, ChildGuard, ChildStatus, Exit, Inherited, Notice, OBSERVE_WITHIN, Phase, Pulse, StartFaults,
    silence_limit,
};

use super::config::SupervisorConfig;
use super::event::{Escalation, SupervisorEvent};
use super::member::Action;
use super::spec::ChildSpec;
use super::stop_scope::Whom;
use super::tree::Tree;

/// Shortest pause between two looks for silence.
const LOOK_INTERVAL_MIN: Duration = Duration::from_millis(10);

/// Asks the driver to stop these children for good; the answer names who was late.
pub(crate) struct Stop {
    pub whom: Whom,
    pub deadline: Instant,
    pub reply: oneshot::Sender<Vec<String>>,
}

/// What a lifeline says, and which instance says it.
struct Word {
    child: usize,
    generation: u64,
    notice: Notice,
}

/// What the driver holds of a child's instance.
#[derive(Default)]
struct Instance {
    arbiter: Option<Arbiter>,
    pulse: Option<Pulse>,
}

pub(crate) struct Driver {
    config: SupervisorConfig,
    children: Arc<[ChildSpec]>,
    board: Arc<Board>,
    escalation: Arc<watch::Sender<Option<Escalation>>>,
    beat: Arc<Beat>,
    start_faults: Arc<StartFaults>,
    tree: Tree,
    instances: Vec<Instance>,
    events: Vec<SupervisorEvent>,
    words: (mpsc::UnboundedSender<Word>, mpsc::UnboundedReceiver<Word>),
    /// The stops under way, by their number in the tree.
    stops: Vec<(usize, oneshot::Sender<Vec<String>>)>,
    next_memory: Instant,
    next_look: Instant,
    /// Silence before this moment is our own: we were not there to listen.
    listening_since: Instant,
}

impl Driver {
    pub fn new(
        config: SupervisorConfig,
        children: Arc<[ChildSpec]>,
        board: Arc<Board>,
        escalation: Arc<watch::Sender<Option<Escalation>>>,
        beat: Arc<Beat>,
        start_faults: Arc<StartFaults>,
    ) -> Driver {
        let named: Vec<_> = children.iter().map(|child| (child.name.clone(), child.group)).collect();
        let now = Instant::now();
        Driver {
            tree: Tree::new(&config, &named),
            instances: named.iter().map(|_| Instance::default()).collect(),
            events: Vec::new(),
            words: mpsc::unbounded_channel(),
            stops: Vec::new(),
            next_memory: now + config.heartbeat_interval,
            next_look: now,
            listening_since: now,
            config,
            children,
            board,
            escalation,
            beat,
            start_faults,
        }
    }

    /// Runs until everything is stopped, or until nobody holds a handle any more.
    pub async fn run(mut self, mut stop: mpsc::UnboundedReceiver<Stop>) {
        self.tree.start();
        loop {
            self.beat.give();
            let now = Instant::now();
            self.tick(now);
            for action in self.tree.step(now) {
                self.act(action);
            }
            self.publish();
            if self.answer_stops(now) {
                return self.end_all();
            }
            let tick = self.next_memory.min(self.next_look);
            let wake = self.tree.next_wake(now).map_or(tick, |wake| wake.min(tick));
            tokio::select! {
                Some(word) = self.words.1.recv() => self.hear(word),
                asked = stop.recv() => match asked {
                    Some(Stop { whom, deadline, reply }) => {
                        self.stops.push((self.tree.stop(&whom, deadline, Instant::now()), reply));
                    }
                    None => return self.end_all(),
                },
                () = tokio::time::sleep_until(wake.into()) => {}
            }
        }
    }

    /// Tells who was late to those whose stop is over; true when everything is stopped.
    fn answer_stops(&mut self, now: Instant) -> bool {
        let mut all_stopped = false;
        for (stop, reply) in std::mem::take(&mut self.stops) {
            let Some(late) = self.tree.late(stop, now) else {
                self.stops.push((stop, reply));
                continue;
            };
            all_stopped |= self.tree.is_of_all(stop);
            // Who asked may have left; there is nobody else to tell.
            let _ = reply.send(late.into_iter().map(|child| self.tree.members()[child].late()).collect());
        }
        all_stopped
    }

    fn hear(&mut self, word: Word) {
        let Word { child, generation, notice } = word;
        match notice {
            // also of an instance that is gone: the thread was lost all the same
            Notice::ThreadGone { thread, generation, exit } => {
                let name = self.name(child);
                self.events.push(SupervisorEvent::ThreadExited { name, thread, generation, exit });
            }
            _ if !self.tree.is_current(child, generation) => {}
            Notice::Running => {
                self.tree.running(child);
                self.events.push(SupervisorEvent::Started { name: self.name(child), generation });
                self.remember(child);
            }
            Notice::Leaving => {
                self.children[child].child.vacate();
                self.end(child);
            }
            Notice::Gone(exit) => {
                self.children[child].child.vacate();
                self.end(child);
                self.instances[child] = Instance::default();
                let told = self.tree.members()[child].phase == Phase::GivenUp;
                self.tree.gone(child, exit.clone(), Instant::now(), rand::random());
                // of one that hung, the end was told when that was found
                if !told {
                    self.exited(child, generation, exit);
                }
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Start(child) => self.start(child),
            Action::Drain { child, deadline } => self.children[child].child.drain(deadline),
            Action::End(child) => self.end(child),
            Action::GroupRestarting(members) => self.events.push(SupervisorEvent::GroupRestarting {
                group: self.children[members[0]].group,
                members: members.iter().map(|child| self.name(*child)).collect(),
            }),
            Action::Escalate(escalation) => self.events.push(SupervisorEvent::Escalated(escalation)),
        }
    }

    fn start(&mut self, child: usize) {
        let spec = &self.children[child];
        let generation = self.tree.members()[child].generation;
        let words = self.words.0.clone();
        let notify = move |notice| {
            // Without a supervisor there is nobody left to hear it.
            let _ = words.send(Word { child, generation, notice });
        };
        let estate = Inherited { threads: spec.threads.clone(), start_faults: self.start_faults.clone() };
        let guard = ChildGuard::new(spec.name.clone(), generation, estate, Box::new(notify));
        let pulse = Some(guard.pulse());
        let arbiter = spec.child.start(guard, self.config.heartbeat_interval);
        self.instances[child] = Instance { arbiter, pulse };
    }

    fn end(&self, child: usize) {
        if let Some(arbiter) = &self.instances[child].arbiter {
            arbiter.stop();
        }
    }

    fn end_all(&self) {
        for child in 0..self.children.len() {
            self.children[child].child.vacate();
            self.end(child);
        }
    }

    /// Once a heartbeat interval: remembers every child's state. Far more often: looks for those that are silent.
    fn tick(&mut self, now: Instant) {
        let interval = self.config.heartbeat_interval;
        if now >= self.next_memory {
            self.next_memory = now + interval;
            self.members_there().into_iter().for_each(|child| self.remember(child));
        }
        if now >= self.next_look {
            if now > self.next_look + interval {
                self.listening_since = now;
            }
            let limit = silence_limit(interval, self.config.heartbeat_floor);
            // so that a silence is found when it is hardly longer than it may be
            self.next_look = now + (limit / 100).max(LOOK_INTERVAL_MIN);
            self.look_for_silence(now, limit);
        }
    }

    fn look_for_silence(&mut self, now: Instant, limit: Duration) {
        for child in self.members_there() {
            let (phase, generation, leaving) = {
                let member = &self.tree.members()[child];
                (member.phase, member.generation, member.leaving)
            };
            if leaving {
                continue;
            }
            // who drains with its group may block for as long as that may take
            let limit = if phase == Phase::Draining { limit + self.config.group_drain } else { limit };
            if let Some(exit) = self.silence(child, now, limit) {
                self.children[child].child.vacate();
                self.tree.unresponsive(child, exit.clone(), now);
                self.exited(child, generation, exit);
            }
        }
    }

    /// Children with an instance that is not given up.
    fn members_there(&self) -> Vec<usize> {
        let members = self.tree.members().iter().enumerate();
        members.filter(|(_, member)| member.there && member.phase != Phase::GivenUp).map(|(child, _)| child).collect()
    }

    /// The silence of a child, or of one of its threads, that is longer than it may be.
    fn silence(&self, child: usize, now: Instant, limit: Duration) -> Option<Exit> {
        let listened = now.saturating_duration_since(self.listening_since);
        if listened <= limit {
            return None;
        }
        let age = self.instances[child].pulse.as_ref().map(|pulse| pulse.age(now));
        if let Some(silent_for) = age.filter(|age| *age > limit) {
            return Some(Exit::Unresponsive { thread: None, silent_for });
        }
        let (thread, silent_for) = self.children[child].threads.overdue(now, limit)?;
        Some(Exit::Unresponsive { thread: Some(thread), silent_for })
    }

    /// Asks a child for its state, so that there is one to show when it cannot answer any more.
    fn remember(&self, child: usize) {
        let (board, asked) = (self.board.clone(), self.children[child].child.observe(OBSERVE_WITHIN));
        let since = Instant::now();
        actix::spawn(async move {
            if let Ok(state) = asked.await {
                board.set_state(child, state, since);
            }
        });
    }

    /// First the board, then the events: who hears of something finds it in the reports.
    fn publish(&mut self) {
        for (child, member) in self.tree.members().iter().enumerate() {
            let standing = ChildStatus {
                group: member.group,
                phase: member.phase,
                generation: member.generation,
                policy: self.config.policy.clone(),
                history: member.history.clone(),
                last_exit: member.last_exit.clone(),
                due: member.due,
                pulse: self.instances[child].pulse.clone(),
            };
            self.board.set_standing(child, standing);
        }
        for event in self.events.drain(..) {
            if let SupervisorEvent::Escalated(escalation) = &event {
                self.escalation.send_replace(Some(escalation.clone()));
            }
            self.config.tell(&event);
        }
    }

    fn exited(&mut self, child: usize, generation: u64, exit: Exit) {
        self.events.push(SupervisorEvent::Exited { name: self.name(child), generation, exit });
    }

    fn name(&self, child: usize) -> String {
        self.children[child].name.to_string()
    }
}
