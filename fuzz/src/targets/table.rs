//! The table of targets.

use anyhow::Result;

use crate::corpus::Seeds;

use super::ground::Ground;
use super::reader::Reader;
use super::{listing, predict, pure, store, tables};

/// What reads inputs of one kind.
pub struct Target {
    /// Its name on the command line, and of its folder of seeds.
    pub name: &'static str,
    /// The inputs to start from.
    pub seeds: &'static [Seeds],
    /// The most memory that the reading process may take, in bytes: beyond what it had before, where it is this process.
    pub memory_max_bytes: u64,
    /// Whether the product catches panics of this reader, which is a library's.
    pub may_panic: bool,
    /// Makes the reader.
    pub open: fn(&Ground) -> Result<Box<dyn Reader>>,
}

const MIB: u64 = 1 << 20;
/// The fixtures of earlier formats.
const RECORDS: &str = "tests/fixtures/formats_v1/records";
const OBJECTS: &str = "tests/fixtures/formats_v1/objects";
const ANSWERS: &str = "tests/fixtures/formats_v1/answers";

/// Every target.
#[rustfmt::skip]
pub const TARGETS: &[Target] = &[
    target("records", &[all("fuzz/corpus/records"), some(RECORDS, ".json")], pure::records),
    target("pointer", &[all("fuzz/corpus/pointer"), some(OBJECTS, "current.json")], pure::pointer),
    target("manifest", &[all("fuzz/corpus/manifest"), some(OBJECTS, "manifest.json")], pure::manifest),
    target("csv", &[all("fuzz/corpus/csv"), some(ANSWERS, ".csv")], tables::open),
    Target { may_panic: true, ..target("parquet", &[all("fuzz/corpus/parquet"), some(OBJECTS, ".parquet")], pure::parquet) },
    // a call runs on a task, so that a panic of the SDK ends as an outage of that call
    Target { may_panic: true, ..target("listing", &[all("fuzz/corpus/listing")], listing::open) },
    target("store", &[all("fuzz/corpus/store")], store::open),
    Target { memory_max_bytes: 666 * MIB, ..target("predict", &[all("fuzz/corpus/predict"), some(ANSWERS, "predict_request.json")], predict::open) },
];

const fn target(name: &'static str, seeds: &'static [Seeds], open: fn(&Ground) -> Result<Box<dyn Reader>>) -> Target {
    Target { name, seeds, memory_max_bytes: 256 * MIB, may_panic: false, open }
}

const fn all(folder: &'static str) -> Seeds {
    some(folder, "")
}

const fn some(folder: &'static str, ending: &'static str) -> Seeds {
    Seeds { folder, ending }
}
