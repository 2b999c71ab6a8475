//! A disk with a cache in front of it: which names and bytes it holds after a power cut.
//!
//! Only a sync that has ended makes durable, and only what was there when it began: names by a sync of their folder, bytes by a sync
//! of their file. Everything else may be kept or lost, name by name and write by write; a rename is a name that appears and
//! another that disappears.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::ThreadId;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::history::Operation;

/// What a cut takes.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// Nothing: the process is killed, the machine goes on.
    ProcessOnly,
    /// All that is not synced.
    UnsyncedLost,
    /// Names that are not synced; bytes are kept.
    NamesLost,
    /// Bytes that are not synced; names are kept: the file is empty.
    DataEmpty,
    /// The same, and the file has its length, but zeros in it.
    DataZeroed,
    /// The same, and half of the bytes are missing.
    DataShort,
    /// The same, with what lay on the disk before.
    DataGarbage,
    /// Any part of it, by this seed.
    Random(u64),
}

/// Bytes that a file may hold beyond those that were synced.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Rest {
    Zeros(usize),
    Kept(usize),
    Garbage(usize),
}

/// What is left of a file: its synced bytes, and pieces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Left {
    file: usize,
    synced: usize,
    rest: Vec<Rest>,
}

/// All names after a cut; folders hold nothing here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Remains(BTreeMap<PathBuf, Option<Left>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    File(usize),
    Folder(usize),
}

/// Changes are counted, so that a sync can say which it covers.
#[derive(Clone, Default)]
struct Folder {
    durable: BTreeMap<String, Node>,
    now: BTreeMap<String, Node>,
    unsynced: Vec<(usize, String, Option<Node>)>,
    changes: usize,
    syncs: HashMap<ThreadId, usize>,
}

#[derive(Clone, Default)]
struct File {
    bytes: Arc<Vec<u8>>,
    synced: usize,
    /// Where each write after the last sync ended.
    writes: Vec<usize>,
    syncs: HashMap<ThreadId, usize>,
}

/// The machine: the folder in which everything happens, durable itself, and what lies below.
#[derive(Clone)]
pub struct Machine {
    folders: Vec<Folder>,
    files: Vec<File>,
}

impl Default for Machine {
    fn default() -> Self {
        Self { folders: vec![Folder::default()], files: Vec::new() }
    }
}

impl Machine {
    /// Carries one operation out. Paths are relative to the machine's folder; operations outside of it have none.
    pub fn apply(&mut self, operation: &Operation) {
        match operation {
            Operation::CreateFolder(path) => {
                self.folders.push(Folder::default());
                self.name(path, Some(Node::Folder(self.folders.len() - 1)));
            }
            Operation::CreateFile(path) => {
                self.files.push(File::default());
                self.name(path, Some(Node::File(self.files.len() - 1)));
            }
            Operation::RemoveFolder(path) | Operation::RemoveFile(path) => self.name(path, None),
            Operation::Rename(from, to) => {
                let node = self.find(from);
                self.name(to, Some(node));
                self.name(from, None);
            }
            Operation::Append(path, bytes) => {
                let file = self.file(path);
                Arc::make_mut(&mut file.bytes).extend_from_slice(bytes);
                file.writes.push(file.bytes.len());
            }
            Operation::SyncFile(path, thread) => {
                let file = self.file(path);
                file.syncs.insert(*thread, file.bytes.len());
            }
            Operation::FileSynced(path, thread) => {
                let file = self.file(path);
                let synced = file.syncs.remove(thread).expect("a sync begins before it ends");
                file.synced = file.synced.max(synced);
                file.writes.retain(|end| *end > synced);
            }
            Operation::SyncFolder(path, thread) => {
                let folder = self.folder(path);
                folder.syncs.insert(*thread, folder.changes);
            }
            Operation::FolderSynced(path, thread) => {
                let folder = self.folder(path);
                let covered = folder.syncs.remove(thread).expect("a sync begins before it ends");
                let (synced, unsynced) =
                    std::mem::take(&mut folder.unsynced).into_iter().partition(|it| it.0 < covered);
                folder.unsynced = unsynced;
                let synced: Vec<(usize, String, Option<Node>)> = synced;
                synced.into_iter().for_each(|(_, name, node)| set(&mut folder.durable, name, node));
            }
        }
    }

    /// What the disk holds after a cut right now.
    pub fn cut(&self, cut: Cut) -> Remains {
        let seed = if let Cut::Random(seed) = cut { seed } else { 0 };
        let mut remains = Remains(BTreeMap::new());
        self.collect(0, Path::new(""), cut, &mut StdRng::seed_from_u64(seed), &mut remains);
        remains
    }

    /// The machine as it is after a restart of the process alone.
    pub fn write(&self, remains: &Remains, folder: &Path, pool: &Path) {
        for (path, left) in &remains.0 {
            let path = folder.join(path);
            match left {
                None => fs::create_dir(&path).unwrap(),
                Some(left) => self.write_file(left, &path, pool),
            }
        }
    }

