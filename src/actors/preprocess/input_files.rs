//! The two input files: whether they are new, and their bytes and the memory of the work on them, reserved at once.

use std::time::Duration;

use crate::actors::shared::Services;
use crate::forecast::{CALENDAR_COLUMNS, DataError, Shape, file_shape};
use crate::limits::{DATA_FILE, LimitExceeded};
use crate::runtime::Reservation;
use crate::storage::{DATASET_BUCKET, Fetched, Object, ObjectError, Seen, SeenObject, StorageError, look};

use super::settings::PreprocessorSettings;

/// How often the cells lie in memory while a data set is made: as they are read, as they are prepared, and as they are written.
const WORK_COPIES: usize = 3;
/// How long a scan waits for the memory that others hold.
const MEMORY_PATIENCE: Duration = Duration::from_secs(60);

/// The ETags of both files at the last scan that found a change: train, test.
pub type ScannedEtags = Option<(String, String)>;

/// What a look at both files found.
pub enum SeenFiles {
    /// Both are as they were at the last scan.
    Unchanged,
    /// A file of this name is not there.
    Missing(String),
    /// At least one of them is new.
    New(NewFiles),
}

/// Sizes and versions of both files.
pub struct NewFiles {
    train: SeenObject,
    test: SeenObject,
}

/// Both files in memory.
pub struct InputFiles {
    /// The file of train rows.
    pub train: Object,
    /// The file of test rows.
    pub test: Object,
    memory: Reservation,
}

impl NewFiles {
    /// Looks at both files; takes no memory.
    pub async fn look(
        services: &Services,
        settings: &PreprocessorSettings,
        scanned: &ScannedEtags,
    ) -> Result<SeenFiles, ObjectError> {
        let names = [&settings.config.train_file, &settings.config.test_file];
        let (train_etag, test_etag) = scanned.clone().unzip();
        let look_at = |name: usize, etag: Option<String>| async move {
            look(&services.objects, DATASET_BUCKET, names[name], etag.as_deref()).await
        };
        let mut train = look_at(0, train_etag).await?;
        let mut test = look_at(1, test_etag).await?;
        if (&train, &test) == (&Seen::Unchanged, &Seen::Unchanged) {
            return Ok(SeenFiles::Unchanged);
        }
        // one of them changed, and the data set needs both
        if train == Seen::Unchanged {
            train = look_at(0, None).await?;
        }
        if test == Seen::Unchanged {
            test = look_at(1, None).await?;
        }
        Ok(match (train, test) {
            (Seen::New(train), Seen::New(test)) => SeenFiles::New(NewFiles { train, test }),
            (Seen::New(_), _) => SeenFiles::Missing(names[1].clone()),
            _ => SeenFiles::Missing(names[0].clone()),
        })
    }

    /// The ETags of both.
    pub fn etags(&self) -> (String, String) {
        (self.train.etag.clone(), self.test.etag.clone())
    }

    /// Reads both files as soon as there is memory for their bytes and for so much work on them; none if one is being replaced.
    ///
    /// # Errors
    /// A file exceeds its limit, there is never or just now no memory for that, or the store is away.
    pub async fn read(
        &self,
        services: &Services,
        settings: &PreprocessorSettings,
        work_bytes: usize,
    ) -> Result<Option<InputFiles>, StorageError> {
        let config = &settings.config;
        for (file, name) in [(&self.train, &config.train_file), (&self.test, &config.test_file)] {
            let refused = |error: LimitExceeded| DataError::new(format!("{DATASET_BUCKET}/{name}: {error}"));
            DATA_FILE.check(file.bytes).map_err(refused)?;
        }
        let bytes = self.train.bytes.saturating_add(self.test.bytes).saturating_add(work_bytes);
        let memory = services.memory.datasets.reserve(bytes, MEMORY_PATIENCE).await?;
        let Some(train) = read_version(services, &config.train_file, &self.train).await? else { return Ok(None) };
        let Some(test) = read_version(services, &config.test_file, &self.test).await? else { return Ok(None) };
        // a pair is replaced test file first: unless the train file changed while both were read, they belong together
        let train_now = look(&services.objects, DATASET_BUCKET, &config.train_file, Some(&train.etag)).await?;
        Ok((train_now == Seen::Unchanged).then_some(InputFiles { train, test, memory }))
    }
}

impl InputFiles {
    /// The memory that the rows of both files and the work on them take up.
    ///
    /// # Errors
    /// A header cannot be used, or there are more cells than the limit.
    pub fn work_bytes(&self, settings: &PreprocessorSettings) -> Result<usize, DataError> {
        let config = &settings.config;
        let calendar = if config.time_features { CALENDAR_COLUMNS.len() } else { 0 };
        let mut bytes: usize = 0;
        for (file, name) in [(&self.train, &config.train_file), (&self.test, &config.test_file)] {
            let shape = file_shape(&file.bytes, name, &settings.options)?;
            bytes = bytes.saturating_add(Shape { columns: shape.columns + calendar, ..shape }.bytes());
        }
        Ok(bytes.saturating_mul(WORK_COPIES))
    }

    /// Whether there is memory for so much work beside the bytes, reserved before or free now. It does not wait: who holds memory and
    /// waits for more may wait for another one who does.
    pub fn has_memory_for(&mut self, services: &Services, work_bytes: usize) -> bool {
        let needed = self.train.bytes.len().saturating_add(self.test.bytes.len()).saturating_add(work_bytes);
        let missing = needed.saturating_sub(self.memory.bytes());
        if missing == 0 {
            return true;
        }
        match services.memory.datasets.try_reserve(missing) {
            Ok(more) => {
                self.memory.absorb(more);
                true
            }
            Err(_) => false,
        }
    }
}

/// The version of a file that was seen; none if there is another one now.
async fn read_version(services: &Services, name: &str, seen: &SeenObject) -> Result<Option<Object>, ObjectError> {
    match services.objects.get_at_most(DATASET_BUCKET, name, None, seen.bytes).await {
        Ok(Fetched::New(object)) => Ok(Some(object).filter(|object| object.etag == seen.etag)),
        Ok(Fetched::Unchanged | Fetched::Absent) | Err(ObjectError::TooLarge { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
