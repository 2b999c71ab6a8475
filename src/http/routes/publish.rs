//! `POST /publish_inference_claims`: publishes claims on `inference-data`, for load tests and tests of other systems.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::actors::{Services, object_claim};
use crate::forecast::{IDENTIFIER_RULE, is_identifier, sha256_hex};
use crate::http::server::{ApiError, ApiRequest, Operation, integer, json_response};
use crate::kafka::{DeliveryReport, INFERENCE_DATA, InferenceClaim, Producer, SendError};

/// The most claims of one request.
const COUNT_MAX: u64 = 500_000;
/// The longest time to live: a day.
const TTL_MAX_MS: u64 = 86_400_000;
/// The longest bucket, key or prefix.
const TEXT_MAX_BYTES: usize = 1024;
/// The most claims that are sent and not confirmed.
const IN_FLIGHT_MAX: usize = 1_000;
/// One request publishes at a time: the node uses the same producer for all its records.
static PUBLISHING: Semaphore = Semaphore::const_new(1);
/// How long the broker may take to answer before the first claim.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);
const EXAMPLE: &str = r#"{"count": 10, "ttl_ms": 60000}"#;

/// Which claims to publish; every field may be left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PublishRequest {
    /// Where the rows are, together with `object_key`; without both, the test part of the newest data set.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1024)]
    bucket: Option<String>,
    /// The object that holds the rows.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1024)]
    object_key: Option<String>,
    /// How many.
    #[serde(default, deserialize_with = "integer::deserialize_optional")]
    #[schema(minimum = 1, maximum = 500_000, example = 10)]
    count: Option<u64>,
    /// For how long their answers are of use: they carry `deadline_ms`.
    #[serde(default, deserialize_with = "integer::deserialize_optional")]
    #[schema(minimum = 1, maximum = 86_400_000, example = 60_000)]
    ttl_ms: Option<u64>,
    /// Their keys are `<key_prefix>-<i>`, counted from 0; without one they have none.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1024)]
    key_prefix: Option<String>,
    /// The series; without one, this node's.
    #[serde(default)]
    #[schema(pattern = r"^[A-Za-z0-9._-]{1,64}$", example = "default")]
    identifier: Option<String>,
}

/// What was published.
#[derive(Serialize, ToSchema)]
struct PublishAnswer {
    #[schema(example = "ok")]
    status: &'static str,
    /// Claims that the broker confirmed.
    published: u64,
    #[schema(example = "inference-data")]
    topic: &'static str,
}

/// The description of the route.
pub fn operation() -> Operation {
    Operation::new("publish_inference_claims", "Put claims on inference-data")
        .about(
            "Only with ENABLE_PUBLISH_API=1. Answers once the broker has confirmed all of them; each is answered on \
             performance-eval by whoever has the role inference.",
        )
        .takes::<PublishRequest>(json!({"count": 10, "ttl_ms": 60000}))
        .answers::<PublishAnswer>(200, "All of them are on the topic")
        .fails(400, "`bad_request`: one of `bucket` and `object_key` without the other")
        .fails(404, "`publish_disabled`, or `no_dataset`: there is none to claim yet")
        .fails(422, "`invalid_field`: a field has the wrong type or range")
        .fails(429, "`publish_busy`: another call publishes just now; `too_busy`: other requests hold the memory")
        .fails(503, "`broker_unavailable`: the detail says how many were published; or `store_unavailable`")
}

/// `POST /publish_inference_claims`. Responds once every claim is confirmed.
pub async fn publish(request: ApiRequest) -> Result<Response, ApiError> {
    if !request.api.publish_enabled {
        let detail = "publishing over HTTP is off; start the node with ENABLE_PUBLISH_API=1";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "publish_disabled", detail));
    }
    let body: PublishRequest = request.json(EXAMPLE)?;
    let count = in_range("count", body.count.unwrap_or(1), COUNT_MAX)?;
    let ttl_ms = body.ttl_ms.map(|ttl_ms| in_range("ttl_ms", ttl_ms, TTL_MAX_MS)).transpose()?;
    for (field, text) in [("bucket", &body.bucket), ("object_key", &body.object_key), ("key_prefix", &body.key_prefix)]
    {
        if text.as_ref().is_some_and(|text| text.is_empty() || text.len() > TEXT_MAX_BYTES) {
            return Err(ApiError::invalid_field(format!("`{field}` must have 1 to {TEXT_MAX_BYTES} bytes")));
        }
    }
    let identifier = body.identifier.unwrap_or_else(|| request.api.identifier.clone());
    if !is_identifier(&identifier) {
        return Err(ApiError::invalid_field(format!("`identifier` must be {IDENTIFIER_RULE}")));
    }
    let services = &request.api.services;
    let claim = match (body.bucket, body.object_key) {
        (Some(bucket), Some(object_key)) => object_claim(&identifier, bucket, object_key),
        (None, None) => newest_claim(services, &identifier).await?,
        _ => return Err(ApiError::bad_request("`bucket` and `object_key` belong together; send both or neither")),
    };
    let _permit = PUBLISHING.try_acquire().map_err(|_| busy())?;
    let claims = ClaimBatch {
        claim,
        count,
        key_prefix: body.key_prefix,
        deadline_ms: ttl_ms.map(|ttl_ms| now_ms().saturating_add(ttl_ms).to_string()),
        call_id: sha256_hex(format!("{} {:?}", request.request_id, SystemTime::now()).as_bytes())[..16].to_owned(),
    };
    claims.publish(&services.producer).await?;
    tracing::info!(event = "inference_claims_published", service = "inference", req_id = request.request_id, count);
    json_response(&PublishAnswer { status: "ok", published: count, topic: INFERENCE_DATA })
}

