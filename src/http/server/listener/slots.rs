//! The places of open connections: a limit, and a reserve beyond it that only probes, metrics and debug routes are answered on.
//!
//! Beyond the limit the connection that has waited longest for a request is closed for the new one. Only where every connection
//! has a request in hand is the new one of the reserve.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::clock::Clock;
use super::limits::RESERVED_CONNECTIONS;

/// How often it is looked for room where every connection has a request in hand.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// The places of a listener; clones are one.
#[derive(Clone)]
pub struct Slots {
    shared: Arc<Shared>,
}

struct Shared {
    max_ordinary: usize,
    table: Mutex<Table>,
    freed: Notify,
}

#[derive(Default)]
struct Table {
    open: HashMap<u64, Arc<Connection>>,
    reserved: usize,
    next_id: u64,
}

struct Connection {
    clock: Clock,
    is_reserved: AtomicBool,
    evicted: Notify,
}

/// The place of one connection, until it is dropped.
pub struct Slot {
    id: u64,
    connection: Arc<Connection>,
    shared: Arc<Shared>,
}

impl Slots {
    /// Places for so many ordinary connections, and the reserve.
    pub fn new(max_ordinary: usize) -> Self {
        let table = Mutex::default();
        Self { shared: Arc::new(Shared { max_ordinary, table, freed: Notify::new() }) }
    }

    /// Waits until there is a place, or a connection to close for one.
    pub async fn room(&self) {
        while !self.has_room() {
            // a connection that becomes idle does not notify `freed`, so look again
            let _ = timeout(LOOK_INTERVAL, self.shared.freed.notified()).await;
        }
    }

    /// Whether there is a place, or a connection to close for one.
    pub fn has_room(&self) -> bool {
        let table = self.shared.table.lock();
        table.ordinary() < self.shared.max_ordinary
            || table.reserved < RESERVED_CONNECTIONS
            || table.longest_waiting().is_some()
    }

    /// A place for a new connection. If all are taken, the connection that has waited longest for a request is told to close.
    pub fn take(&self) -> Slot {
        let mut table = self.shared.table.lock();
        let is_full = |table: &Table| table.ordinary() >= self.shared.max_ordinary;
        if is_full(&table) {
            table.evict_longest_waiting();
        }
        let is_reserved = is_full(&table);
        let connection =
            Connection { clock: Clock::new(), is_reserved: AtomicBool::new(is_reserved), evicted: Notify::new() };
        let (id, connection) = (table.next_id, Arc::new(connection));
        table.next_id += 1;
        table.reserved += usize::from(is_reserved);
        table.open.insert(id, connection.clone());
        Slot { id, connection, shared: self.shared.clone() }
    }
}

impl Table {
    fn ordinary(&self) -> usize {
        self.open.len() - self.reserved
    }

    fn longest_waiting(&self) -> Option<u64> {
        let waiting = |(id, connection): (&u64, &Arc<Connection>)| Some((connection.clock.waiting_since()?, *id));
        self.open.iter().filter_map(waiting).min().map(|(_, id): (Instant, u64)| id)
    }

    fn evict_longest_waiting(&mut self) {
        let Some(connection) = self.longest_waiting().and_then(|id| self.remove(id)) else { return };
        connection.evicted.notify_one();
        tracing::debug!(event = "http_connection_evicted", service = "http");
    }

    fn remove(&mut self, id: u64) -> Option<Arc<Connection>> {
        let connection = self.open.remove(&id)?;
        self.reserved -= usize::from(connection.is_reserved.load(Ordering::Relaxed));
        Some(connection)
    }
}

impl Slot {
    /// The clock of the connection.
    pub fn clock(&self) -> &Clock {
        &self.connection.clock
    }

    /// Resolves when the connection must close, because another one needs its place.
    pub async fn evicted(&self) {
        self.connection.evicted.notified().await;
    }

    /// Whether the connection is of the reserve still; it becomes an ordinary one as soon as there is a place.
    pub fn is_on_reserve(&self) -> bool {
        if !self.connection.is_reserved.load(Ordering::Relaxed) {
            return false;
        }
        let mut table = self.shared.table.lock();
        let is_open = table.open.contains_key(&self.id);
        if is_open && table.ordinary() < self.shared.max_ordinary {
            self.connection.is_reserved.store(false, Ordering::Relaxed);
            table.reserved -= 1;
            return false;
        }
        true
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // an evicted connection has left the table already
        self.shared.table.lock().remove(self.id);
        self.shared.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(slots: &Slots) -> Slot {
        let slot = slots.take();
        slot.clock().request();
        slot
    }

    #[tokio::test]
    async fn the_connection_that_has_waited_longest_makes_room() {
        let slots = Slots::new(2);
        let (first, second) = (slots.take(), slots.take());
        tokio::time::sleep(Duration::from_millis(5)).await;
        first.clock().request();
        first.clock().answered();
        let third = slots.take();
        second.evicted().await;
        assert!(!third.is_on_reserve());
        assert!(futures::poll!(Box::pin(first.evicted())).is_pending());
    }

    #[tokio::test]
    async fn where_all_are_at_work_the_reserve_takes_over_until_a_place_is_free() {
        let slots = Slots::new(1);
        let first = busy(&slots);
        let second = busy(&slots);
        assert!(second.is_on_reserve());
        drop(first);
        assert!(!second.is_on_reserve());
        assert!(!second.is_on_reserve(), "it stays an ordinary one");
    }

    #[tokio::test]
    async fn a_listener_whose_reserve_is_at_work_too_waits() {
        let slots = Slots::new(1);
        let mut all: Vec<Slot> = (0..=RESERVED_CONNECTIONS).map(|_| busy(&slots)).collect();
        assert!(!slots.has_room());
        let mut room = Box::pin(slots.room());
        assert!(futures::poll!(&mut room).is_pending());
        all.pop();
        room.await;
    }
}
