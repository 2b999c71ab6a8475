//! Readers of file formats.
//!
//! * `csv`: CSV: a time column and numeric ones

mod csv;

pub use csv::{csv_shape, read_csv, read_csv_within};
