//! What other processes worked on when they died. A process is dead when it was an earlier one of this node, or when its journal has not
//! changed for some time by this process's own clock: a process that works writes its journal every second.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::storage::{JournalEntry, StorageError, WorkJournal, WorkJournals};

use super::journal::REFUSED_PAUSE;

/// How old the knowledge may be.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// Two looks within this time that see different versions show that the process lived in between. What a process died over comes again
/// later than that: its group needs longer to find it dead.
const ALIVE_WITHIN: Duration = Duration::from_secs(3);
/// How long the journal of a dead process has been unchanged.
const DEAD_AFTER: Duration = Duration::from_secs(6);
/// How long the journal of a dead process is kept, as far as one process has seen it.
const KEPT: Duration = Duration::from_secs(3600);
/// Journals of dead processes that are kept.
const DEAD_MAX: usize = 64;

/// What the journals of other processes say about an object.
#[derive(Debug, PartialEq, Eq)]
pub enum History {
    /// No process died over it.
    Clean,
    /// Processes died while they worked on it.
    Deaths(Vec<Death>),
    /// A process that may live or be dead worked on it.
    Unknown,
}

/// The death of a process that worked on an object.
#[derive(Debug, PartialEq, Eq)]
pub struct Death {
    /// Which process died, and when, for people.
    pub story: String,
    /// Whether the process worked on no other object.
    pub is_alone: bool,
}

/// What is known of the other processes.
#[derive(Default)]
pub struct Deaths {
    looked: Option<Instant>,
    /// When the store last refused this process the right to look.
    refused: Option<Instant>,
    lives: BTreeMap<String, Life>,
    /// Objects that this process has answered since: it did not die over them.
    survived: BTreeSet<String>,
}

struct Life {
    etag: String,
    unchanged_since: Instant,
    /// Whether the process lived a moment before the last look.
    is_alive: bool,
    journal: Option<WorkJournal>,
}

impl Deaths {
    /// Whether it is time to look again.
    pub fn is_stale(&self, now: Instant) -> bool {
        let is_refused = self.refused.is_some_and(|refused| now.duration_since(refused) < REFUSED_PAUSE);
        !is_refused && self.looked.is_none_or(|looked| now.duration_since(looked) >= LOOK_INTERVAL)
    }

    /// Notes that this process may not look at the journals, or not remove old ones: that is not tried again for a while.
    pub fn note_refusal(&mut self, now: Instant) {
        self.refused = Some(now);
    }

    /// Looks at the journals of the other processes; removes those that are old, or too many.
    pub async fn look(&mut self, journals: &WorkJournals) -> Result<(), StorageError> {
        let listed = journals.others().await?;
        let now = Instant::now();
        self.note(&listed, now);
        for (life, known) in &mut self.lives {
            if known.journal.is_none() && !known.is_alive {
                known.journal = journals.read(life).await?;
            }
        }
        self.looked = Some(now);
        for life in self.outdated(now, &journals.me().node) {
            journals.remove(&life).await?;
            self.lives.remove(&life);
        }
        Ok(())
    }

    /// Forgets the deaths over objects that this process has answered, and removes the journals that tell of no other.
    pub async fn forget(&mut self, answered: Vec<String>, journals: &WorkJournals) -> Result<(), StorageError> {
        let known = |sha256: &String| self.lives.values().any(|life| life.works().any(|work| work == sha256));
        let known: Vec<String> = answered.into_iter().filter(known).collect();
        self.survived.extend(known);
        let node = &journals.me().node;
        let now = Instant::now();
        let is_settled = |life: &Life| life.is_dead(node, now) && life.works().all(|work| self.survived.contains(work));
        let settled: Vec<String> =
            self.lives.iter().filter(|(_, life)| is_settled(life)).map(|(name, _)| name.clone()).collect();
        for life in settled {
            journals.remove(&life).await?;
            self.lives.remove(&life);
        }
        let lives = &self.lives;
        self.survived.retain(|sha256| lives.values().any(|life| life.works().any(|work| work == sha256)));
        Ok(())
    }

    /// What is known about an object, for a process of this node.
    pub fn of(&self, sha256: &str, node: &str, now: Instant) -> History {
        let mut deaths = Vec::new();
        for (life, known) in &self.lives {
            let Some(journal) = known.journal.as_ref() else { continue };
            if self.survived.contains(sha256) || !journal.works.iter().any(|work| work.sha256 == sha256) {
                continue;
            }
            if known.is_alive {
                continue;
            }
            if !known.is_dead(node, now) {
                return History::Unknown;
            }
            let story = format!("{} ({life}) soon after {}", journal.owner.node, journal.written_at);
            deaths.push(Death { story, is_alone: journal.works.len() == 1 });
        }
        if deaths.is_empty() { History::Clean } else { History::Deaths(deaths) }
    }

