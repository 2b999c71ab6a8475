//! Claims in the retry topic. A parked claim keeps its record and its headers; three more say how it is called, when it is due, and how
//! often it was parked.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::kafka::{Delivery, Outgoing, Producer, PublishError, RETRY_INFERENCE_DATA, Record};

/// What the answer calls the claim, whatever the place of its record now.
const CLAIM_ID: &str = "claim_id";
/// Milliseconds since 1970 before which the claim is not due.
const NOT_BEFORE_MS: &str = "not_before_ms";
/// How often the claim was parked.
const TIMES: &str = "parked_times";
/// The pause of a claim that is parked for the first time; each further time doubles it.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// The place of claims that wait for a model.
pub struct Parking<'a> {
    /// Sends them there.
    pub producer: &'a Producer,
}

/// Why a claim was not parked.
pub enum NotParked {
    /// The broker never takes it.
    Never(String),
    /// It may be parked later.
    Later(String),
}

impl Parking<'_> {
    /// Puts a claim into the retry topic, and waits until the broker has it.
    pub async fn park(&self, record: &Record, claim_id: &str, delivery: &Delivery) -> Result<(), NotParked> {
        let times = times_of(record);
        let pause = (PAUSE * 2_u32.pow(times.min(5))).min(PAUSE_MAX);
        let (not_before, times) = ((now_ms() + pause.as_millis()).to_string(), (times + 1).to_string());
        let own = [(CLAIM_ID, claim_id), (NOT_BEFORE_MS, not_before.as_str()), (TIMES, times.as_str())];
        let is_own = |name: &str| own.iter().any(|(own, _)| *own == name);
        let kept = record.headers.iter().filter(|(name, _)| !is_own(name));
        let kept = kept.map(|(name, value)| (name.as_str(), &value[..]));
        let headers: Vec<(&str, &[u8])> = kept.chain(own.map(|(name, value)| (name, value.as_bytes()))).collect();
        let (key, payload) = (record.key.as_deref(), &record.payload[..]);
        let outgoing = Outgoing { topic: RETRY_INFERENCE_DATA, key, payload, headers: &headers };
        delivery.publish_confirmed(self.producer, outgoing).await.map_err(|error| match error {
            PublishError::Send(error) if error.is_permanent() => NotParked::Never(error.to_string()),
            error => NotParked::Later(error.to_string()),
        })
    }
}

/// How long a record of the retry topic has still to wait. A time further away than the longest pause comes from another clock, and does not count.
pub fn parked_wait(record: &Record, now: SystemTime) -> Option<Duration> {
    let not_before = number(record, NOT_BEFORE_MS)?;
    let left = UNIX_EPOCH.checked_add(Duration::from_millis(not_before))?.duration_since(now).ok()?;
    Some(left).filter(|left| !left.is_zero() && *left <= PAUSE_MAX && !record.is_expired(now))
}

/// What a record of the retry topic says that its claim is called; none for other topics.
pub fn claim_id_of(record: &Record) -> Option<Result<String, String>> {
    let header = record.header(CLAIM_ID).filter(|_| is_parked(record))?;
    Some(std::str::from_utf8(header).map(str::to_owned).map_err(|_| format!("header `{CLAIM_ID}` is no text")))
}

/// Whether the record was read from the retry topic.
pub fn is_parked(record: &Record) -> bool {
    &*record.topic == RETRY_INFERENCE_DATA
}

fn times_of(record: &Record) -> u32 {
    match is_parked(record) {
        true => number(record, TIMES).map_or(0, |times| u32::try_from(times).unwrap_or(u32::MAX - 1).min(u32::MAX - 1)),
        false => 0,
    }
}

fn number(record: &Record, header: &str) -> Option<u64> {
    std::str::from_utf8(record.header(header)?).ok()?.parse().ok()
}

fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn parked(headers: &[(&str, String)]) -> Record {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), Bytes::from(value.clone()))).collect();
        let (topic, headers) = (RETRY_INFERENCE_DATA.into(), headers.into());
        Record { topic, partition: 0, offset: 0, key: None, payload: Bytes::new(), tombstone: false, headers }
    }

    #[test]
    fn a_parked_claim_waits_until_it_is_due_but_for_no_clock_that_is_far_ahead() {
        let now = SystemTime::now();
        let wait = |left_ms: i128| {
            let at = now_ms() as i128 + left_ms;
            parked_wait(&parked(&[(NOT_BEFORE_MS, at.to_string())]), now)
        };
        assert!(wait(5_000).is_some_and(|left| left > Duration::from_secs(4)));
        assert_eq!((wait(-5_000), wait(3_600_000)), (None, None));
        let late = parked(&[(NOT_BEFORE_MS, (now_ms() + 5_000).to_string()), ("deadline_ms", "1000".into())]);
        assert_eq!(parked_wait(&late, now), None, "its sender waits for the answer that it is late");
    }

    #[test]
    fn only_the_retry_topic_says_how_a_claim_is_called() {
        let mut record = parked(&[(CLAIM_ID, "first".into()), (TIMES, "7".into())]);
        assert_eq!((claim_id_of(&record), times_of(&record)), (Some(Ok("first".into())), 7));
        record.topic = "inference-data".into();
        assert_eq!((claim_id_of(&record), times_of(&record)), (None, 0));
    }
}
