//! A broker, a log of one partition, and the two members of a group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::kafka::consumer::{AckKind, Due, PartitionStatus, Rejection, Revocation, RevocationStep, Ticket};

use super::member::Member;
use super::step::{Mutation, Step};

/// Records by partition.
pub(super) const LOG: [i64; 1] = [2];
/// The record that every worker rejects.
pub(super) const POISON: (i32, i64) = (0, 0);
/// The most faults in one run: revocations, crashes, lost commits, and records that are handed back or parked, all together.
pub(super) const FAULTS_MAX: u8 = 2;
const TIMEOUT: Duration = Duration::from_secs(5);
/// Time stands still, except where a deadline passes.
static NOW: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The state of the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    mutation: Option<Mutation>,
    pub owners: BTreeMap<i32, usize>,
    committed: BTreeMap<i32, i64>,
    /// How often each record was answered, counted up to 2.
    answers: BTreeMap<(i32, i64), u8>,
    /// The records whose dead letter is delivered.
    dead_lettered: BTreeSet<(i32, i64)>,
    /// The records that are in the retry topic.
    parked: BTreeSet<(i32, i64)>,
    pub members: [Option<Member>; 2],
    pub faults: u8,
    pub published_after_revocation: bool,
}

impl World {
    pub fn first(mutation: Option<Mutation>) -> Self {
        Self {
            mutation,
            owners: BTreeMap::new(),
            committed: BTreeMap::new(),
            answers: BTreeMap::new(),
            dead_lettered: BTreeSet::new(),
            parked: BTreeSet::new(),
            members: [Some(Member::default()), Some(Member::default())],
            faults: 0,
            published_after_revocation: false,
        }
    }

