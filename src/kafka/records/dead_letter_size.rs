//! How much of a record a dead letter holds, and how much less for a broker that refuses it.

use crate::limits::{DEAD_LETTER_HEADERS, DEAD_LETTER_PAYLOAD, DEAD_LETTER_TEXT};

/// How much of a record a dead letter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeadLetterSize {
    pub payload_bytes_max: usize,
    /// Of the key and of each cause.
    pub text_bytes_max: usize,
    pub headers_bytes_max: usize,
}

impl DeadLetterSize {
    /// For brokers with the default limit on a message.
    pub const FULL: Self = Self {
        payload_bytes_max: DEAD_LETTER_PAYLOAD.max_usize(),
        text_bytes_max: DEAD_LETTER_TEXT.max_usize(),
        headers_bytes_max: DEAD_LETTER_HEADERS.max_usize(),
    };
    const SHORT: Self = Self { payload_bytes_max: 1024, text_bytes_max: 256, headers_bytes_max: 256 };
    const LEAST: Self = Self { payload_bytes_max: 0, text_bytes_max: 32, headers_bytes_max: 0 };

    /// The next smaller size, for a broker that refuses this one.
    pub fn smaller(self) -> Option<Self> {
        match self {
            Self::LEAST => None,
            Self::SHORT => Some(Self::LEAST),
            _ => Some(Self::SHORT),
        }
    }
}
