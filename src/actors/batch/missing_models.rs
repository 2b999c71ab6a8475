//! Since when a series has no model that can answer: its first one may be in training, and its files may come back, but not for ever.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long a series without a model is waited for.
const WITHOUT_MODEL_MAX: Duration = Duration::from_secs(600);
/// Series that are remembered.
const SERIES_MAX: usize = 4096;

/// Series that were asked for in vain; a model that is forgotten for want of room changes nothing here.
#[derive(Default)]
pub struct Patience {
    series: HashMap<String, InVain>,
}

struct InVain {
    first: Instant,
    last: Instant,
}

impl Patience {
    /// Asked in vain, now: whether it was waited for long enough.
    pub fn is_gone(&mut self, identifier: &str, now: Instant) -> bool {
        if let Some(known) = self.series.get_mut(identifier) {
            known.last = now;
            return now.duration_since(known.first) >= WITHOUT_MODEL_MAX;
        }
        if self.series.len() >= SERIES_MAX {
            self.make_room(now);
        }
        self.series.insert(identifier.to_owned(), InVain { first: now, last: now });
        false
    }

    /// There is a model.
    pub fn met(&mut self, identifier: &str) {
        self.series.remove(identifier);
    }

    /// Forgets what nobody asks for any more, or else the one that was waited for the shortest: the others are nearer to their end.
    fn make_room(&mut self, now: Instant) {
        self.series.retain(|_, known| now.duration_since(known.last) < WITHOUT_MODEL_MAX);
        if self.series.len() >= SERIES_MAX {
            let latest = self.series.iter().max_by_key(|(_, known)| known.first).map(|(name, _)| name.clone());
            latest.map(|latest| self.series.remove(&latest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_waited_for_from_its_first_claim_on_however_many_others_are_asked_for() {
        let (mut patience, start) = (Patience::default(), Instant::now());
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        assert!(!patience.is_gone("first", at(0)));
        for other in 0..2 * SERIES_MAX {
            assert!(!patience.is_gone(&other.to_string(), at(1)));
        }
        assert!(patience.series.len() <= SERIES_MAX);
        assert!(!patience.is_gone("first", at(599)));
        assert!(patience.is_gone("first", at(600)));
        patience.met("first");
        assert!(!patience.is_gone("first", at(601)), "it had a model meanwhile");
    }
}
