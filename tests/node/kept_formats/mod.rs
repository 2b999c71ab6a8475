//! What an earlier program wrote is read, judged and served by this one, format by format. `tests/fixtures/formats_v1/README.md`
//! lists the files. They are never written anew: another format gets a folder of its own.

mod decisions;
mod fixture;
mod models;
mod nodes;
mod records;
mod stored;