fn in_range(field: &str, value: u64, most: u64) -> Result<u64, ApiError> {
    let invalid = || ApiError::invalid_field(format!("`{field}` must be a whole number from 1 to {most}"));
    Some(value).filter(|value| (1..=most).contains(value)).ok_or_else(invalid)
}

fn now_ms() -> u64 {
    let age = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
}

/// A claim for the test part of the newest data set.
async fn newest_claim(services: &Services, identifier: &str) -> Result<InferenceClaim, ApiError> {
    let datasets = services.datasets.newest().await?;
    let record = datasets.iter().find(|record| record.identifier == identifier);
    let record = record.ok_or_else(|| {
        let detail = format!("there is no data set of `{identifier}` yet; name `bucket` and `object_key`, or make one");
        ApiError::new(StatusCode::NOT_FOUND, "no_dataset", detail)
    })?;
    Ok(InferenceClaim::from(record))
}

/// The claims of one request, all for the same rows.
struct ClaimBatch {
    claim: InferenceClaim,
    count: u64,
    key_prefix: Option<String>,
    deadline_ms: Option<String>,
    /// Makes the event ids of this request unique.
    call_id: String,
}

impl ClaimBatch {
    /// Publishes all claims and waits until each is confirmed.
    async fn publish(mut self, producer: &Producer) -> Result<(), ApiError> {
        let probe = producer.clone();
        let answered = tokio::task::spawn_blocking(move || probe.answers(INFERENCE_DATA, PROBE_TIMEOUT)).await;
        if !producer.has_broker() || !answered.unwrap_or_default() {
            return Err(unavailable("it does not answer", 0, self.count));
        }
        let mut in_flight: VecDeque<DeliveryReport> = VecDeque::new();
        let mut confirmed = 0;
        for at in 0..self.count {
            if in_flight.len() >= IN_FLIGHT_MAX {
                self.confirm(&mut in_flight, &mut confirmed).await?;
            }
            let report = self.send(producer, at).await;
            in_flight.push_back(report.map_err(|error| unavailable(error, confirmed, self.count))?);
        }
        while !in_flight.is_empty() {
            self.confirm(&mut in_flight, &mut confirmed).await?;
        }
        Ok(())
    }

    /// Waits for the confirmation of the oldest claim in flight.
    async fn confirm(&self, in_flight: &mut VecDeque<DeliveryReport>, confirmed: &mut u64) -> Result<(), ApiError> {
        let Some(oldest) = in_flight.pop_front() else { return Ok(()) };
        oldest.await.map_err(|error| unavailable(error, *confirmed, self.count))?;
        *confirmed += 1;
        Ok(())
    }

    /// Sends one claim; waits while the queue of the producer is full.
    async fn send(&mut self, producer: &Producer, at: u64) -> Result<DeliveryReport, SendError> {
        self.claim.claim.event_id = Some(format!("publish:{}-{at}", self.call_id));
        let payload = self.claim.to_json();
        let key = self.key_prefix.as_ref().map(|prefix| format!("{prefix}-{at}"));
        let key = key.as_deref().map(str::as_bytes);
        loop {
            let sent = match &self.deadline_ms {
                None => producer.start_send(INFERENCE_DATA, key, &payload),
                Some(ms) => producer.start_send_with(INFERENCE_DATA, key, &payload, ("deadline_ms", ms)),
            };
            match sent {
                Err(error) if error.is_full() => producer.room().await,
                sent => return sent,
            }
        }
    }
}

fn busy() -> ApiError {
    let detail = "another call publishes claims just now, and one does so at a time; try again when it is answered";
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "publish_busy", detail).retry_after(1)
}

fn unavailable(cause: impl std::fmt::Display, confirmed: u64, count: u64) -> ApiError {
    let detail = format!("the broker confirmed at least {confirmed} of {count} claims ({cause}); try again");
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "broker_unavailable", detail).retry_after(1)
}
