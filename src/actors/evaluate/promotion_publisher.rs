//! Publishes promotions on the topic `model-selected`. The pointer in the store is the truth; the topic only brings it sooner.

use crate::actors::shared::{CoalescedRun, Services, announce_promotion};
use crate::storage::StorageError;

use super::wait_state::PublishedSeqs;

/// When promotions are published: one attempt at a time, one more if it was requested meanwhile, and a retry after a failure.
#[derive(Debug, Default)]
pub struct PromotionPublisher {
    attempt: CoalescedRun,
    /// Set after a failure: no new attempt before the retry timer.
    waits_for_retry: bool,
}

/// What follows an attempt.
#[derive(Debug, PartialEq, Eq)]
pub enum NextAttempt {
    /// Another attempt when it is requested.
    OnRequest,
    /// Another attempt now: it was requested during the last one.
    Now,
    /// Another attempt when the retry timer fires; the caller starts that timer.
    AfterRetryPause,
}

impl PromotionPublisher {
    /// Requests an attempt; true if the caller must start it now.
    pub fn request(&mut self) -> bool {
        !self.waits_for_retry && self.attempt.request()
    }

    /// An attempt ended; one that failed is retried.
    pub fn end(&mut self, failed: bool) -> NextAttempt {
        let is_requested = self.attempt.end();
        self.waits_for_retry = failed;
        match (failed, is_requested) {
            (true, _) => NextAttempt::AfterRetryPause,
            (false, true) => NextAttempt::Now,
            (false, false) => NextAttempt::OnRequest,
        }
    }

    /// The retry timer fired: attempts may be requested again.
    pub fn end_retry_pause(&mut self) {
        self.waits_for_retry = false;
    }
}

/// Brings the pointer of every series up to its decision log, and publishes those that `published` does not hold; the answer holds
/// them too.
///
/// So it makes up for a crash or an outage between the decision, the pointer and the record on the topic.
pub async fn publish_promotions(
    services: &Services,
    mut published: PublishedSeqs,
) -> Result<PublishedSeqs, StorageError> {
    let mut unpublished = Vec::new();
    // all pointers first: an outage of the broker must not keep a pointer behind its log
    for identifier in services.decisions.identifiers().await? {
        match services.decisions.project(&identifier).await {
            Ok(pointer) => {
                unpublished.extend(pointer.filter(|pointer| published.get(&identifier) != Some(&pointer.seq)));
            }
            Err(error) if error.is_outage() => return Err(error),
            // a damaged log must not keep other series from being published
            Err(error) => {
                tracing::warn!(event = "promotion_root_pointer_write_fail", service = "eval", identifier, error = %error);
            }
        }
    }
    for pointer in unpublished {
        if announce_promotion(&services.producer, &pointer).await {
            fail::fail_point!("promotion-told");
            published.insert(pointer.identifier, pointer.seq);
        }
    }
    Ok(published)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_during_an_attempt_lead_to_one_more() {
        let mut publisher = PromotionPublisher::default();
        assert!(publisher.request());
        assert!(!publisher.request() && !publisher.request());
        assert_eq!(publisher.end(false), NextAttempt::Now);
        assert!(publisher.request());
        assert_eq!(publisher.end(false), NextAttempt::OnRequest);
    }

    #[test]
    fn requests_after_a_failure_wait_for_the_retry_timer() {
        let mut publisher = PromotionPublisher::default();
        assert!(publisher.request() && !publisher.request());
        assert_eq!(publisher.end(true), NextAttempt::AfterRetryPause);
        assert!(!publisher.request(), "the retry serves this request, too");
        publisher.end_retry_pause();
        assert!(publisher.request());
        assert_eq!(publisher.end(false), NextAttempt::OnRequest);
    }
}
