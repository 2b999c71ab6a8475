//! `GET /series`: the series that have a data set, and what is served of each.

use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;
use warp::reply::Response;

use crate::actors::Services;
use crate::forecast::{IDENTIFIER_PATTERN, IDENTIFIER_RULE, is_identifier};
use crate::http::server::{
    ApiError, ApiRequest, Operation, integer_schema, json_response, string_schema, within_deadline,
};
use crate::storage::{DatasetRecord, FetchedPointer, StorageError};

const LIMIT: usize = 100;
const LIMIT_MAX: usize = 1000;
/// Pointers that are read at a time.
const READS: usize = 16;

/// Series in the order of their identifiers.
#[derive(Serialize, ToSchema)]
struct SeriesPage {
    series: Vec<SeriesEntry>,
    /// What to send as `after` for those that follow; null at the end.
    next: Option<String>,
}

/// What is known of a series.
#[derive(Serialize, ToSchema)]
struct SeriesEntry {
    identifier: String,
    /// Its name in a long file, where the identifier was made of it.
    name: Option<String>,
    /// Its newest data set.
    dataset_id: String,
    /// Rows of the train and of the test part.
    rows: u64,
    /// The measured columns.
    columns: Vec<String>,
    /// The time of the last row; null for data sets of earlier versions.
    last_time: Option<String>,
    /// What is served; null before the first promotion.
    served: Option<ServedModel>,
}

/// The model that is promoted.
#[derive(Serialize, ToSchema)]
struct ServedModel {
    run_id: String,
    model_type: String,
    generation: u64,
}

/// The description of the route.
pub fn operation() -> Operation {
    Operation::new("series", "The series that have a data set, and what is served of each")
        .query("limit", "How many series", integer_schema(1, LIMIT_MAX as u64).default(Some(LIMIT.into())))
        .query("after", "The identifier after which they begin", string_schema(IDENTIFIER_PATTERN))
        .answers::<SeriesPage>(200, "The series, in the order of their identifiers")
        .fails(422, "`invalid_field`: `limit` is not a whole number in its range, or `after` no identifier")
        .fails(503, "`store_unavailable`: the object store is away")
}

/// `GET /series?limit=n&after=identifier`.
pub async fn list(request: ApiRequest) -> Result<Response, ApiError> {
    let (limit, after) = (request.limit(LIMIT, LIMIT_MAX)?, after(&request)?);
    json_response(&within_deadline(page(&request.api.services, limit, after)).await?)
}

/// The identifier after which the page begins; the empty text is before all.
fn after(request: &ApiRequest) -> Result<&str, ApiError> {
    let Some(text) = request.query.get("after") else { return Ok("") };
    let malformed = || ApiError::invalid_field(format!("`after` must be an identifier: {IDENTIFIER_RULE}"));
    is_identifier(text).then_some(text.as_str()).ok_or_else(malformed)
}

async fn page(services: &Services, limit: usize, after: &str) -> Result<SeriesPage, StorageError> {
    let mut records = services.datasets.newest().await?;
    records.retain(|record| record.identifier.as_str() > after);
    let is_more = records.len() > limit;
    records.truncate(limit);
    let entries = stream::iter(records.into_iter().map(|record| entry(services, record))).buffered(READS);
    let series: Vec<SeriesEntry> = entries.try_collect().await?;
    let next = series.last().filter(|_| is_more).map(|entry| entry.identifier.clone());
    Ok(SeriesPage { series, next })
}

async fn entry(services: &Services, record: DatasetRecord) -> Result<SeriesEntry, StorageError> {
    let served = match services.decisions.pointer(&record.identifier, None).await? {
        FetchedPointer::New { pointer, .. } => Some(ServedModel {
            run_id: pointer.run_id,
            model_type: pointer.model_type.as_str().into(),
            generation: pointer.generation,
        }),
        FetchedPointer::Absent | FetchedPointer::Unchanged | FetchedPointer::Unreadable { .. } => None,
    };
    Ok(SeriesEntry {
        rows: record.train.rows.saturating_add(record.test.rows),
        identifier: record.identifier,
        name: record.series,
        dataset_id: record.dataset_id,
        columns: record.measured,
        last_time: record.last_time,
        served,
    })
}
