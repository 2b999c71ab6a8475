//! What one consumer keeps about its records: the ledger, the answers on their way to it, burials, and whose partitions they are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::kafka::partition_fence::PartitionFence;

use super::dead_letters::DeadLetters;
use super::delivery::{Answer, Ticket};
use super::ledger::{DeadRecord, Ledger};
use super::record::Record;
use super::revocation::PartitionStatus;

/// The books of one consumer.
pub(crate) struct RecordState {
    pub ledger: Ledger,
    pub burials: DeadLetters,
    /// Whether reading is paused.
    pub paused: bool,
    /// How often partitions were assigned, be it none.
    pub assignments: u64,
    answers: Receiver<Answer>,
    /// The running tenure of each partition, with the epoch that its tickets have.
    tenures: BTreeMap<i32, (u64, Arc<PartitionFence>)>,
}

impl RecordState {
    pub fn new(answers: Receiver<Answer>, burials: DeadLetters) -> Self {
        Self { ledger: Ledger::default(), burials, paused: false, assignments: 0, answers, tenures: BTreeMap::new() }
    }

    /// Opens the books of partitions newly assigned.
    pub fn assign(&mut self, partitions: &[i32]) {
        self.assignments += 1;
        self.ledger.assign(partitions.iter().copied());
    }

    /// Takes in a record just read.
    pub fn admit(&mut self, record: &Record) -> Ticket {
        let ticket = self.ledger.admit(record);
        self.tenure(ticket);
        ticket
    }

    /// The tenure that a ticket belongs to.
    pub fn tenure(&mut self, ticket: Ticket) -> Arc<PartitionFence> {
        if let Some((epoch, tenure)) = self.tenures.get(&ticket.partition) {
            if *epoch == ticket.epoch {
                return Arc::clone(tenure);
            }
            tenure.end();
        }
        let tenure = PartitionFence::begin();
        self.tenures.insert(ticket.partition, (ticket.epoch, Arc::clone(&tenure)));
        tenure
    }

    /// Sends a dead record to the dead-letter topic.
    pub fn bury(&mut self, deceased: DeadRecord, now: Instant) {
        let tenure = self.tenure(deceased.ticket);
        self.burials.bury(deceased, &tenure, &mut self.ledger, now);
    }

    /// Enters all answers and all reports of burials that have arrived.
    pub fn settle(&mut self, now: Instant) {
        while let Ok(answer) = self.answers.try_recv() {
            self.ledger.settle(answer, now);
        }
        self.burials.collect(&mut self.ledger, now);
    }

    /// Waits at most `longest` for one answer and enters it.
    pub fn wait_for_answer(&mut self, longest: Duration) {
        match self.answers.recv_timeout(longest) {
            Ok(answer) => self.ledger.settle(answer, Instant::now()),
            // No sender is left: the loop is ending, and no answer can come; reports may.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(longest),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }

    /// What these partitions have in hand and on its way.
    pub fn standing(&self, partitions: &[i32]) -> PartitionStatus {
        let tenures = || self.tenures_of(partitions);
        PartitionStatus {
            in_hand: tenures().map(|tenure| tenure.in_hand()).sum(),
            in_transit: tenures().map(|tenure| tenure.in_transit()).sum(),
        }
    }

    /// From here on nothing that came of these partitions can be published.
    pub fn fence(&self, partitions: &[i32]) {
        self.tenures_of(partitions).for_each(|tenure| tenure.end());
    }

    /// Closes the books of partitions that are not ours any more.
    pub fn close(&mut self, partitions: &[i32]) {
        self.fence(partitions);
        self.ledger.revoke(partitions.iter().copied());
        self.tenures.retain(|partition, _| !partitions.contains(partition));
    }

    /// Every partition that has a tenure or is assigned.
    pub fn partitions(&self) -> Vec<i32> {
        self.ledger.offsets().iter().map(|offsets| offsets.partition).collect()
    }

    fn tenures_of(&self, partitions: &[i32]) -> impl Iterator<Item = &Arc<PartitionFence>> {
        partitions.iter().filter_map(|partition| self.tenures.get(partition)).map(|(_, tenure)| tenure)
    }
}
