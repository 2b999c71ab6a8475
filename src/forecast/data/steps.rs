//! The steps between the times of neighbouring rows, counted while a file is read: the commonest one is the step of the series.

use std::cmp::Reverse;
use std::collections::HashMap;

/// How often each step was seen.
#[derive(Default)]
pub(super) struct StepCounts {
    counts: HashMap<i64, usize>,
    /// Neighbouring steps are mostly equal: a run is counted at a time.
    run: (i64, usize),
}

impl StepCounts {
    /// Counts the step between two neighbours.
    pub(super) fn add(&mut self, step_ms: i64) {
        if step_ms != self.run.0 {
            self.end_run();
            self.run = (step_ms, 0);
        }
        self.run.1 += 1;
    }

    /// How many different steps there are, at least.
    pub(super) fn different(&self) -> usize {
        self.counts.len()
    }

    /// The commonest step, the smaller one on a tie; none where no time is later than the one before.
    pub(super) fn commonest(mut self) -> Option<i64> {
        self.end_run();
        let steps = self.counts.into_iter().filter(|&(step, _)| step > 0);
        steps.max_by_key(|&(step, count)| (count, Reverse(step))).map(|(step, _)| step)
    }

    fn end_run(&mut self) {
        let (step, count) = self.run;
        if count > 0 {
            *self.counts.entry(step).or_default() += count;
        }
    }
}

/// The rows that are missing between two neighbours, if they are few enough to be filled in.
pub(super) fn missing_rows(between_ms: i64, step_ms: i64, max_gap_rows: usize) -> Option<usize> {
    let missing = usize::try_from(between_ms / step_ms - 1).unwrap_or(0);
    Some(missing).filter(|missing| (1..=max_gap_rows).contains(missing))
}