    pub fn take(&mut self, step: Step) {
        self.apply(step);
        // states that differ only in counters are the same
        self.members.iter_mut().flatten().for_each(|member| member.ledger.forget_counts());
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Assign { member, partition } => self.assign(member, partition),
            Step::Read { member, partition } => self.member(member).read(partition),
            Step::Publish { member, ticket } => self.publish(member, ticket),
            Step::Park { member, ticket } => {
                self.faults += 1;
                self.publish(member, ticket);
                let early = self.mutation == Some(Mutation::CommitsBeforeItIsParked);
                let state = self.member(member);
                if state.in_transit.contains(&ticket) {
                    state.parking.insert(ticket);
                    if early {
                        state.acknowledge(ticket, AckKind::Ack);
                    }
                }
            }
            Step::Confirm { member, ticket } => self.confirm(member, ticket),
            Step::GiveUp { member, ticket } => {
                self.member(member).acknowledge(ticket, AckKind::Nack(Rejection::for_good("poison")));
            }
            Step::HandBack { member, ticket } => {
                self.faults += 1;
                self.member(member).acknowledge(ticket, AckKind::Retry);
            }
            Step::Turn { member, arrives } => {
                self.settle(member);
                self.commit(member, arrives);
            }
            Step::CheckCommits { member } => self.check_commits(member),
            Step::Revoke { partition } => self.revoke(partition),
            Step::ContinueRevocation { member, late } => self.continue_revocation(member, late),
            Step::Crash { member } => {
                self.faults += 1;
                self.members[member] = None;
                self.owners.retain(|_, owner| *owner != member);
            }
            Step::Restart { member } => self.members[member] = Some(Member::default()),
        }
    }

    pub fn commits_only_what_is_settled(&self) -> bool {
        self.committed
            .iter()
            .all(|(partition, committed)| (0..*committed).all(|offset| self.settled(*partition, offset)))
    }

    pub fn is_settled(&self) -> bool {
        (0..).zip(LOG).all(|(partition, records)| self.committed.get(&partition) == Some(&records))
            && self.commits_only_what_is_settled()
    }

    pub fn a_worker_holds_a_revoked_record(&self) -> bool {
        let late = |state: &Member| state.in_hand.iter().any(|ticket| state.revoked.contains(&ticket.epoch));
        self.members.iter().flatten().any(late)
    }

    pub fn is_answered_twice(&self) -> bool {
        self.answers.values().any(|times| *times > 1)
    }

    fn settled(&self, partition: i32, offset: i64) -> bool {
        let place = (partition, offset);
        self.answers.contains_key(&place) || self.dead_lettered.contains(&place) || self.parked.contains(&place)
    }

    fn member(&mut self, member: usize) -> &mut Member {
        self.members[member].as_mut().expect("a crashed member takes no steps")
    }

    fn assign(&mut self, member: usize, partition: i32) {
        self.owners.insert(partition, member);
        let next = self.committed.get(&partition).copied().unwrap_or(0);
        let state = self.member(member);
        state.ledger.assign([partition]);
        state.next.insert(partition, next);
    }

    fn publish(&mut self, member: usize, ticket: Ticket) {
        let breaks = self.mutation == Some(Mutation::PublishesWhatItLost);
        let state = self.member(member);
        if state.fenced.contains(&ticket.epoch) && !breaks {
            // the partition is lost: the delivery is dropped, and its acknowledgement is ignored
            return state.acknowledge(ticket, AckKind::Retry);
        }
        state.in_transit.insert(ticket);
        self.published_after_revocation |= self.member(member).revoked.contains(&ticket.epoch);
    }

    fn confirm(&mut self, member: usize, ticket: Ticket) {
        let state = self.member(member);
        state.in_transit.remove(&ticket);
        let place = (ticket.partition, ticket.offset);
        if state.dead_letters.remove(&ticket) {
            state.ledger.dead_letter_delivered(ticket);
            self.dead_lettered.insert(place);
        } else if state.parking.remove(&ticket) {
            state.acknowledge(ticket, AckKind::Ack);
            self.parked.insert(place);
        } else {
            state.acknowledge(ticket, AckKind::Ack);
            let times = self.answers.entry(place).or_default();
            *times = (*times + 1).min(2);
        }
    }

    fn settle(&mut self, member: usize) {
        let early = self.mutation == Some(Mutation::CommitsBeforeTheDeadLetter);
        let state = self.member(member);
        for acknowledgement in std::mem::take(&mut state.acknowledgements) {
            state.ledger.settle(acknowledgement, *NOW);
        }
        // a revocation delivers nothing again
        if state.revocation.is_some() {
            return;
        }
        for due in state.ledger.take_due(*NOW + TIMEOUT) {
            match due {
                Due::Again(_, ticket) => _ = state.in_hand.insert(ticket),
                Due::Dead(dead) => {
                    if early {
                        state.ledger.dead_letter_delivered(dead.ticket);
                    }
                    state.in_transit.insert(dead.ticket);
                    state.dead_letters.insert(dead.ticket);
                }
            }
        }
    }

    fn commit(&mut self, member: usize, arrives: bool) {
        if !arrives && self.faults >= FAULTS_MAX {
            return;
        }
        let moved = self.moved(member);
        if moved.is_empty() {
            return;
        }
        match arrives {
            true => self.committed.extend(moved),
            false => self.faults += 1,
        }
    }

    fn moved(&mut self, member: usize) -> BTreeMap<i32, i64> {
        let highest = self.mutation == Some(Mutation::CommitsTheHighest);
        let (answers, dead_lettered, parked) = (self.answers.clone(), self.dead_lettered.clone(), self.parked.clone());
        let state = self.member(member);
        let mut moved = state.ledger.take_moved();
        for (partition, offset) in &mut moved {
            let settled = answers.keys().chain(&dead_lettered).chain(&parked).filter(|(of, _)| of == partition);
            let after = settled.map(|(_, offset)| offset + 1).max();
            *offset = if highest { after.unwrap_or(*offset) } else { *offset };
        }
        moved
    }

    fn check_commits(&mut self, member: usize) {
        if self.mutation == Some(Mutation::TrustsEveryCommit) {
            return;
        }
        let committed = self.committed.clone();
        let state = self.member(member);
        for partition in state.next.keys() {
            state.ledger.confirm(*partition, committed.get(partition).copied());
        }
        let again = state.ledger.unconfirmed();
        self.committed.extend(again);
    }

    fn revoke(&mut self, partition: i32) {
        let member = self.owners[&partition];
        let state = self.member(member);
        if state.revocation.is_none() {
            state.revocation = Some((partition, Revocation::begin(*NOW, TIMEOUT)));
            self.faults += 1;
        }
    }

    fn continue_revocation(&mut self, member: usize, late: bool) {
        let state = self.member(member);
        let Some((partition, mut revocation)) = state.revocation else { return };
        let epoch = state.epochs.get(&partition).copied();
        let of = |tickets: &BTreeSet<Ticket>| tickets.iter().filter(|ticket| Some(ticket.epoch) == epoch).count();
        let status = PartitionStatus { in_hand: of(&state.in_hand), in_transit: of(&state.in_transit) };
        let step = revocation.next(status, if late { *NOW + TIMEOUT } else { *NOW });
        state.revocation = Some((partition, revocation));
        match step {
            RevocationStep::AwaitUntil(_) => {}
            RevocationStep::Fence => state.fenced.extend(epoch),
            RevocationStep::CommitUntil(_) => {
                self.settle(member);
                let moved = self.moved(member);
                // the commit is lost if the broker is too slow
                if !late {
                    self.committed.extend(moved);
                }
            }
            RevocationStep::LetGo => {
                state.revocation = None;
                state.fenced.extend(epoch);
                state.revoked.extend(epoch);
                state.epochs.remove(&partition);
                state.next.remove(&partition);
                state.ledger.revoke([partition]);
                self.owners.remove(&partition);
            }
        }
    }
}
