//! How far the clock of the store is from that of this machine, by the header `date` of an answer.

use std::sync::{Arc, OnceLock};

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use chrono::{DateTime, TimeDelta, Utc};

use crate::storage::objects::failure::Failure;
use crate::storage::objects::observer::StoreOperation;
use crate::storage::objects::store::ObjectStore;

/// Keeps the header `date` of an answer, refusals included.
#[derive(Clone, Debug, Default)]
struct DateReader {
    date: Arc<OnceLock<String>>,
}

impl Intercept for DateReader {
    fn name(&self) -> &'static str {
        "DateReader"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            // that of the first answer: the clock is read around all of them
            let _ = self.date.set(date.to_owned());
        }
        Ok(())
    }
}

impl ObjectStore {
    /// How far the clock of the store is ahead of that of this machine, to a second; none if it does not answer, or tells no time.
    pub async fn clock_ahead(&self, bucket: &str) -> Option<TimeDelta> {
        let connection = self.connection.load_full();
        let reader = DateReader::default();
        let head = connection.client.head_bucket().bucket(bucket).customize().interceptor(reader.clone());
        let call = async move { head.send().await.map_err(Failure::of) };
        let asked = Utc::now();
        // a refusal tells the time as well
        let _ = self.runner.run(&connection, StoreOperation::Bucket, call).await;
        let answered = Utc::now();
        let date = DateTime::parse_from_rfc2822(reader.date.get()?).ok()?.to_utc();
        Some(distance(date, asked, answered))
    }
}

/// How far a time of whole seconds is ahead of the time between two others; zero where it may lie between them.
fn distance(date: DateTime<Utc>, asked: DateTime<Utc>, answered: DateTime<Utc>) -> TimeDelta {
    let end = date + TimeDelta::seconds(1);
    if end < asked {
        end - asked
    } else if date > answered {
        date - answered
    } else {
        TimeDelta::zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_second_and_the_way_of_an_answer_explain_is_no_distance() {
        let time = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time").to_utc();
        let date = time("2026-11-28T10:00:00Z");
        let ahead = |asked: &str, answered: &str| distance(date, time(asked), time(answered)).num_seconds();
        assert_eq!(ahead("2026-11-28T10:00:00.900Z", "2026-11-28T10:00:00.950Z"), 0);
        assert_eq!(ahead("2026-11-28T09:59:50Z", "2026-11-28T10:00:05Z"), 0);
        assert_eq!(ahead("2026-11-28T10:01:01Z", "2026-11-28T10:01:02Z"), -60);
        assert_eq!(ahead("2026-11-28T09:00:00Z", "2026-11-28T09:00:00Z"), 3600);
    }
}
