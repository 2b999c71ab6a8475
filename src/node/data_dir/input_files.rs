//! Files of the command line, stored in bucket `dataset`, where preprocessing finds them.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;

use crate::forecast::PreprocessConfig;
use crate::node::os_errors::cannot_read;
use crate::storage::{Condition, DATASET_BUCKET, Object, ObjectError, ObjectStore};

/// The files of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFiles {
    /// The training rows, or all rows without a test file.
    pub data: PathBuf,
    /// The test rows.
    pub test: Option<PathBuf>,
}

impl InputFiles {
    /// Reads the files. Without a test file the last fifth of the rows is the test part.
    ///
    /// # Errors
    /// A file cannot be read, or has too few rows to split.
    pub fn read(&self) -> anyhow::Result<(Bytes, Bytes)> {
        let read =
            |flag, path: &Path| std::fs::read(path).map_err(|error| anyhow::anyhow!(cannot_read(flag, path, &error)));
        let data = read("--data", &self.data)?;
        match &self.test {
            Some(test) => Ok((data.into(), read("--test", test)?.into())),
            None => split_last_fifth(&data).with_context(|| {
                format!("--data {}: its last fifth cannot be split off as the test part", self.data.display())
            }),
        }
    }
}

/// Stores both parts under the names that preprocessing reads.
///
/// The old train part is removed first and the new one is stored last: an interrupted upload lacks the train part, and never
/// mixes old and new files.
pub async fn store_input_files(
    objects: &ObjectStore,
    config: &PreprocessConfig,
    train: Bytes,
    test: Bytes,
) -> Result<(), ObjectError> {
    let (train_file, test_file) = (&config.train_file, &config.test_file);
    let (old_train, old_test) =
        tokio::try_join!(objects.get(DATASET_BUCKET, train_file), objects.get(DATASET_BUCKET, test_file),)?;
    let same = |old: &Option<Object>, new: &Bytes| old.as_ref().is_some_and(|old| old.bytes == *new);
    if same(&old_train, &train) && same(&old_test, &test) {
        return Ok(());
    }
    objects.delete(DATASET_BUCKET, train_file).await?;
    fail::fail_point!("intake-train-removed");
    objects.put(DATASET_BUCKET, test_file, test, Condition::Always).await?;
    fail::fail_point!("intake-test-stored");
    objects.put(DATASET_BUCKET, train_file, train, Condition::Always).await?;
    fail::fail_point!("intake-stored");
    Ok(())
}

/// Splits at a row boundary; both parts get the header. The bytes stay as they are, so that errors name real lines.
fn split_last_fifth(data: &[u8]) -> anyhow::Result<(Bytes, Bytes)> {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(data.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1))
        .filter(|at| *at < data.len())
        .collect();
    let rows = starts.len().saturating_sub(1);
    anyhow::ensure!(
        rows >= 10,
        "it has {rows} row(s), and at least 10 are needed; give more rows, or a file of its own with --test"
    );
    let header = &data[..starts[1]];
    let cut = starts[1 + rows - rows / 5];
    Ok((Bytes::copy_from_slice(&data[..cut]), [header, &data[cut..]].concat().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_fifth_becomes_the_test_part_with_its_own_header() {
        let rows: String = (0..10).map(|row| format!("{row},1\n")).collect();
        let (train, test) = split_last_fifth(format!("time,down\n{rows}").as_bytes()).expect("ten rows are enough");
        assert_eq!(&test[..], b"time,down\n8,1\n9,1\n");
        assert!(train.ends_with(b"7,1\n"));
    }
}
