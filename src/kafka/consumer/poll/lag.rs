//! How far behind a consumer is: from what the fetches tell, and from questions where they do not, a few at a time.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::kafka::consumer::ledger::Offsets;

/// Longest time that questions for ends hold up the poll thread in one round, but for the answer to the last of them.
const ASKING_MAX: Duration = Duration::from_millis(250);

/// The ends of partitions as the broker was asked for them, and who is asked next.
#[derive(Debug, Default)]
pub(crate) struct Lag {
    asked: BTreeMap<i32, Ends>,
    queue: VecDeque<i32>,
}

/// The offsets where a partition begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    pub low: i64,
    pub high: i64,
}

/// What is known about the partitions that are assigned.
pub(crate) struct Known<'a> {
    pub offsets: &'a [Offsets],
    /// The ends that the last fetch of each partition told.
    pub told: &'a BTreeMap<i32, i64>,
    /// Whether nothing is fetched, so that what was told is old.
    pub paused: bool,
    /// Whether offsets are committed.
    pub in_group: bool,
}

impl Known<'_> {
    /// Up to where nothing is left to do.
    fn settled(&self, entry: &Offsets) -> Option<i64> {
        if self.in_group { entry.committed } else { entry.position }
    }

    /// Whether the fetches do not tell enough about it.
    fn needs_an_answer(&self, entry: &Offsets) -> bool {
        self.is_untold(entry.partition) || self.settled(entry).is_none()
    }

    /// Whether its end is not told by fetches.
    fn is_untold(&self, partition: i32) -> bool {
        self.paused || !self.told.contains_key(&partition)
    }
}

impl Lag {
    /// Asks for the ends that nothing else tells, one after the other for as long as a round may take, and goes on next time.
    /// Gives the last error; one partition that does not answer holds up no other.
    pub fn ask<E>(
        &mut self,
        known: &Known<'_>,
        mut question: impl FnMut(i32) -> Result<Ends, E>,
        is_silence: impl Fn(&E) -> bool,
    ) -> Result<(), E> {
        let open = known.offsets.iter().filter(|entry| known.needs_an_answer(entry));
        let mut open: Vec<i32> = open.map(|entry| entry.partition).collect();
        self.asked.retain(|partition, _| open.contains(partition));
        // a question waits behind the fetch before it: where a partition begins is asked once, for it hardly moves
        open.retain(|partition| known.is_untold(*partition) || !self.asked.contains_key(partition));
        self.queue.retain(|partition| open.contains(partition));
        if self.queue.is_empty() {
            self.queue.extend(open);
        }
        let begun = Instant::now();
        let mut told = Ok(());
        while begun.elapsed() < ASKING_MAX
            && let Some(partition) = self.queue.pop_front()
        {
            match question(partition) {
                Ok(ends) => _ = self.asked.insert(partition, ends),
                Err(error) => {
                    let silence = is_silence(&error);
                    told = Err(error);
                    if silence {
                        break;
                    }
                }
            }
        }
        told
    }

    /// The lag of each partition about which enough is known.
    pub fn by_partition(&self, known: &Known<'_>) -> BTreeMap<i32, i64> {
        let lag = |entry: &Offsets| {
            let asked = self.asked.get(&entry.partition);
            let told = known.told.get(&entry.partition).copied();
            let high = asked.map(|ends| ends.high);
            let end = if known.paused { high.or(told) } else { told.or(high) }?;
            let end = entry.position.map_or(end, |position| end.max(position));
            let first = || if known.in_group { asked.map(|ends| ends.low) } else { Some(end) };
            let settled = known.settled(entry).or_else(first)?;
            Some((entry.partition, (end - settled).max(0)))
        };
        known.offsets.iter().filter_map(lag).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFSETS: [Offsets; 3] = [offsets(0), offsets(1), offsets(2)];

    const fn offsets(partition: i32) -> Offsets {
        Offsets { partition, position: Some(6), committed: Some(5) }
    }

    fn known(told: &BTreeMap<i32, i64>, paused: bool) -> Known<'_> {
        Known { offsets: &OFFSETS, told, paused, in_group: true }
    }

    #[test]
    fn who_is_told_by_fetches_is_asked_only_while_they_pause() {
        let told = BTreeMap::from([(0, 7), (1, 7), (2, 7)]);
        let mut lag = Lag::default();
        let mut asked = Vec::new();
        let mut ask = |lag: &mut Lag, paused| {
            asked.clear();
            let question = |partition| {
                asked.push(partition);
                Ok::<_, ()>(Ends { low: 0, high: 9 })
            };
            lag.ask(&known(&told, paused), question, |()| true).expect("all answer");
            (asked.clone(), lag.by_partition(&known(&told, paused)))
        };
        assert_eq!(ask(&mut lag, false), (vec![], BTreeMap::from([(0, 2), (1, 2), (2, 2)])));
        assert_eq!(ask(&mut lag, true), (vec![0, 1, 2], BTreeMap::from([(0, 4), (1, 4), (2, 4)])));
        assert_eq!(ask(&mut lag, false), (vec![], BTreeMap::from([(0, 2), (1, 2), (2, 2)])));
    }

    #[test]
    fn one_partition_without_an_answer_holds_up_no_other_and_silence_ends_the_round() {
        let told = BTreeMap::new();
        let mut lag = Lag::default();
        let mut ask = |silent: &'static str| {
            let question = |partition| if partition == 1 { Err(silent) } else { Ok(Ends { low: 0, high: 9 }) };
            let told = lag.ask(&known(&told, false), question, |error| *error == "silence");
            (told, lag.by_partition(&known(&BTreeMap::new(), false)).len())
        };
        assert_eq!(ask("silence"), (Err("silence"), 1));
        // it goes on behind the one that was silent
        assert_eq!(ask("no leader"), (Ok(()), 2));
        assert_eq!(ask("no leader"), (Err("no leader"), 2));
    }

    #[test]
    fn a_slow_broker_is_asked_further_in_the_next_round() {
        let told = BTreeMap::new();
        let mut lag = Lag::default();
        let slow = |_| {
            std::thread::sleep(ASKING_MAX);
            Ok::<_, ()>(Ends { low: 0, high: 9 })
        };
        for round in 1..=3 {
            lag.ask(&known(&told, false), slow, |()| true).expect("it answers");
            assert_eq!(lag.by_partition(&known(&told, false)).len(), round);
        }
    }
}
