use crate::kafka::{MODEL_SELECTED, Producer};
use crate::storage::Pointer;

/// Tells a pointer on the topic, and whether the broker took it; whoever misses it finds it in the store.
pub async fn announce_promotion(producer: &Producer, pointer: &Pointer) -> bool {
    let sent = producer.send(MODEL_SELECTED, Some("promotion"), pointer.to_json()).await;
    if let Err(error) = &sent {
        tracing::warn!(event = "promotion_publish", service = "eval", error = %error);
    }
    sent.is_ok()
}
