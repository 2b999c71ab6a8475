//! A broker, a log of one partition, and the two members of a group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::kafka::consumer::{
    AckKind, Acknowledgement, Due, Ledger, PartitionStatus, Record, Revocation, RevocationStep, Ticket,
};

/// Records by partition.
const LOG: [i64; 1] = [2];
/// The record that nobody can work on.
const POISON: (i32, i64) = (0, 0);
/// How often the group rebalances, a member crashes, a commit is lost, and a record is handed back, all together.
const TROUBLES: u8 = 2;
const PATIENCE: Duration = Duration::from_secs(5);
/// Time stands still, except where a deadline passes.
static NOW: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A rule that members break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mutation {
    /// They commit past the last record that is settled, whatever stands before it.
    CommitsTheHighest,
    /// They take a dead record off the books before the broker has confirmed its burial.
    CommitsBeforeTheDeadLetter,
    /// They publish whatever they hold.
    PublishesWhatItLost,
    /// They never ask whether a commit arrived.
    TrustsEveryCommit,
}

/// What can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    Assign {
        member: usize,
        partition: i32,
    },
    Read {
        member: usize,
        partition: i32,
    },
    Publish {
        member: usize,
        ticket: Ticket,
    },
    /// The broker confirms an answer, and its holder says so.
    Confirm {
        member: usize,
        ticket: Ticket,
    },
    GiveUp {
        member: usize,
        ticket: Ticket,
    },
    HandBack {
        member: usize,
        ticket: Ticket,
    },
    /// It enters what was answered, and commits.
    Turn {
        member: usize,
        arrives: bool,
    },
    Ask {
        member: usize,
    },
    Revoke {
        partition: i32,
    },
    /// The next step of letting go; `late` when its deadline has passed.
    Revocation {
        member: usize,
        late: bool,
    },
    Crash {
        member: usize,
    },
    Restart {
        member: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    mutation: Option<Mutation>,
    owners: BTreeMap<i32, usize>,
    committed: BTreeMap<i32, i64>,
    answers: BTreeMap<(i32, i64), u8>,
    dead_lettered: BTreeSet<(i32, i64)>,
    members: [Option<Member>; 2],
    troubles: u8,
    pub published_after_the_end: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Member {
    ledger: Ledger,
    /// The next offset to read.
    next: BTreeMap<i32, i64>,
    /// What somebody works on, also of fences that ended.
    in_hand: BTreeSet<Ticket>,
    in_transit: BTreeSet<Ticket>,
    dead_letters: BTreeSet<Ticket>,
    answers: Vec<Acknowledgement>,
    /// The fences that ended, by epoch; and those that were let go.
    ended: BTreeSet<u64>,
    let_go: BTreeSet<u64>,
    /// The fence of each partition, once something was read in it.
    epochs: BTreeMap<i32, u64>,
    release: Option<(i32, Revocation)>,
}

impl World {
    pub fn first(mutation: Option<Mutation>) -> Self {
        Self {
            mutation,
            owners: BTreeMap::new(),
            committed: BTreeMap::new(),
            answers: BTreeMap::new(),
            dead_lettered: BTreeSet::new(),
            members: [Some(Member::default()), Some(Member::default())],
            troubles: 0,
            published_after_the_end: false,
        }
    }

    pub fn steps(&self, steps: &mut Vec<Step>) {
        for (member, state) in self.members.iter().enumerate() {
            let Some(state) = state else {
                steps.push(Step::Restart { member });
                continue;
            };
            for (partition, records) in (0..).zip(LOG) {
                // the first member gets everything at first, so that half of the worlds is not the other half mirrored
                let first = self.troubles > 0 || member == 0;
                if !self.owners.contains_key(&partition) && first && state.release.is_none() {
                    steps.push(Step::Assign { member, partition });
                }
                let reads = state.next.get(&partition).is_some_and(|next| *next < records);
                if reads && state.release.is_none() {
                    steps.push(Step::Read { member, partition });
                }
            }
            for &ticket in &state.in_hand {
                if state.in_transit.contains(&ticket) {
                    continue;
                }
                match (ticket.partition, ticket.offset) == POISON {
                    true => steps.push(Step::GiveUp { member, ticket }),
                    false => steps.push(Step::Publish { member, ticket }),
                }
                if self.troubles < TROUBLES && (ticket.partition, ticket.offset) != POISON {
                    steps.push(Step::HandBack { member, ticket });
                }
            }
            steps.extend(state.in_transit.iter().map(|&ticket| Step::Confirm { member, ticket }));
            match state.release {
                Some(_) => steps.extend([false, true].map(|late| Step::Revocation { member, late })),
                None => {
                    steps.extend([false, true].map(|arrives| Step::Turn { member, arrives }));
                    steps.push(Step::Ask { member });
                }
            }
            if self.troubles < TROUBLES {
                steps.push(Step::Crash { member });
            }
        }
        if self.troubles < TROUBLES {
            steps.extend(self.owners.keys().map(|&partition| Step::Revoke { partition }));
        }
    }

    pub fn take(&mut self, step: Step) {
        self.obey(step);
        // worlds that differ only in what they count are one
        self.members.iter_mut().flatten().for_each(|member| member.ledger.forget_counts());
    }

    fn obey(&mut self, step: Step) {
        match step {
            Step::Assign { member, partition } => self.assign(member, partition),
            Step::Read { member, partition } => self.member(member).read(partition),
            Step::Publish { member, ticket } => self.publish(member, ticket),
            Step::Confirm { member, ticket } => self.confirm(member, ticket),
            Step::GiveUp { member, ticket } => {
                self.member(member).answer(ticket, AckKind::NackForGood("poison".into()));
            }
            Step::HandBack { member, ticket } => {
                self.troubles += 1;
                self.member(member).answer(ticket, AckKind::Retry);
            }
            Step::Turn { member, arrives } => {
                self.settle(member);
                self.commit(member, arrives);
            }
            Step::Ask { member } => self.ask(member),
            Step::Revoke { partition } => self.revoke(partition),
            Step::Revocation { member, late } => self.release(member, late),
            Step::Crash { member } => {
                self.troubles += 1;
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

    pub fn someone_holds_what_is_not_theirs(&self) -> bool {
        let late = |state: &Member| state.in_hand.iter().any(|ticket| state.let_go.contains(&ticket.epoch));
        self.members.iter().flatten().any(late)
    }

    pub fn answered_twice(&self) -> bool {
        self.answers.values().any(|times| *times > 1)
    }

    fn settled(&self, partition: i32, offset: i64) -> bool {
        self.answers.contains_key(&(partition, offset)) || self.dead_lettered.contains(&(partition, offset))
    }

    fn member(&mut self, member: usize) -> &mut Member {
        self.members[member].as_mut().expect("only the living take steps")
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
        if state.ended.contains(&ticket.epoch) && !breaks {
            // it is lost; the delivery is dropped, and its answer counts for nothing
            return state.answer(ticket, AckKind::Retry);
        }
        state.in_transit.insert(ticket);
        self.published_after_the_end |= self.member(member).let_go.contains(&ticket.epoch);
    }

    fn confirm(&mut self, member: usize, ticket: Ticket) {
        let state = self.member(member);
        state.in_transit.remove(&ticket);
        let place = (ticket.partition, ticket.offset);
        if state.dead_letters.remove(&ticket) {
            state.ledger.dead_letter_delivered(ticket);
            self.dead_lettered.insert(place);
        } else {
            state.answer(ticket, AckKind::Ack);
            let times = self.answers.entry(place).or_default();
            *times = (*times + 1).min(2);
        }
    }

    fn settle(&mut self, member: usize) {
        let early = self.mutation == Some(Mutation::CommitsBeforeTheDeadLetter);
        let state = self.member(member);
        for answer in std::mem::take(&mut state.answers) {
            state.ledger.settle(answer, *NOW);
        }
        // a release takes nothing up again
        if state.release.is_some() {
            return;
        }
        for due in state.ledger.take_due(*NOW + PATIENCE) {
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
        if !arrives && self.troubles >= TROUBLES {
            return;
        }
        let moved = self.moved(member);
        if moved.is_empty() {
            return;
        }
        match arrives {
            true => self.committed.extend(moved),
            false => self.troubles += 1,
        }
    }

    fn moved(&mut self, member: usize) -> BTreeMap<i32, i64> {
        let highest = self.mutation == Some(Mutation::CommitsTheHighest);
        let (answers, dead_lettered) = (self.answers.clone(), self.dead_lettered.clone());
        let state = self.member(member);
        let mut moved = state.ledger.take_moved();
        for (partition, offset) in &mut moved {
            let settled = answers.keys().chain(&dead_lettered).filter(|(of, _)| of == partition);
            let after = settled.map(|(_, offset)| offset + 1).max();
            *offset = if highest { after.unwrap_or(*offset) } else { *offset };
        }
        moved
    }

    fn ask(&mut self, member: usize) {
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
        if state.release.is_none() {
            state.release = Some((partition, Revocation::begin(*NOW, PATIENCE)));
            self.troubles += 1;
        }
    }

    fn release(&mut self, member: usize, late: bool) {
        let state = self.member(member);
        let Some((partition, mut release)) = state.release else { return };
        let epoch = state.epochs.get(&partition).copied();
        let of = |tickets: &BTreeSet<Ticket>| tickets.iter().filter(|ticket| Some(ticket.epoch) == epoch).count();
        let standing = PartitionStatus { in_hand: of(&state.in_hand), in_transit: of(&state.in_transit) };
        let todo = release.next(standing, if late { *NOW + PATIENCE } else { *NOW });
        state.release = Some((partition, release));
        match todo {
            RevocationStep::AwaitUntil(_) => {}
            RevocationStep::Fence => state.ended.extend(epoch),
            RevocationStep::CommitUntil(_) => {
                self.settle(member);
                let moved = self.moved(member);
                // a broker that is too slow never gets it
                if !late {
                    self.committed.extend(moved);
                }
            }
            RevocationStep::LetGo => {
                state.release = None;
                state.ended.extend(epoch);
                state.let_go.extend(epoch);
                state.epochs.remove(&partition);
                state.next.remove(&partition);
                state.ledger.revoke([partition]);
                self.owners.remove(&partition);
            }
        }
    }
}

impl Member {
    fn read(&mut self, partition: i32) {
        let next = self.next.get_mut(&partition).expect("it reads only what is assigned");
        let (payload, headers) = (Bytes::new(), [].into());
        let record =
            Record { topic: "t".into(), partition, offset: *next, key: None, payload, tombstone: false, headers };
        *next += 1;
        let ticket = self.ledger.admit(&record);
        self.epochs.insert(partition, ticket.epoch);
        self.in_hand.insert(ticket);
    }

    fn answer(&mut self, ticket: Ticket, outcome: AckKind) {
        self.in_hand.remove(&ticket);
        self.answers.push(Acknowledgement { ticket, kind });
    }
}
