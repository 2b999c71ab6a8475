//! What to do about each thing that happens to a child: pure, time and chance are arguments.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::exit::Exit;
use super::super::observe::Phase;
use super::super::restart::{Next, RestartHistory, RestartPolicy};
use super::line::StopLine;
use super::member::{Action, Member};
use super::{Escalation, SupervisorConfig};

/// All children and the budgets of their groups.
#[cfg_attr(test, derive(Clone))]
pub(super) struct Tree {
    policy: RestartPolicy,
    group_policy: RestartPolicy,
    group_drain: Duration,
    members: Vec<Member>,
    groups: Vec<Group>,
    stopping: Option<StopLine>,
    escalated: bool,
    actions: Vec<Action>,
}

#[cfg_attr(test, derive(Clone))]
struct Group {
    name: &'static str,
    history: RestartHistory,
    restart: Option<GroupRestart>,
}

/// A group restart under way: first all are stopped, then all are started.
#[cfg_attr(test, derive(Clone))]
struct GroupRestart {
    members: Vec<usize>,
    line: StopLine,
    due: Instant,
    ended: bool,
}

impl Tree {
    pub fn new(config: &SupervisorConfig, children: &[(Arc<str>, &'static str)]) -> Tree {
        let mut groups: Vec<Group> = Vec::new();
        for (_, group) in children {
            if groups.iter().all(|known| known.name != *group) {
                groups.push(Group { name: group, history: RestartHistory::default(), restart: None });
            }
        }
        let member = |(name, group): &(Arc<str>, &'static str)| Member {
            name: name.clone(),
            group,
            phase: Phase::Starting,
            generation: 0,
            history: RestartHistory::default(),
            last_exit: None,
            due: None,
            there: false,
        };
        Tree {
            policy: config.policy.clone(),
            group_policy: config.group_policy.clone(),
            group_drain: config.group_drain,
            members: children.iter().map(member).collect(),
            groups,
            stopping: None,
            escalated: false,
            actions: Vec::new(),
        }
    }

    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Starts every child, in order.
    pub fn start(&mut self) {
        for child in 0..self.members.len() {
            self.start_one(child);
        }
    }

    /// Whether this word comes from the instance that is there now.
    pub fn is_current(&self, child: usize, generation: u64) -> bool {
        let member = &self.members[child];
        member.there && member.generation == generation
    }

    /// An instance has started.
    pub fn running(&mut self, child: usize) {
        let member = &mut self.members[child];
        if member.phase == Phase::Starting {
            member.phase = Phase::Running;
        }
    }

    /// An instance is gone.
    pub fn gone(&mut self, child: usize, exit: Exit, now: Instant, random: f64) {
        let member = &mut self.members[child];
        member.there = false;
        member.last_exit = Some((exit, now));
        match member.phase {
            Phase::GivenUp => {}
            _ if self.stopping.is_some() => member.phase = Phase::Stopped,
            Phase::Draining => member.phase = Phase::Restarting,
            _ => self.failed(child, now, random),
        }
    }

    /// An instance has given no sign of life for too long; its thread cannot be killed.
    pub fn unresponsive(&mut self, child: usize, exit: Exit, now: Instant) {
        self.members[child].last_exit = Some((exit.clone(), now));
        self.give_up(child, exit, "its thread cannot be killed".to_owned());
    }

    /// Stops everything in reverse order; a second call can only bring the deadline nearer.
    pub fn stop(&mut self, deadline: Instant, now: Instant) {
        if let Some(line) = &mut self.stopping {
            line.deadline = line.deadline.min(deadline);
            return;
        }
        for member in self.members.iter_mut().filter(|member| !member.there) {
            member.due = None;
            if member.phase != Phase::GivenUp {
                member.phase = Phase::Stopped;
            }
        }
        let order = (0..self.members.len()).rev().collect();
        self.stopping = Some(StopLine::new(order, deadline, now));
    }

    /// Whether everything is being stopped.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }

    /// Those who are late, once stopping is over: nobody is left, or only the hung, or the deadline has passed.
    pub fn late(&self, now: Instant) -> Option<Vec<usize>> {
        let line = self.stopping.as_ref()?;
        let there: Vec<usize> = (0..self.members.len()).filter(|child| self.members[*child].there).collect();
        let hung = |child: &usize| self.members[*child].phase == Phase::GivenUp;
        (now >= line.deadline || there.iter().all(hung)).then_some(there)
    }

    /// Does what time brings, and gives out all that is to be done.
    pub fn step(&mut self, now: Instant) -> Vec<Action> {
        if let Some(mut line) = self.stopping.take() {
            self.advance(&mut line, now);
            self.stopping = Some(line);
            return std::mem::take(&mut self.actions);
        }
        for group in 0..self.groups.len() {
            if let Some(restart) = self.groups[group].restart.take() {
                self.groups[group].restart = self.step_group(restart, now);
            }
        }
        for child in 0..self.members.len() {
            let member = &self.members[child];
            let due = member.due.is_some_and(|due| due <= now);
            if due && member.phase == Phase::Restarting && !self.restarts_with_group(child) {
                self.start_one(child);
            }
        }
        std::mem::take(&mut self.actions)
    }

    /// When to step again if nothing happens.
    pub fn next_wake(&self, now: Instant) -> Option<Instant> {
        if let Some(line) = &self.stopping {
            return line.next_wake(now);
        }
        let restarts = self.groups.iter().filter_map(|group| group.restart.as_ref());
        let lines = restarts.filter_map(|restart| restart.line.next_wake(now));
        let dues = self.members.iter().filter_map(|member| member.due);
        // A due time that has passed waits for somebody to be gone, and that wakes us anyway.
        dues.filter(|due| *due > now).chain(lines).min()
    }

    fn start_one(&mut self, child: usize) {
        let member = &mut self.members[child];
        member.phase = Phase::Starting;
        member.generation += 1;
        member.due = None;
        member.there = true;
        self.actions.push(Action::Start(child));
    }

    fn failed(&mut self, child: usize, now: Instant, random: f64) {
        let member = &mut self.members[child];
        match member.history.record(&self.policy, now, random) {
            Next::RestartAfter(pause) => {
                member.phase = Phase::Restarting;
                member.due = Some(now + pause);
            }
            Next::GiveUp => self.restart_group(child, now, random),
        }
    }

    /// Rest for one: the failed child and those of its group started after it.
    fn restart_group(&mut self, child: usize, now: Instant, random: f64) {
        let name = self.members[child].group;
        let group = self.groups.iter_mut().find(|group| group.name == name);
        let group = group.expect("invariant: every child's group was listed when the tree was made");
        let pause = match group.history.record(&self.group_policy, now, random) {
            Next::RestartAfter(pause) => pause,
            Next::GiveUp => {
                let exit = self.members[child].last_exit.clone();
                let exit = exit.map_or(Exit::Finished, |(exit, _)| exit);
                return self.give_up(child, exit, self.budgets());
            }
        };
        let due = now + pause;
        let members: Vec<usize> = (child..self.members.len())
            .filter(|other| self.members[*other].group == name)
            .filter(|other| self.members[*other].phase != Phase::GivenUp)
            .collect();
        for member in &members {
            let member = &mut self.members[*member];
            member.history = RestartHistory::default();
            member.due = Some(due);
            member.phase = if member.there { Phase::Draining } else { Phase::Restarting };
        }
        let order = members.iter().rev().copied().collect();
        self.actions.push(Action::GroupRestarting(members.clone()));
        group.restart =
            Some(GroupRestart { members, line: StopLine::new(order, now + self.group_drain, now), due, ended: false });
    }

    /// Moves a group restart on; `None` when it is done.
    fn step_group(&mut self, mut restart: GroupRestart, now: Instant) -> Option<GroupRestart> {
        self.advance(&mut restart.line, now);
        let there: Vec<usize> = self.those_there(&restart.members);
        if !there.is_empty() {
            if now >= restart.line.deadline && !restart.ended {
                restart.ended = true;
                self.actions.extend(there.into_iter().map(Action::End));
            }
            return Some(restart);
        }
        if now < restart.due {
            return Some(restart);
        }
        for child in restart.members {
            if self.members[child].phase == Phase::Restarting {
                self.start_one(child);
            }
        }
        None
    }

    fn those_there(&self, children: &[usize]) -> Vec<usize> {
        let there = children.iter().copied();
        there.filter(|child| self.members[*child].there).collect()
    }

    fn restarts_with_group(&self, child: usize) -> bool {
        let mut restarts = self.groups.iter().filter_map(|group| group.restart.as_ref());
        restarts.any(|restart| restart.members.contains(&child))
    }

    fn advance(&mut self, line: &mut StopLine, now: Instant) {
        let members = &self.members;
        let tell = line.advance(now, |child| members[child].there && members[child].phase != Phase::GivenUp);
        let deadline = line.deadline;
        for child in tell {
            self.members[child].phase = Phase::Draining;
            self.actions.push(Action::Drain { child, deadline });
        }
    }

    fn give_up(&mut self, child: usize, exit: Exit, why: String) {
        let member = &mut self.members[child];
        member.phase = Phase::GivenUp;
        member.due = None;
        if self.escalated || self.stopping.is_some() {
            return;
        }
        self.escalated = true;
        self.actions.push(Action::Escalate(Escalation {
            actor: member.name.to_string(),
            group: member.group,
            exit,
            why,
        }));
    }

    fn budgets(&self) -> String {
        let told = |policy: &RestartPolicy| format!("{} in {:?}", policy.limit, policy.window);
        let (own, group) = (told(&self.policy), told(&self.group_policy));
        format!("its budgets are spent: restarts {own}, of its group {group}")
    }
}

#[cfg(test)]
impl Tree {
    /// Everything that decides what comes next: what the model checker tells two trees apart by.
    pub fn key(&self, now: Instant) -> String {
        let left = |due: Instant| due.saturating_duration_since(now);
        let members = self.members.iter().map(|member| {
            let spent = member.history.in_window(&self.policy, now);
            (member.phase, member.generation, member.there, member.due.map(left), spent)
        });
        let groups = self.groups.iter().map(|group| {
            let restart = group.restart.as_ref();
            let restart = restart.map(|it| (&it.members, it.line.key(now), left(it.due), it.ended));
            (group.history.in_window(&self.group_policy, now), restart)
        });
        let stopping = self.stopping.as_ref().map(|line| line.key(now));
        format!("{:?} {:?} {stopping:?} {}", members.collect::<Vec<_>>(), groups.collect::<Vec<_>>(), self.escalated)
    }
}
