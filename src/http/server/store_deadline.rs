//! How long a route waits for the object store.

use std::time::Duration;

use super::error::ApiError;

/// How long the store may take to answer.
pub const STORE_DEADLINE: Duration = Duration::from_secs(10);

/// The answer of the store; a store that takes too long counts as unavailable.
pub async fn within_deadline<T, E>(answer: impl Future<Output = Result<T, E>>) -> Result<T, ApiError>
where
    ApiError: From<E>,
{
    match tokio::time::timeout(STORE_DEADLINE, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(ApiError::store_unavailable(format!("no answer within {} s", STORE_DEADLINE.as_secs()))),
    }
}
