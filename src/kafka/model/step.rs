//! What can happen in the model, and the rules that its members can break.

use crate::kafka::consumer::Ticket;

/// A rule that the members break, to show that the check notices it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Mutation {
    /// They commit past the last settled record, also if an earlier record is not settled.
    CommitsTheHighest,
    /// They settle a dead record before the broker has confirmed its dead letter.
    CommitsBeforeTheDeadLetter,
    /// They settle a record before the broker has it in the retry topic.
    CommitsBeforeItIsParked,
    /// They publish results of partitions that are not assigned to them any more.
    PublishesWhatItLost,
    /// They never check whether a commit arrived.
    TrustsEveryCommit,
}

/// An event of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
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
    /// A worker puts the record into the retry topic.
    Park {
        member: usize,
        ticket: Ticket,
    },
    /// The broker confirms a result, a dead letter or a parked record, and a worker acknowledges the record of a result or of a parked one.
    Confirm {
        member: usize,
        ticket: Ticket,
    },
    /// A worker rejects the record for good.
    GiveUp {
        member: usize,
        ticket: Ticket,
    },
    /// A worker hands back the record.
    HandBack {
        member: usize,
        ticket: Ticket,
    },
    /// The poll thread enters acknowledgements and commits; the commit arrives or is lost.
    Turn {
        member: usize,
        arrives: bool,
    },
    /// The poll thread asks the broker which offsets are committed.
    CheckCommits {
        member: usize,
    },
    /// The group takes the partition away from its member.
    Revoke {
        partition: i32,
    },
    /// The next step of a revocation; `late` if its deadline has passed.
    ContinueRevocation {
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
