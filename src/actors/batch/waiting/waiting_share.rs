//! Which claims may wait in place, as records in flight: a few of each series, and not many of all.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Claims of one series that wait in place.
const OF_SERIES_MAX: usize = 32;
/// Claims of all series that wait in place.
const ALL_MAX: usize = 256;
/// A claim that was not seen for so long went with its partition: a claim that waits comes again within 30 s.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// The claims that wait in place: by the place of their record, their series and when they were last seen.
#[derive(Default)]
pub struct WaitingShare {
    waiting: HashMap<String, (String, Instant)>,
}

impl WaitingShare {
    /// Whether a claim may wait in place; it then counts until it is `seen` again.
    pub fn takes(&mut self, place: &str, identifier: &str, now: Instant) -> bool {
        self.waiting.retain(|_, (_, seen)| now.duration_since(*seen) < FORGOTTEN_AFTER);
        let of_series = self.waiting.values().filter(|(series, _)| series == identifier).count();
        let takes = of_series < OF_SERIES_MAX && self.waiting.len() < ALL_MAX;
        if takes {
            self.waiting.insert(place.to_owned(), (identifier.to_owned(), now));
        }
        takes
    }

    /// Notes that a claim is worked on again.
    pub fn seen(&mut self, place: &str) {
        self.waiting.remove(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_has_a_share_and_gives_it_back_with_each_claim_that_is_seen_again_or_never() {
        let (mut share, start) = (WaitingShare::default(), Instant::now());
        let taken = |share: &mut WaitingShare, series: &str, now| {
            (0..1000).filter(|at| share.takes(&format!("{series}/{at}"), series, now)).count()
        };
        assert_eq!(taken(&mut share, "a", start), OF_SERIES_MAX);
        assert_eq!(taken(&mut share, "b", start), OF_SERIES_MAX, "another series has its own");
        share.seen("a/0");
        assert!(share.takes("a/0", "a", start));
        let many: usize = (0..100).map(|at| taken(&mut share, &at.to_string(), start)).sum();
        assert_eq!(many + 2 * OF_SERIES_MAX, ALL_MAX);
        assert_eq!(taken(&mut share, "c", start + FORGOTTEN_AFTER), OF_SERIES_MAX);
    }
}
