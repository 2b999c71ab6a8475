//! The records of one consumer that are read and not settled: the ledger, the acknowledgements on their way to it, the dead letters, and
//! the fence of each partition.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::kafka::partition_fence::PartitionFence;
use crate::kafka::record::Record;

use super::acknowledgement::{Acknowledgement, Ticket};
use super::dead_letters::DeadLetters;
use super::ledger::{DeadRecord, Ledger};
use super::revocation::PartitionStatus;

/// Everything that a consumer keeps about records in flight.
pub(super) struct InFlightRecords {
    pub ledger: Ledger,
    pub dead_letters: DeadLetters,
    /// Whether reading is paused.
    pub paused: bool,
    /// The number of assignments so far, those of no partitions included.
    pub assignments: u64,
    acknowledgements: Receiver<Acknowledgement>,
    /// The present fence of each partition, with the epoch of its tickets.
    fences: BTreeMap<i32, (u64, Arc<PartitionFence>)>,
}

impl InFlightRecords {
    pub fn new(acknowledgements: Receiver<Acknowledgement>, dead_letters: DeadLetters) -> Self {
        Self {
            ledger: Ledger::default(),
            dead_letters,
            paused: false,
            assignments: 0,
            acknowledgements,
            fences: BTreeMap::new(),
        }
    }

    /// Notes that these partitions were assigned.
    pub fn assign(&mut self, partitions: &[i32]) {
        self.assignments += 1;
        self.ledger.assign(partitions.iter().copied());
    }

    /// Adds a record that was just read.
    pub fn admit(&mut self, record: &Record) -> Ticket {
        let ticket = self.ledger.admit(record);
        self.fence_of(ticket);
        ticket
    }

    /// The fence of the assignment that a ticket belongs to.
    pub fn fence_of(&mut self, ticket: Ticket) -> Arc<PartitionFence> {
        if let Some((epoch, fence)) = self.fences.get(&ticket.partition) {
            if *epoch == ticket.epoch {
                return Arc::clone(fence);
            }
            fence.close();
        }
        let fence = PartitionFence::open();
        self.fences.insert(ticket.partition, (ticket.epoch, Arc::clone(&fence)));
        fence
    }

    /// Sends a dead record to its dead-letter topic.
    pub fn send_dead_letter(&mut self, dead: DeadRecord, now: Instant) {
        let fence = self.fence_of(dead.ticket);
        self.dead_letters.send(dead, &fence, &mut self.ledger, now);
    }

    /// Enters all acknowledgements, and all delivery reports of dead letters, that have arrived.
    pub fn settle(&mut self, now: Instant) {
        while let Ok(acknowledgement) = self.acknowledgements.try_recv() {
            self.ledger.settle(acknowledgement, now);
        }
        self.dead_letters.collect_reports(&mut self.ledger, now);
    }

    /// Waits for one acknowledgement, at most for `timeout`, and enters it.
    pub fn wait_for_acknowledgement(&mut self, timeout: Duration) {
        match self.acknowledgements.recv_timeout(timeout) {
            Ok(acknowledgement) => self.ledger.settle(acknowledgement, Instant::now()),
            // no sender is left: the loop is ending, and only delivery reports can still arrive
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(timeout),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }

    /// What these partitions have in hand and in transit.
    pub fn status(&self, partitions: &[i32]) -> PartitionStatus {
        let fences = || self.fences_of(partitions);
        PartitionStatus {
            in_hand: fences().map(|fence| fence.in_hand()).sum(),
            in_transit: fences().map(|fence| fence.in_transit()).sum(),
        }
    }

    /// Closes the fences of these partitions: results of their records cannot be published any more.
    pub fn close_fences(&self, partitions: &[i32]) {
        self.fences_of(partitions).for_each(|fence| fence.close());
    }

    /// Forgets the records of partitions that are not assigned any more.
    pub fn revoke(&mut self, partitions: &[i32]) {
        self.close_fences(partitions);
        self.ledger.revoke(partitions.iter().copied());
        self.fences.retain(|partition, _| !partitions.contains(partition));
    }

    /// The partitions that are assigned.
    pub fn partitions(&self) -> Vec<i32> {
        self.ledger.offsets().iter().map(|offsets| offsets.partition).collect()
    }

    fn fences_of(&self, partitions: &[i32]) -> impl Iterator<Item = &Arc<PartitionFence>> {
        partitions.iter().filter_map(|partition| self.fences.get(partition)).map(|(_, fence)| fence)
    }
}
