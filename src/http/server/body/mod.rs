//! The body of a request: admitted before it is read, bounded in size, memory and time, and only with a content type that the route takes.
//!
//! * `content_type`: what the body is, as its headers say
//! * `gzip`: decodes a compressed body
//! * `heavy`: work on large bodies, as much at a time as there are cores
//! * `memory`: reserves the memory of a body while it arrives
//! * `receive`: from headers and stream to the whole body
//! * `stream`: the body as it arrives

mod content_type;
mod gzip;
mod heavy;
mod memory;
mod receive;
mod stream;

pub use content_type::{Encoding, content_length, encoding, is_json, media_type};
pub use heavy::HeavyTurn;
pub use memory::{HeldMemory, ReceivedBody, RequestMemory, SMALL_MAX_BYTES};
pub use receive::Body;
pub use stream::{BodyStream, stream};