    fn note(&mut self, listed: &[JournalEntry], now: Instant) {
        self.lives.retain(|life, _| listed.iter().any(|entry| entry.life == *life));
        let is_near = self.looked.is_some_and(|looked| now.duration_since(looked) <= ALIVE_WITHIN);
        for JournalEntry { life, etag } in listed {
            let known = self.lives.get_mut(life);
            let is_alive = known.is_some() && is_near;
            match known {
                Some(known) if known.etag == *etag => known.is_alive = false,
                _ => {
                    let new = Life { etag: etag.clone(), unchanged_since: now, is_alive, journal: None };
                    self.lives.insert(life.clone(), new);
                }
            }
        }
    }

    fn outdated(&self, now: Instant, node: &str) -> Vec<String> {
        let mut dead: Vec<_> = self.lives.iter().filter(|(_, known)| known.is_dead(node, now)).collect();
        dead.sort_by_key(|(_, known)| known.unchanged_since);
        let excess = dead.len().saturating_sub(DEAD_MAX);
        let old = |known: &Life| now.duration_since(known.unchanged_since) >= KEPT;
        let outdated = dead.iter().enumerate().filter(|(at, (_, known))| *at < excess || old(known));
        outdated.map(|(_, (life, _))| (*life).clone()).collect()
    }
}

impl Life {
    /// The hashes of what the process worked on.
    fn works(&self) -> impl Iterator<Item = &String> {
        self.journal.iter().flat_map(|journal| &journal.works).map(|work| &work.sha256)
    }

    fn is_dead(&self, node: &str, now: Instant) -> bool {
        let is_own = self.journal.as_ref().is_some_and(|journal| journal.owner.node == node);
        self.journal.is_some() && (is_own || now.duration_since(self.unchanged_since) >= DEAD_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{LeaseOwner, WorkInHand};

    fn journal(node: &str, life: &str) -> WorkJournal {
        let owner = LeaseOwner { node: node.into(), life: life.into() };
        let works = vec![WorkInHand { sha256: "bomb".into(), object: "dataset/bomb.parquet".into() }];
        WorkJournal { v: 1, owner, written_at: "t".into(), beat: 1, works }
    }

    fn listed(life: &str, etag: &str) -> JournalEntry {
        JournalEntry { life: life.into(), etag: etag.into() }
    }

    #[test]
    fn a_process_of_another_node_is_dead_once_its_journal_is_silent_and_one_of_this_node_at_once() {
        let (mut deaths, start) = (Deaths::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        deaths.note(&[listed("a", "1"), listed("b", "1")], start);
        for (life, node) in [("a", "other"), ("b", "mine")] {
            deaths.lives.get_mut(life).expect("it is listed").journal = Some(journal(node, life));
        }
        assert_eq!(deaths.of("bomb", "mine", after(5)), History::Unknown);
        assert!(matches!(deaths.of("bomb", "mine", after(6)), History::Deaths(lives) if lives.len() == 2));
        assert_eq!(deaths.of("other", "mine", after(6)), History::Clean);
        // the other one lives after all
        deaths.looked = Some(after(5));
        deaths.note(&[listed("a", "2"), listed("b", "1")], after(6));
        assert!(matches!(deaths.of("bomb", "mine", after(60)), History::Deaths(lives) if lives.len() == 1));
    }

    #[test]
    fn a_death_is_an_objects_own_only_where_no_other_was_in_work() {
        let (mut deaths, start) = (Deaths::default(), Instant::now());
        deaths.note(&[listed("a", "1"), listed("b", "1")], start);
        for (life, others) in [("a", 1), ("b", 0)] {
            let mut journal = journal("mine", life);
            let other = WorkInHand { sha256: "innocent".into(), object: "dataset/good.csv".into() };
            journal.works.extend(vec![other; others]);
            deaths.lives.get_mut(life).expect("it is listed").journal = Some(journal);
        }
        let alone = |sha256: &str| match deaths.of(sha256, "mine", start) {
            History::Deaths(deaths) => deaths.iter().map(|death| death.is_alone).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!((alone("bomb"), alone("innocent")), (vec![false, true], vec![false]));
    }

    #[test]
    fn who_may_not_look_does_not_ask_for_each_claim() {
        let (mut deaths, start) = (Deaths::default(), Instant::now());
        assert!(deaths.is_stale(start));
        deaths.note_refusal(start);
        assert!(!deaths.is_stale(start + Duration::from_secs(10)) && deaths.is_stale(start + REFUSED_PAUSE));
    }

    #[test]
    fn journals_of_the_dead_are_removed_after_an_hour_and_when_they_are_many() {
        let (mut deaths, start) = (Deaths::default(), Instant::now());
        let names: Vec<String> = (0..DEAD_MAX + 2).map(|at| at.to_string()).collect();
        deaths.note(&names.iter().map(|life| listed(life, "1")).collect::<Vec<_>>(), start);
        for (life, known) in &mut deaths.lives {
            known.journal = Some(journal("other", life));
        }
        assert!(deaths.outdated(start, "mine").is_empty(), "they may live");
        assert_eq!(deaths.outdated(start + DEAD_AFTER, "mine").len(), 2);
        assert_eq!(deaths.outdated(start + KEPT, "mine").len(), names.len());
    }
}
