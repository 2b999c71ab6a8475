//! When reading pauses: at 80 % of a limit, until 50 %. The gap is wide, because every pause discards the records that were prefetched.

/// Records that are read and not settled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct InFlight {
    pub records: usize,
    /// The bytes that they take up.
    pub bytes: usize,
}

/// The limits of records and bytes in flight at which reading pauses and resumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Backpressure {
    records: Marks,
    bytes: Marks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Marks {
    pause_at: usize,
    resume_at: usize,
}

impl Marks {
    fn new(max: usize) -> Self {
        let max = max.max(1);
        Self { pause_at: max - max / 5, resume_at: max / 2 }
    }

    fn pause(self, found: usize, paused: bool) -> bool {
        match paused {
            false => found >= self.pause_at,
            true => found > self.resume_at,
        }
    }
}

impl Backpressure {
    /// For a limit of records in flight, and one of their bytes; 0 counts as 1.
    pub fn new(records_max: usize, bytes_max: usize) -> Self {
        Self { records: Marks::new(records_max), bytes: Marks::new(bytes_max) }
    }

    /// The same with another limit of records.
    pub fn of_records(self, max: usize) -> Self {
        Self { records: Marks::new(max), ..self }
    }

    /// The same with another limit of bytes.
    pub fn of_bytes(self, max: usize) -> Self {
        Self { bytes: Marks::new(max), ..self }
    }

    /// Whether reading is to be paused with so much in flight; `paused` says whether it is paused now.
    pub fn pauses(self, in_flight: InFlight, paused: bool) -> bool {
        self.records.pause(in_flight.records, paused) || self.bytes.pause(in_flight.bytes, paused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_pauses_at_four_fifths_and_goes_on_at_half() {
        let of = |records| InFlight { records, bytes: 0 };
        let turns = |max, paused| (0..=max).filter(|&held| Backpressure::new(max, 100).pauses(of(held), paused)).min();
        assert_eq!((turns(100, false), turns(100, true)), (Some(80), Some(51)));
        assert_eq!((turns(512, false), turns(512, true)), (Some(410), Some(257)));
        assert_eq!((turns(2, false), turns(2, true)), (Some(2), Some(2)));
        assert_eq!((turns(1, false), turns(1, true)), (Some(1), Some(1)));
    }

    #[test]
    fn it_pauses_for_bytes_too_and_a_record_that_is_larger_than_the_limit_is_read_alone() {
        let pauses = |bytes, paused| Backpressure::new(100, 1000).pauses(InFlight { records: 1, bytes }, paused);
        assert_eq!([799, 800, 5000].map(|bytes| pauses(bytes, false)), [false, true, true]);
        assert_eq!([0, 500, 501].map(|bytes| pauses(bytes, true)), [false, false, true]);
    }
}
