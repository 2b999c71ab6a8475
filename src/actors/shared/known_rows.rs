//! The newest rows of each series, as its newest data set in the store has them: a forecast that names no rows starts after them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::forecast::{KNOWN_ROWS_MAX, Series, newest_rows};
use crate::storage::{DatasetRecord, Datasets, StorageError};

use super::recent_values::RecentValues;

/// How old the last listing of data sets may be.
const LISTING_AGE_MAX: Duration = Duration::from_secs(2);
/// Memory of the rows that are kept.
const ROWS_MAX_BYTES: usize = 32 << 20;
/// Bytes of a cell and of a time.
const CELL_BYTES: usize = size_of::<f64>();

/// Why there are no rows of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRows {
    /// The store is away; the cause.
    Outage(String),
    /// No data set of the series is stored.
    Absent,
    /// Its newest data set cannot be read; the cause.
    Unusable(String),
}

/// Finds the newest rows of series; clones share what was read.
#[derive(Clone)]
pub struct KnownRows {
    datasets: Datasets,
    listing: Arc<Mutex<Listing>>,
    /// By data set.
    rows: Arc<RecentValues<String, Arc<Series>, NoRows>>,
}

#[derive(Default)]
struct Listing {
    listed: Option<Instant>,
    /// The newest data set of each series.
    newest: Arc<BTreeMap<String, DatasetRecord>>,
}

impl From<StorageError> for NoRows {
    fn from(error: StorageError) -> Self {
        let cause = error.to_string();
        if error.is_outage() { NoRows::Outage(cause) } else { NoRows::Unusable(cause) }
    }
}

impl KnownRows {
    /// Nothing read yet.
    pub fn new(datasets: Datasets) -> Self {
        let bytes = |rows: &Arc<Series>| rows.rows() * (rows.columns.len() + 1) * CELL_BYTES;
        let rows = Arc::new(RecentValues::new(ROWS_MAX_BYTES, bytes));
        Self { datasets, listing: Arc::default(), rows }
    }

    /// The newest data set of each series.
    ///
    /// # Errors
    /// The store is away.
    pub async fn newest(&self) -> Result<Arc<BTreeMap<String, DatasetRecord>>, NoRows> {
        let mut listing = self.listing.lock().await;
        if listing.listed.is_none_or(|at| at.elapsed() >= LISTING_AGE_MAX) {
            let newest = self.datasets.newest().await?;
            listing.newest = Arc::new(newest.into_iter().map(|record| (record.identifier.clone(), record)).collect());
            listing.listed = Some(Instant::now());
        }
        Ok(listing.newest.clone())
    }

    /// The last rows of a series that follow each other step by step, at most [`KNOWN_ROWS_MAX`]; cells that were not measured are NaN.
    ///
    /// # Errors
    /// There is no data set of the series, it cannot be read, or the store is away.
    pub async fn of(&self, identifier: &str) -> Result<Arc<Series>, NoRows> {
        let newest = self.newest().await?;
        let record = newest.get(identifier).ok_or(NoRows::Absent)?;
        self.rows.get(record.dataset_id.clone(), self.read(record)).await
    }

    async fn read(&self, record: &DatasetRecord) -> Result<Arc<Series>, NoRows> {
        let dataset = self.datasets.load(record).await?;
        let rows = newest_rows(&dataset.train, &dataset.test, &dataset.imputed_test, KNOWN_ROWS_MAX);
        Ok(Arc::new(rows))
    }
}
