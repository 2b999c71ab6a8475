//! One record that is read and not settled, and the pauses before its next delivery.

use std::time::{Duration, Instant};

use crate::kafka::record::Record;

use super::acknowledgement::Rejection;

/// The number of rejections after which a record is dead.
const REJECTION_LIMIT: usize = 3;
/// The pause before a rejected record is delivered again, by the number of its earlier rejections.
const PAUSE_AFTER_REJECTION: [Duration; REJECTION_LIMIT - 1] = [Duration::from_millis(200), Duration::from_secs(1)];
/// The pause before a record that was handed back is delivered again: this at first, doubled each time up to the maximum.
const PAUSE_AFTER_HAND_BACK: Duration = Duration::from_secs(1);
const HAND_BACK_PAUSE_MAX: Duration = Duration::from_secs(30);
/// The longest pause that the holder of a delivery may ask for.
const REQUESTED_PAUSE_MAX: Duration = Duration::from_secs(3600);
/// The pause before a dead letter that was not delivered is sent again: this at first, doubled each time up to the maximum.
const PAUSE_AFTER_FAILED_SEND: Duration = Duration::from_secs(1);
const FAILED_SEND_PAUSE_MAX: Duration = Duration::from_secs(60);
/// The pause before a dead letter is sent for which the producer had no room.
pub(super) const PAUSE_FOR_ROOM: Duration = Duration::from_millis(100);

/// A record that is read and not settled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct HeldRecord {
    pub record: Record,
    /// The cause of every rejection.
    pub causes: Vec<String>,
    /// Whether it was rejected for the last time.
    pub dead: bool,
    /// Whether it was delivered after its deadline.
    pub expired: bool,
    /// How often its dead letter was not delivered.
    pub failed_sends: u32,
    /// How often it was handed back in succession.
    hand_backs: u32,
    /// When to deliver it again, or to send its dead letter; `None` while it is delivered or its dead letter is on the way.
    pub due: Option<Instant>,
}

impl HeldRecord {
    /// A record that was just read.
    pub fn new(record: Record) -> Self {
        Self { record, causes: Vec::new(), dead: false, expired: false, failed_sends: 0, hand_backs: 0, due: None }
    }

    /// Counts a rejection; answers with the pause, which is zero after the last rejection and after one for good.
    pub fn reject(&mut self, rejection: Rejection) -> Duration {
        let pause = PAUSE_AFTER_REJECTION.get(self.causes.len()).filter(|_| !rejection.for_good);
        self.causes.push(rejection.cause);
        self.dead = pause.is_none();
        self.hand_backs = 0;
        pause.copied().unwrap_or_default()
    }

    /// Counts a hand-back; answers with the pause.
    pub fn hand_back(&mut self) -> Duration {
        let pause = PAUSE_AFTER_HAND_BACK * 2_u32.pow(self.hand_backs.min(5));
        self.hand_backs += 1;
        pause.min(HAND_BACK_PAUSE_MAX)
    }

    /// Counts a hand-back with a pause of its own; answers with the pause, an hour at most.
    pub fn hand_back_for(&mut self, pause: Duration) -> Duration {
        self.hand_backs = 0;
        pause.min(REQUESTED_PAUSE_MAX)
    }

    /// Counts a dead letter that was not delivered; answers with the pause.
    pub fn fail_send(&mut self) -> Duration {
        let pause = PAUSE_AFTER_FAILED_SEND * 2_u32.pow(self.failed_sends.min(6));
        self.failed_sends += 1;
        pause.min(FAILED_SEND_PAUSE_MAX)
    }
}
