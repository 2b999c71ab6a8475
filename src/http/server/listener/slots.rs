//! The places of open connections: a limit, and a reserve beyond it that only probes, metrics and debug routes are answered on.
//!
//! Beyond the limit the ordinary connection that has waited longest for a request is closed for the new one. Only where every ordinary
//! connection has a request in hand is the new one of the reserve; and only where the reserve is full is one of its own closed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::clock::Clock;
use super::limits::{LEAVING_CONNECTIONS, RESERVED_CONNECTIONS};

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
    open: HashMap<u64, Entry>,
    reserved: usize,
    /// Connections that have lost their place and are not closed yet.
    leaving: usize,
    next_id: u64,
}

/// A connection that has a place.
struct Entry {
    connection: Arc<Connection>,
    kind: PlaceKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PlaceKind {
    Ordinary,
    Reserved,
}

struct Connection {
    clock: Clock,
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
            || [PlaceKind::Ordinary, PlaceKind::Reserved].into_iter().any(|kind| table.longest_waiting(kind).is_some())
    }

    /// A place for a new connection. If all are taken, the connection that has waited longest for a request is told to close.
    pub fn take(&self) -> Slot {
        let mut table = self.shared.table.lock();
        let kind = match table.makes_ordinary_room(self.shared.max_ordinary) {
            true => PlaceKind::Ordinary,
            false => PlaceKind::Reserved,
        };
        if kind == PlaceKind::Reserved && table.reserved >= RESERVED_CONNECTIONS {
            table.evict_longest_waiting(PlaceKind::Reserved);
        }
        let connection = Arc::new(Connection { clock: Clock::new(), evicted: Notify::new() });
        let id = table.next_id;
        table.next_id += 1;
        table.insert(id, Entry { connection: connection.clone(), kind });
        Slot { id, connection, shared: self.shared.clone() }
    }
}

impl Table {
    fn ordinary(&self) -> usize {
        self.open.len() - self.reserved
    }

    fn longest_waiting(&self, kind: PlaceKind) -> Option<u64> {
        let of_kind = self.open.iter().filter(|(_, entry)| entry.kind == kind);
        let waiting = of_kind.filter_map(|(id, entry)| Some((entry.connection.clock.waiting_since()?, *id)));
        waiting.min().map(|(_, id): (Instant, u64)| id)
    }

    /// Evicts ordinary connections that wait until there is an ordinary place; false if those that are left have a request in hand.
    fn makes_ordinary_room(&mut self, max_ordinary: usize) -> bool {
        while self.ordinary() >= max_ordinary {
            if !self.evict_longest_waiting(PlaceKind::Ordinary) {
                return false;
            }
        }
        true
    }

    fn evict_longest_waiting(&mut self, kind: PlaceKind) -> bool {
        let Some(entry) = self.longest_waiting(kind).and_then(|id| self.remove(id)) else { return false };
        self.leaving += 1;
        entry.connection.evicted.notify_one();
        tracing::debug!(event = "http_connection_evicted", service = "http");
        true
    }

    fn insert(&mut self, id: u64, entry: Entry) {
        self.reserved += usize::from(entry.kind == PlaceKind::Reserved);
        self.open.insert(id, entry);
    }

    fn remove(&mut self, id: u64) -> Option<Entry> {
        let entry = self.open.remove(&id)?;
        self.reserved -= usize::from(entry.kind == PlaceKind::Reserved);
        Some(entry)
    }
}

impl Slot {
    /// The clock of the connection.
    pub fn clock(&self) -> &Clock {
        &self.connection.clock
    }

    /// Resolves when another connection has taken the place of this one, which must close unless a request has come in meanwhile.
    pub async fn evicted(&self) {
        self.connection.evicted.notified().await;
    }

    /// Whether a connection that has lost its place may wait a moment until its peer has read the last answer.
    pub fn may_linger(&self) -> bool {
        self.shared.table.lock().leaving <= LEAVING_CONNECTIONS
    }

    /// Begins a request; says whether it is of the reserve. A connection of the reserve becomes an ordinary one as soon as there is a
    /// place, or an ordinary connection without a request to close for one.
    pub fn begin_request(&self) -> bool {
        let mut table = self.shared.table.lock();
        self.connection.clock.request();
        let kind = match table.remove(self.id) {
            Some(entry) => entry.kind,
            // it was evicted as its request came in, which is answered: it takes a place again
            None => {
                table.leaving -= 1;
                PlaceKind::Reserved
            }
        };
        let kind = match kind {
            PlaceKind::Reserved if table.makes_ordinary_room(self.shared.max_ordinary) => PlaceKind::Ordinary,
            kind => kind,
        };
        table.insert(self.id, Entry { connection: self.connection.clone(), kind });
        kind == PlaceKind::Reserved
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut table = self.shared.table.lock();
        if table.remove(self.id).is_none() {
            table.leaving -= 1;
        }
        drop(table);
        self.shared.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(slots: &Slots) -> Slot {
        let slot = slots.take();
        slot.begin_request();
        slot
    }

    fn is_evicted(slot: &Slot) -> bool {
        futures::FutureExt::now_or_never(slot.evicted()).is_some()
    }

    #[tokio::test]
    async fn the_connection_that_has_waited_longest_makes_room() {
        let slots = Slots::new(2);
        let (first, second) = (slots.take(), slots.take());
        tokio::time::sleep(Duration::from_millis(5)).await;
        first.begin_request();
        first.clock().answered();
        let third = slots.take();
        second.evicted().await;
        assert!(!third.begin_request());
        assert!(!is_evicted(&first));
    }

    #[tokio::test]
    async fn where_all_are_at_work_the_reserve_takes_over_until_a_place_is_free() {
        let slots = Slots::new(1);
        let first = busy(&slots);
        let second = slots.take();
        assert!(second.begin_request());
        drop(first);
        assert!(!second.begin_request());
        assert!(!second.begin_request(), "it stays an ordinary one");
    }

    #[tokio::test]
    async fn a_probe_that_has_not_sent_its_request_yet_keeps_its_place_while_the_reserve_has_others() {
        let slots = Slots::new(2);
        let _busy = [busy(&slots), busy(&slots)];
        let probe = slots.take();
        let mut later: Vec<Slot> = (1..RESERVED_CONNECTIONS).map(|_| slots.take()).collect();
        assert!(!is_evicted(&probe) && !later.iter().any(is_evicted), "the reserve has room for all of them");
        later.push(slots.take());
        assert!(is_evicted(&probe), "the reserve is full: who waited longest makes room");
    }

    #[tokio::test]
    async fn a_request_on_the_reserve_takes_the_place_of_an_ordinary_connection_without_one() {
        let slots = Slots::new(1);
        let first = busy(&slots);
        let second = slots.take();
        first.clock().answered();
        assert!(!second.begin_request(), "the first one has no request any more");
        assert!(is_evicted(&first));
    }

    #[tokio::test]
    async fn a_request_that_comes_in_with_the_eviction_is_answered_and_counted() {
        let slots = Slots::new(1);
        let first = slots.take();
        let second = slots.take();
        assert!(is_evicted(&first));
        assert!(!first.begin_request(), "the second one waits still and makes room");
        assert!(is_evicted(&second));
        assert_eq!(slots.shared.table.lock().leaving, 1);
        drop((first, second));
        let table = slots.shared.table.lock();
        assert_eq!((table.open.len(), table.reserved, table.leaving), (0, 0, 0));
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
