//! A snapshot is read as it was written or not at all: any damage is noticed, set aside, and harms nobody.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use flts::storage::{MAX_PAYLOAD_BYTES, Snapshot, SnapshotError, Snapshots};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::runtime::{Builder, Runtime};

const KIND_LENGTH_AT: usize = 16;
const PAYLOAD_LENGTH_AT: usize = 20;
const HEADER: usize = 28;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct State {
    number: u64,
    ratio: f64,
    word: Option<String>,
    words: BTreeMap<String, Vec<u32>>,
}

impl Snapshot for State {
    const KIND: &'static str = "of-a-test";
    const VERSION: u32 = 2;
}

/// The same kind, with a field less.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Older {
    number: u64,
}

impl Snapshot for Older {
    const KIND: &'static str = "of-a-test";
    const VERSION: u32 = 1;
}

/// Another kind, of the same form.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Other(State);

impl Snapshot for Other {
    const KIND: &'static str = "of-a-pest";
    const VERSION: u32 = 2;
}

/// A folder, seen by one process after another.
struct World {
    folder: tempfile::TempDir,
    io: Runtime,
}

impl World {
    fn new() -> World {
        World { folder: tempfile::tempdir().unwrap(), io: Builder::new_current_thread().build().unwrap() }
    }

    fn at(&self) -> PathBuf {
        self.folder.path().join("snapshots")
    }

    /// As a process sees it that has saved nothing itself.
    fn fresh(&self) -> Snapshots {
        Snapshots::new(self.at(), self.io.handle().clone().into())
    }

    fn file(&self) -> PathBuf {
        self.at().join("of-a-test.snapshot")
    }

    /// Puts these bytes in place of the file and reads them as state.
    fn read(&self, bytes: &[u8]) -> Option<State> {
        fs::write(self.file(), bytes).unwrap();
        self.fresh().load()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.at()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn state() -> State {
    let words = BTreeMap::from([("one".to_owned(), vec![1, 2, 3]), ("two".to_owned(), Vec::new())]);
    State { number: 7, ratio: 0.25, word: Some("four".into()), words }
}

/// The file of a state, and the world that it is in.
fn saved(state: &State) -> (World, Vec<u8>) {
    let world = World::new();
    world.fresh().save(state).unwrap();
    let bytes = fs::read(world.file()).unwrap();
    (world, bytes)
}

/// A file whose checksum is right.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    bytes
}

#[test]
fn nothing_was_saved_and_nothing_is_said() {
    let world = World::new();
    assert_eq!(world.fresh().load::<State>(), None);
    assert!(!world.at().exists());
}

#[test]
fn any_flip_of_any_byte_is_refused_and_the_file_is_set_aside() {
    let (world, bytes) = saved(&state());
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1 << bit;
            assert_eq!(world.read(&wrong), None, "bit {bit} of byte {at}");
            assert!(!world.file().exists(), "byte {at}");
        }
    }
    assert_eq!(world.names().len(), 3, "only a few are kept: {:?}", world.names());
    assert_eq!(world.read(&bytes), Some(state()));
}

#[test]
fn any_truncation_and_any_appended_byte_is_refused() {
    let (world, bytes) = saved(&state());
    for length in 0..bytes.len() {
        assert_eq!(world.read(&bytes[..length]), None, "{length} bytes");
    }
    for byte in 0..=255 {
        let longer = [bytes.as_slice(), &[byte]].concat();
        assert_eq!(world.read(&longer), None, "{byte} at the end");
        // and where the checksum is made to fit
        let body = bytes.len() - 32;
        assert_eq!(world.read(&sealed([&bytes[..body], &[byte]].concat())), None, "{byte} at the end of the payload");
    }
}

#[test]
fn a_hostile_length_allocates_nothing() {
    let (world, bytes) = saved(&state());
    let body = &bytes[..bytes.len() - 32];
    let before = peak_of_address_space();
    for length in [u64::MAX, u64::MAX / 2 + 1, 1 << 46, 1 << 40, 1 << 36, MAX_PAYLOAD_BYTES + 1] {
        // in front of every field of the payload, and of the kind and the payload themselves
        for at in HEADER + State::KIND.len()..body.len() - 8 {
            let mut wrong = body.to_vec();
            wrong[at..at + 8].copy_from_slice(&length.to_le_bytes());
            if wrong != body {
                let read = world.read(&sealed(wrong));
                assert!(read.is_none_or(|read| read != state()), "{length} at {at}");
            }
        }
        let mut wrong = body.to_vec();
        wrong[PAYLOAD_LENGTH_AT..HEADER].copy_from_slice(&length.to_le_bytes());
        assert_eq!(world.read(&sealed(wrong)), None, "a payload of {length}");
        let mut wrong = body.to_vec();
        wrong[KIND_LENGTH_AT..PAYLOAD_LENGTH_AT].copy_from_slice(&(length as u32).to_le_bytes());
        assert_eq!(world.read(&sealed(wrong)), None, "a kind of {length}");
    }
    let grown = peak_of_address_space() - before;
    // threads of other tests take some, too
    assert!(grown < 1 << 35, "{grown} bytes of address space");
}

