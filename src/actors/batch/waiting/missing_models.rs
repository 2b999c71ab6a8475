//! Series without a model that can answer. A claim of such a series is retried, because its first model may be in training and the files
//! of a model may come back, but not for ever.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long the claims of a series without a model are retried.
const RETRIED_MAX: Duration = Duration::from_secs(600);
/// Series that are remembered.
const SERIES_MAX: usize = 4096;

/// Series that have no model, and since when. A model that its cache forgot does not make its series one of them.
#[derive(Default)]
pub struct MissingModels {
    series: HashMap<String, Missing>,
}

struct Missing {
    first_asked: Instant,
    last_asked: Instant,
}

impl MissingModels {
    /// Notes a claim of a series without a model; answers whether its claims were retried for long enough.
    pub fn is_given_up(&mut self, identifier: &str, now: Instant) -> bool {
        // claims that come long after the others begin to wait anew
        let recent = |missing: &&mut Missing| now.duration_since(missing.last_asked) < RETRIED_MAX;
        if let Some(missing) = self.series.get_mut(identifier).filter(recent) {
            missing.last_asked = now;
            return now.duration_since(missing.first_asked) >= RETRIED_MAX;
        }
        if self.series.len() >= SERIES_MAX && !self.series.contains_key(identifier) {
            self.make_room(now);
        }
        self.series.insert(identifier.to_owned(), Missing { first_asked: now, last_asked: now });
        false
    }

    /// Notes that a series has a model.
    pub fn found(&mut self, identifier: &str) {
        self.series.remove(identifier);
    }

    /// Forgets the series without recent claims; where there are none, the one that was retried for the shortest time.
    fn make_room(&mut self, now: Instant) {
        self.series.retain(|_, missing| now.duration_since(missing.last_asked) < RETRIED_MAX);
        if self.series.len() >= SERIES_MAX {
            let latest =
                self.series.iter().max_by_key(|(_, missing)| missing.first_asked).map(|(name, _)| name.clone());
            latest.map(|latest| self.series.remove(&latest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_waited_for_from_its_first_claim_on_however_many_others_are_asked_for() {
        let (mut missing, start) = (MissingModels::default(), Instant::now());
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        assert!(!missing.is_given_up("first", at(0)));
        for other in 0..2 * SERIES_MAX {
            assert!(!missing.is_given_up(&other.to_string(), at(1)));
        }
        assert!(missing.series.len() <= SERIES_MAX);
        assert!(!missing.is_given_up("first", at(599)));
        assert!(!missing.is_given_up("late", at(0)) && !missing.is_given_up("late", at(700)), "nobody asked meanwhile");
        assert!(missing.is_given_up("first", at(600)));
        missing.found("first");
        assert!(!missing.is_given_up("first", at(601)), "it had a model meanwhile");
    }
}
