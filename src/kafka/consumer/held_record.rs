//! One record that is read and not settled, and how long it pauses after what became of it; and the books of one partition.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::offset_tracker::OffsetTracker;
use super::record::Record;

/// Rejections after which a record is dead.
const REJECTION_LIMIT: usize = 3;
/// Pause before a rejected record is routed again, by the number of its rejections.
const PAUSE_AFTER_REJECTION: [Duration; REJECTION_LIMIT - 1] = [Duration::from_millis(200), Duration::from_secs(1)];
/// Pause before a record that was handed back is routed again: this at first, then doubled up to the longest.
const PAUSE_AFTER_HAND_BACK: Duration = Duration::from_secs(1);
const LONGEST_HAND_BACK_PAUSE: Duration = Duration::from_secs(30);
/// Longest pause that a holder may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// Pause before a burial that failed is tried again: this at first, then doubled up to the longest.
const PAUSE_AFTER_BURIAL: Duration = Duration::from_secs(1);
const LONGEST_BURIAL_PAUSE: Duration = Duration::from_secs(60);
/// Pause before a burial is tried again for which the producer had no room.
pub(crate) const PAUSE_FOR_ROOM: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Partition {
    pub tracker: OffsetTracker,
    pub held: BTreeMap<i64, Held>,
    pub epoch: u64,
    /// The offset of the last commit sent, whether or not it arrived.
    pub sent: Option<i64>,
    /// The committed offset as the broker last told it.
    pub confirmed: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub record: Record,
    pub causes: Vec<String>,
    pub dead: bool,
    pub expired: bool,
    pub failed_burials: u32,
    /// How often it was handed back in a row.
    hand_backs: u32,
    /// When to route it again, or to bury it; `None` while somebody holds its delivery.
    pub due: Option<Instant>,
}

impl Held {
    /// A record just read.
    pub fn new(record: Record) -> Self {
        Self { record, causes: Vec::new(), dead: false, expired: false, failed_burials: 0, hand_backs: 0, due: None }
    }

    /// The pause after one more rejection; none after the last, or the one that is for good.
    pub fn reject(&mut self, cause: String, for_good: bool) -> Duration {
        let pause = PAUSE_AFTER_REJECTION.get(self.causes.len()).filter(|_| !for_good);
        self.causes.push(cause);
        self.dead = pause.is_none();
        self.hand_backs = 0;
        pause.copied().unwrap_or_default()
    }

    /// The pause after one more hand-back in a row.
    pub fn hand_back(&mut self) -> Duration {
        let pause = PAUSE_AFTER_HAND_BACK * 2_u32.pow(self.hand_backs.min(5));
        self.hand_backs += 1;
        pause.min(LONGEST_HAND_BACK_PAUSE)
    }

    /// The pause that a holder asks for.
    pub fn hand_back_for(&mut self, pause: Duration) -> Duration {
        self.hand_backs = 0;
        pause.min(LONGEST_PAUSE)
    }

    /// The pause after one more burial that failed.
    pub fn fail_burial(&mut self) -> Duration {
        let pause = PAUSE_AFTER_BURIAL * 2_u32.pow(self.failed_burials.min(6));
        self.failed_burials += 1;
        pause.min(LONGEST_BURIAL_PAUSE)
    }
}
