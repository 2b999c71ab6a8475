//! Files of the command line, stored in bucket `dataset`, where preprocessing finds them.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;

use crate::forecast::{PreprocessConfig, ReadOptions, is_cut_at_lines};
use crate::limits::DATA_FILE;
use crate::node::os_errors::cannot_read;
use crate::storage::{Condition, DATASET_BUCKET, Fetched, ObjectError, ObjectStore};

/// The files of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFiles {
    /// The training rows, or all rows without a test file.
    pub data: PathBuf,
    /// The test rows.
    pub test: Option<PathBuf>,
}

impl InputFiles {
    /// Reads the files. Without a test file the last fifth of the rows is the test part; where the file cannot be cut at a line, both
    /// parts are the whole file.
    ///
    /// # Errors
    /// A file cannot be read, or has too few rows to split.
    pub fn read(&self, options: &ReadOptions) -> anyhow::Result<(Bytes, Bytes)> {
        let read = read_input_file;
        let data = read("--data", &self.data)?;
        match &self.test {
            Some(test) => Ok((data.into(), read("--test", test)?.into())),
            // where lines cannot be cut off, preprocessing splits the rows that it reads
            None if is_cut_at_lines(&data, options) => split_last_fifth(&data).with_context(|| {
                format!("--data {}: its last fifth cannot be split off as the test part", self.data.display())
            }),
            None => {
                let whole = Bytes::from(data);
                Ok((whole.clone(), whole))
            }
        }
    }
}

/// Reads a file of the command line; one that exceeds the limit is refused before it is read.
///
/// # Errors
/// The file cannot be read, or is too large.
pub fn read_input_file(flag: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    let unread = |error: std::io::Error| anyhow::anyhow!(cannot_read(flag, path, &error));
    let too_large = || format!("{flag} {} is too large", path.display());
    let file = std::fs::File::open(path).map_err(unread)?;
    DATA_FILE.check(file.metadata().map_err(unread)?.len()).with_context(too_large)?;
    let mut bytes = Vec::new();
    file.take(DATA_FILE.max + 1).read_to_end(&mut bytes).map_err(unread)?;
    DATA_FILE.check(bytes.len()).with_context(too_large)?;
    Ok(bytes)
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
    let (same_train, same_test) =
        tokio::try_join!(is_stored(objects, train_file, &train), is_stored(objects, test_file, &test))?;
    if same_train && same_test {
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

/// Whether the object has these bytes.
async fn is_stored(objects: &ObjectStore, key: &str, bytes: &Bytes) -> Result<bool, ObjectError> {
    match objects.get_at_most(DATASET_BUCKET, key, None, bytes.len()).await {
        Ok(Fetched::New(old)) => Ok(old.bytes == *bytes),
        Ok(Fetched::Unchanged | Fetched::Absent) | Err(ObjectError::TooLarge { .. }) => Ok(false),
        Err(error) => Err(error),
    }
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
