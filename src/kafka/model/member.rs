//! One member of the group in the model.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::kafka::consumer::{AckKind, Acknowledgement, Ledger, Revocation, Ticket};
use crate::kafka::record::Record;

/// A member of the group, with the real ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Member {
    pub ledger: Ledger,
    /// The next offset to read.
    pub next: BTreeMap<i32, i64>,
    /// What workers hold, also of earlier assignments.
    pub in_hand: BTreeSet<Ticket>,
    pub in_transit: BTreeSet<Ticket>,
    pub dead_letters: BTreeSet<Ticket>,
    /// Records on their way to the retry topic.
    pub parking: BTreeSet<Ticket>,
    /// Acknowledgements on their way to the ledger.
    pub acknowledgements: Vec<Acknowledgement>,
    /// The epochs whose fence is closed.
    pub fenced: BTreeSet<u64>,
    /// The epochs whose partition was given up.
    pub revoked: BTreeSet<u64>,
    /// By partition: the present epoch, once a record was read in it.
    pub epochs: BTreeMap<i32, u64>,
    /// The revocation that is running, with its partition.
    pub revocation: Option<(i32, Revocation)>,
}

impl Member {
    /// Reads the next record of a partition.
    pub fn read(&mut self, partition: i32) {
        let next = self.next.get_mut(&partition).expect("it reads only what is assigned");
        let (payload, headers) = (Bytes::new(), [].into());
        let record =
            Record { topic: "t".into(), partition, offset: *next, key: None, payload, tombstone: false, headers };
        *next += 1;
        let ticket = self.ledger.admit(&record);
        self.epochs.insert(partition, ticket.epoch);
        self.in_hand.insert(ticket);
    }

    /// A worker acknowledges a record.
    pub fn acknowledge(&mut self, ticket: Ticket, kind: AckKind) {
        self.in_hand.remove(&ticket);
        self.acknowledgements.push(Acknowledgement { ticket, kind });
    }
}
