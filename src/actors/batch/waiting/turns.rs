//! How long claims of the retry topic wait in place for the model of this node's own series. While the model is missing, reading of that
//! topic pauses instead of writing every claim into it again twice a minute.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long a claim waits in place before it goes to the end of the topic, so that claims of other series behind it have their turn.
const TURN: Duration = Duration::from_secs(300);

/// Since when each claim waits in place, by the place of its record.
#[derive(Default)]
pub struct Turns {
    since: HashMap<String, Instant>,
}

impl Turns {
    /// Whether a claim waits on in place.
    pub fn waits(&mut self, place: &str, now: Instant) -> bool {
        // what was not asked for at its end went with its partition, or was answered
        self.since.retain(|_, since| now.duration_since(*since) < 2 * TURN);
        let since = *self.since.entry(place.to_owned()).or_insert(now);
        let waits = now.duration_since(since) < TURN;
        if !waits {
            self.since.remove(place);
        }
        waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_waits_its_turn_and_then_makes_room_for_others() {
        let (mut turns, start) = (Turns::default(), Instant::now());
        assert!(turns.waits("retry/0/1", start) && turns.waits("retry/0/1", start + TURN / 2));
        assert!(turns.waits("retry/0/2", start + TURN / 2));
        assert!(!turns.waits("retry/0/1", start + TURN) && turns.waits("retry/0/2", start + TURN));
        assert!(turns.waits("retry/0/1", start + TURN), "it is another record at the same place");
        assert!(turns.waits("retry/0/3", start + 3 * TURN) && turns.since.len() == 1);
    }
}
