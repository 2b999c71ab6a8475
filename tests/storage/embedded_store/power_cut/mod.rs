//! Power cuts: a log of the store's file operations is replayed to every prefix, and the real store is opened on what a disk may
//! have kept of it.
//!
//! `workload` drives a store through the S3 API; `history` keeps what it asked and what was acknowledged, in one order with the
//! file operations; `machine` says what a disk holds after a prefix of them and a cut; `check` opens the real store on that.

mod check;
mod history;
mod machine;
mod workload;

use std::collections::HashSet;
use std::path::Path;

use futures::StreamExt;
use machine::{Cut, Machine, Remains};

use check::{check, serve_and_cut_again};
use history::{Event, Expected, Log};

/// So many stores are open at once.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_power_cut_loses_what_was_acknowledged_or_tears_what_is_served() {
    let log = workload::run().await;
    let cuts = [
        Cut::ProcessOnly,
        Cut::UnsyncedLost,
        Cut::NamesLost,
        Cut::DataEmpty,
        Cut::DataZeroed,
        Cut::DataShort,
        Cut::DataGarbage,
        Cut::Random(1),
        Cut::Random(2),
        Cut::Random(3),
        Cut::Random(4),
    ];
    let states = states_of(&log, &cuts);
    assert!(states.len() > 300, "only {} different disks: the workload does too little", states.len());
    let pool = scratch();
    let failures = each(&states, |state| check(state, &log, pool.path())).await;
    assert_none(&failures, states.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_restarted_store_has_served_survives_a_power_cut() {
    let log = workload::run().await;
    let states = states_of(&log, &[Cut::ProcessOnly]);
    let pool = scratch();
    let failures = each(&states, |state| serve_and_cut_again(state, pool.path())).await;
    assert_none(&failures, states.len());
}

/// One disk after a cut, and what a store on it must serve.
struct State {
    /// For people: where in the log, and how it was cut.
    name: String,
    remains: Remains,
    expected: Expected,
    machine: Machine,
}

/// The different disks that the cuts leave after every prefix of the log.
fn states_of(log: &Log, cuts: &[Cut]) -> Vec<State> {
    let (mut machine, mut expected) = (Machine::default(), Expected::default());
    let (mut seen, mut states) = (HashSet::new(), Vec::new());
    let mut last = String::from("nothing");
    let events = log.events();
    for (number, event) in events.iter().enumerate() {
        match event {
            Event::Did(operation) => machine.apply(operation),
            Event::Begun(call) => expected.begin(log.call(*call).subject, *call),
            Event::Ended { call, applied } => expected.end(log.call(*call).subject, *call, *applied),
            Event::Seen { subject, etag } => {
                expected.see(subject, |call| log.call(call).change.etag() == etag.as_deref())
            }
        }
        if let Event::Did(operation) = event {
            last = operation.to_string();
        }
        for cut in cuts {
            let remains = machine.cut(*cut);
            if seen.insert((remains.clone(), expected.clone())) {
                let name = format!("event {number} of {} (last operation: {last}), {cut:?}", events.len());
                states.push(State { name, remains, expected: expected.clone(), machine: machine.clone() });
            }
        }
    }
    states
}

async fn each<'a, F: Future<Output = Result<(), String>>>(
    states: &'a [State],
    work: impl Fn(&'a State) -> F,
) -> Vec<String> {
    let named = states.iter().map(|state| {
        let work = work(state);
        async move { work.await.err().map(|failure| format!("{}: {failure}", state.name)) }
    });
    futures::stream::iter(named).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
}

fn assert_none(failures: &[String], states: usize) {
    let first = failures.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(failures.is_empty(), "{} of {states} disks failed, the first ones:\n{first}", failures.len());
    println!("{states} different disks, none failed");
}

/// A folder in memory where the machine has that: the disk is modelled, and thousands of real syncs would take minutes.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn entries_of(folder: &Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}
