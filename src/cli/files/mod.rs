//! Commands about files, which need neither broker nor store.
//!
//! * `inspect`: `flts inspect`
//! * `sample_data`: `flts sample-data`

pub mod inspect;
pub mod sample_data;
