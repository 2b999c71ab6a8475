//! Announces a promotion on the topic `model-selected`.

use crate::kafka::{MODEL_SELECTED, Producer};
use crate::storage::Pointer;

/// Publishes a pointer; true if the broker acknowledged it. A failure is logged: watchers find the pointer in the store anyway.
pub async fn announce_promotion(producer: &Producer, pointer: &Pointer) -> bool {
    let sent = producer.send(MODEL_SELECTED, Some("promotion"), pointer.to_json()).await;
    if let Err(error) = &sent {
        tracing::warn!(event = "promotion_publish", service = "eval", error = %error);
    }
    sent.is_ok()
}
