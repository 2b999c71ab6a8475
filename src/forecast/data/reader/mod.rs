//! Readers of file formats.
//!
//! * `csv`: Reading CSV: a time column and numeric ones, every mistake told with its line and column

mod csv;

pub use csv::read_csv;
