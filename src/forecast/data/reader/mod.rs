//! Readers of file formats.
//!
//! * `csv`: CSV: a time column and numeric ones

mod csv;

pub use csv::read_csv;
