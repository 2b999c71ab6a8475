//! `flts sample-data TO`: the synthetic data as two files, the second one the last fifth.

use crate::forecast::{SAMPLE_DAYS, sample, split_last_fifth, to_csv};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

const SEED: u64 = 42;

/// Writes `sample.csv` and `sample_test.csv` into the folder `to`, and tells where they are.
pub fn write(to: &Path) -> ExitCode {
    let (train, test) = split_last_fifth(sample(SEED, SAMPLE_DAYS));
    let parts = [("sample.csv", train), ("sample_test.csv", test)];
    let written = fs::create_dir_all(to)
        .and_then(|()| parts.iter().try_for_each(|(name, part)| fs::write(to.join(name), to_csv(part))));
    match written {
        Ok(()) => {
            parts.iter().for_each(|(name, part)| println!("{}: {} rows", to.join(name).display(), part.rows()));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("flts: the sample data cannot be written to '{}': {error}", to.display());
            ExitCode::FAILURE
        }
    }
}