/// Kernel's word on how large this process was at its largest.
fn peak_of_address_space() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmPeak:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn other_versions_and_kinds_are_not_taken_for_this_one() {
    let (world, bytes) = saved(&state());
    assert_eq!(world.fresh().load::<Older>(), None, "bincode alone would read it");
    assert_eq!(world.names(), ["of-a-test.damaged-1"]);
    fs::write(world.at().join("of-a-pest.snapshot"), &bytes).unwrap();
    assert_eq!(world.fresh().load::<Other>(), None);
    assert_eq!(world.read(b"FLTS"), None);
    assert_eq!(world.read(b""), None);
}

#[test]
fn what_is_set_aside_last_has_the_lowest_number() {
    let (world, _) = saved(&state());
    for text in ["first", "second", "third", "fourth"] {
        assert_eq!(world.read(text.as_bytes()), None);
    }
    let aside = |number: u32| fs::read_to_string(world.at().join(format!("of-a-test.damaged-{number}"))).unwrap();
    assert_eq!([aside(1), aside(2), aside(3)], ["fourth", "third", "second"]);
    assert_eq!(world.names().len(), 3);
}

#[test]
fn state_that_is_too_large_is_an_error_and_the_old_one_stays() {
    let (world, _) = saved(&state());
    let large = State { word: Some("x".repeat(MAX_PAYLOAD_BYTES as usize + 1)), ..state() };
    assert!(matches!(world.fresh().save(&large), Err(SnapshotError::State { kind: "of-a-test", .. })));
    assert_eq!(world.fresh().load(), Some(state()));
}

#[test]
fn a_file_longer_than_any_snapshot_is_not_read_to_its_end() {
    let (world, _) = saved(&state());
    let file = fs::File::create(world.file()).unwrap();
    file.set_len(1 << 40).unwrap();
    let before = peak_of_address_space();
    assert_eq!(world.fresh().load::<State>(), None);
    assert!(peak_of_address_space() - before < 1 << 35);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_and_what_was_said_still_holds() {
    let world = World::new();
    // a file is in the way, as root may write everywhere
    fs::write(world.at(), b"in the way").unwrap();
    let snapshots = world.fresh();
    let error = snapshots.save(&state()).unwrap_err();
    assert!(error.to_string().contains("check the space and the permissions"), "{error}");
    assert_eq!(snapshots.load(), Some(state()), "the successor of an actor finds it in this process");
    assert_eq!(world.fresh().load::<State>(), None);
    fs::remove_file(world.at()).unwrap();
    snapshots.keep_now(&state());
    assert_eq!(world.fresh().load(), Some(state()), "it is written as soon as that can be");
}

#[test]
fn what_was_kept_last_is_on_disk_in_the_end_and_no_draft_is_left() {
    let world = World::new();
    let snapshots = world.fresh();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..25).for_each(|number| snapshots.keep(&State { number, ..state() })));
        }
    });
    snapshots.keep(&State { number: 99, ..state() });
    let last: State = snapshots.load().unwrap();
    assert_eq!(last.number, 99, "it holds at once");
    // nothing is left to be written, or this writes it
    snapshots.save(&last).unwrap();
    assert_eq!(world.fresh().load(), Some(last));
    assert_eq!(world.names(), ["of-a-test.snapshot"]);
}

fn any_state() -> impl Strategy<Value = State> {
    let words = btree_map(".{0,12}", vec(any::<u32>(), 0..5), 0..5);
    (any::<u64>(), -1e300..1e300f64, proptest::option::of(".{0,40}"), words)
        .prop_map(|(number, ratio, word, words)| State { number, ratio, word, words })
}

fn is_aside(folder: &Path) -> bool {
    folder.join("of-a-test.damaged-1").exists()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_state_comes_back_as_it_was(state in any_state()) {
        let (world, _) = saved(&state);
        prop_assert_eq!(world.fresh().load::<State>(), Some(state));
    }

    #[test]
    fn whatever_is_in_the_file_nobody_dies(state in any_state(), noise in vec(any::<u8>(), 0..200), at in 0usize..400) {
        let (world, mut bytes) = saved(&state);
        let at = at.min(bytes.len());
        let end = (at + noise.len()).min(bytes.len());
        let untouched = bytes.clone();
        bytes.splice(at..end, noise);
        let read = world.read(&bytes);
        prop_assert_eq!(read, (bytes == untouched).then_some(state));
        prop_assert_eq!(is_aside(&world.at()), bytes != untouched);
    }

    #[test]
    fn whatever_the_payload_is_under_a_right_checksum_nobody_dies(noise in vec(any::<u8>(), 0..120)) {
        let (world, bytes) = saved(&state());
        let mut wrong = bytes[..HEADER + State::KIND.len()].to_vec();
        wrong[PAYLOAD_LENGTH_AT..HEADER].copy_from_slice(&(noise.len() as u64).to_le_bytes());
        wrong.extend(noise);
        world.read(&sealed(wrong));
    }
}
