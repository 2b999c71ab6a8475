//! The lag of a consumer: from the ends that fetches report, and from requests to the broker for the others, a few at a time.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::kafka::consumer::ledger::Offsets;

/// The longest time that requests for ends delay the poll thread in one round; the last of them may end later.
const ROUND_MAX: Duration = Duration::from_millis(250);

/// The ends of partitions that the broker was asked for, and the partitions to ask for next.
#[derive(Debug, Default)]
pub(super) struct Lag {
    requested: BTreeMap<i32, Ends>,
    queue: VecDeque<i32>,
}

/// The first offset of a partition, and one past the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    pub low: i64,
    pub high: i64,
}

/// What the lag is computed from, beside the requested ends.
pub(super) struct LagInput<'a> {
    /// The offsets of the assigned partitions.
    pub offsets: &'a [Offsets],
    /// By partition: one past the last record, according to its last fetch.
    pub fetched_ends: &'a BTreeMap<i32, i64>,
    /// Whether reading is paused, so that fetched ends are stale.
    pub paused: bool,
    /// Whether offsets are committed.
    pub in_group: bool,
}

impl LagInput<'_> {
    /// The offset up to which everything is done.
    fn settled(&self, entry: &Offsets) -> Option<i64> {
        if self.in_group { entry.committed } else { entry.position }
    }

    /// Whether the lag of a partition needs a request to the broker.
    fn needs_a_request(&self, entry: &Offsets) -> bool {
        self.has_no_fetched_end(entry.partition) || self.settled(entry).is_none()
    }

    /// Whether no fetch reports the end of a partition.
    fn has_no_fetched_end(&self, partition: i32) -> bool {
        self.paused || !self.fetched_ends.contains_key(&partition)
    }
}

impl Lag {
    /// Requests the ends that no fetch reports, one after the other for as long as a round may take; the next round goes on from there.
    /// Answers with the last error; a partition without an answer does not stop the others, unless no broker answers.
    pub fn request_ends<E>(
        &mut self,
        input: &LagInput<'_>,
        mut request_ends: impl FnMut(i32) -> Result<Ends, E>,
        is_silence: impl Fn(&E) -> bool,
    ) -> Result<(), E> {
        let open = input.offsets.iter().filter(|entry| input.needs_a_request(entry));
        let mut open: Vec<i32> = open.map(|entry| entry.partition).collect();
        self.requested.retain(|partition, _| open.contains(partition));
        // the first offset hardly changes: request it once, because a request waits behind a fetch
        open.retain(|partition| input.has_no_fetched_end(*partition) || !self.requested.contains_key(partition));
        self.queue.retain(|partition| open.contains(partition));
        if self.queue.is_empty() {
            self.queue.extend(open);
        }
        let begun = Instant::now();
        let mut last = Ok(());
        while begun.elapsed() < ROUND_MAX
            && let Some(partition) = self.queue.pop_front()
        {
            match request_ends(partition) {
                Ok(ends) => _ = self.requested.insert(partition, ends),
                Err(error) => {
                    let silence = is_silence(&error);
                    last = Err(error);
                    if silence {
                        break;
                    }
                }
            }
        }
        last
    }

    /// By partition: the lag, where enough is known.
    pub fn by_partition(&self, input: &LagInput<'_>) -> BTreeMap<i32, i64> {
        let lag = |entry: &Offsets| {
            let requested = self.requested.get(&entry.partition);
            let fetched = input.fetched_ends.get(&entry.partition).copied();
            let high = requested.map(|ends| ends.high);
            let end = if input.paused { high.or(fetched) } else { fetched.or(high) }?;
            let end = entry.position.map_or(end, |position| end.max(position));
            let first = || if input.in_group { requested.map(|ends| ends.low) } else { Some(end) };
            let settled = input.settled(entry).or_else(first)?;
            Some((entry.partition, (end - settled).max(0)))
        };
        input.offsets.iter().filter_map(lag).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFSETS: [Offsets; 3] = [offsets(0), offsets(1), offsets(2)];

    const fn offsets(partition: i32) -> Offsets {
        Offsets { partition, position: Some(6), committed: Some(5) }
    }

    fn input(fetched_ends: &BTreeMap<i32, i64>, paused: bool) -> LagInput<'_> {
        LagInput { offsets: &OFFSETS, fetched_ends, paused, in_group: true }
    }

    #[test]
    fn who_is_told_by_fetches_is_asked_only_while_they_pause() {
        let fetched = BTreeMap::from([(0, 7), (1, 7), (2, 7)]);
        let mut lag = Lag::default();
        let mut asked = Vec::new();
        let mut ask = |lag: &mut Lag, paused| {
            asked.clear();
            let request = |partition| {
                asked.push(partition);
                Ok::<_, ()>(Ends { low: 0, high: 9 })
            };
            lag.request_ends(&input(&fetched, paused), request, |()| true).expect("all answer");
            (asked.clone(), lag.by_partition(&input(&fetched, paused)))
        };
        assert_eq!(ask(&mut lag, false), (vec![], BTreeMap::from([(0, 2), (1, 2), (2, 2)])));
        assert_eq!(ask(&mut lag, true), (vec![0, 1, 2], BTreeMap::from([(0, 4), (1, 4), (2, 4)])));
        assert_eq!(ask(&mut lag, false), (vec![], BTreeMap::from([(0, 2), (1, 2), (2, 2)])));
    }

    #[test]
    fn one_partition_without_an_answer_holds_up_no_other_and_silence_ends_the_round() {
        let fetched = BTreeMap::new();
        let mut lag = Lag::default();
        let mut ask = |silent: &'static str| {
            let request = |partition| if partition == 1 { Err(silent) } else { Ok(Ends { low: 0, high: 9 }) };
            let last = lag.request_ends(&input(&fetched, false), request, |error| *error == "silence");
            (last, lag.by_partition(&input(&BTreeMap::new(), false)).len())
        };
        assert_eq!(ask("silence"), (Err("silence"), 1));
        // the round goes on behind the partition that was silent
        assert_eq!(ask("no leader"), (Ok(()), 2));
        assert_eq!(ask("no leader"), (Err("no leader"), 2));
    }

    #[test]
    fn a_slow_broker_is_asked_further_in_the_next_round() {
        let fetched = BTreeMap::new();
        let mut lag = Lag::default();
        let slow = |_| {
            std::thread::sleep(ROUND_MAX);
            Ok::<_, ()>(Ends { low: 0, high: 9 })
        };
        for round in 1..=3 {
            lag.request_ends(&input(&fetched, false), slow, |()| true).expect("it answers");
            assert_eq!(lag.by_partition(&input(&fetched, false)).len(), round);
        }
    }
}