    /// The store never changes a file that has its lasting name, so whole files are written once and linked.
    fn write_file(&self, left: &Left, path: &Path, pool: &Path) {
        let bytes = &self.files[left.file].bytes;
        if left.synced < bytes.len() || !left.rest.is_empty() {
            return fs::write(path, left.bytes(bytes)).unwrap();
        }
        let pooled = pool.join(format!("{}-{}", left.file, bytes.len()));
        if !pooled.exists() {
            let draft = pool.join(uuid::Uuid::new_v4().to_string());
            fs::write(&draft, bytes.as_slice()).unwrap();
            fs::rename(&draft, &pooled).unwrap();
        }
        fs::hard_link(pooled, path).unwrap();
    }

    fn collect(&self, folder: usize, at: &Path, cut: Cut, random: &mut StdRng, remains: &mut Remains) {
        for (name, node) in self.names(folder, cut, random) {
            let path = at.join(name);
            match node {
                Node::Folder(folder) => {
                    remains.0.insert(path.clone(), None);
                    self.collect(folder, &path, cut, random, remains);
                }
                Node::File(file) => {
                    remains.0.insert(path, Some(self.left(file, cut, random)));
                }
            }
        }
    }

    fn names(&self, folder: usize, cut: Cut, random: &mut StdRng) -> BTreeMap<String, Node> {
        let folder = &self.folders[folder];
        match cut {
            Cut::UnsyncedLost | Cut::NamesLost => folder.durable.clone(),
            Cut::Random(_) => {
                let mut names = folder.durable.clone();
                for (_, name, node) in &folder.unsynced {
                    if random.random_bool(0.5) {
                        set(&mut names, name.clone(), *node);
                    }
                }
                names
            }
            _ => folder.now.clone(),
        }
    }

    fn left(&self, number: usize, cut: Cut, random: &mut StdRng) -> Left {
        let file = &self.files[number];
        let unsynced = file.bytes.len() - file.synced;
        let rest = match cut {
            _ if unsynced == 0 => vec![],
            Cut::ProcessOnly | Cut::NamesLost => vec![Rest::Kept(unsynced)],
            Cut::UnsyncedLost | Cut::DataEmpty => vec![],
            Cut::DataZeroed => vec![Rest::Zeros(unsynced)],
            Cut::DataShort => vec![Rest::Kept(unsynced / 2)],
            Cut::DataGarbage => vec![Rest::Garbage(unsynced)],
            Cut::Random(_) => pieces(file, random),
        };
        Left { file: number, synced: file.synced, rest }
    }

    fn file(&mut self, path: &Path) -> &mut File {
        match self.find(path) {
            Node::File(file) => &mut self.files[file],
            Node::Folder(_) => panic!("{} is a folder", path.display()),
        }
    }

    fn folder(&mut self, path: &Path) -> &mut Folder {
        match self.find(path) {
            Node::Folder(folder) => &mut self.folders[folder],
            Node::File(_) => panic!("{} is a file", path.display()),
        }
    }

    fn name(&mut self, path: &Path, node: Option<Node>) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let folder = self.folder(path.parent().unwrap());
        set(&mut folder.now, name.clone(), node);
        folder.unsynced.push((folder.changes, name, node));
        folder.changes += 1;
    }

    fn find(&self, path: &Path) -> Node {
        path.iter().fold(Node::Folder(0), |node, name| match node {
            Node::Folder(folder) => {
                let found = self.folders[folder].now.get(name.to_str().unwrap());
                *found.unwrap_or_else(|| panic!("{} is not there", path.display()))
            }
            Node::File(_) => panic!("a file within {} is used as a folder", path.display()),
        })
    }
}

impl Left {
    fn bytes(&self, all: &[u8]) -> Vec<u8> {
        let mut bytes = all[..self.synced].to_vec();
        let mut random = StdRng::seed_from_u64(self.file as u64);
        for rest in &self.rest {
            match rest {
                Rest::Zeros(length) => bytes.resize(bytes.len() + length, 0),
                Rest::Kept(length) => bytes.extend_from_slice(&all[bytes.len()..bytes.len() + length]),
                Rest::Garbage(length) => bytes.extend((0..*length).map(|_| random.random::<u8>())),
            }
        }
        bytes
    }
}

/// Each write is kept, half kept, zeroed or replaced by something else; the file may end after any of them.
fn pieces(file: &File, random: &mut StdRng) -> Vec<Rest> {
    let mut start = file.synced;
    let mut pieces = Vec::new();
    for end in &file.writes {
        let length = end - start;
        match random.random_range(0..5) {
            0 => pieces.push(Rest::Zeros(length)),
            1 => pieces.push(Rest::Garbage(length)),
            2 => {
                pieces.push(Rest::Kept(length / 2));
                return pieces;
            }
            _ => pieces.push(Rest::Kept(length)),
        }
        start = *end;
    }
    pieces
}

fn set(names: &mut BTreeMap<String, Node>, name: String, node: Option<Node>) {
    match node {
        Some(node) => names.insert(name, node),
        None => names.remove(&name),
    };
}
