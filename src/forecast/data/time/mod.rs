//! Times of series: as texts, on local clocks, and from step to step.
//!
//! * `text`: times as ISO 8601, and whether they have a zone
//! * `axis`: how a series stands in time besides its times: grid, clock, form
//! * `steps`: from one time to the next
//! * `writer`: times as a file or a caller wrote them
//! * `column`: which column holds the time

mod axis;
mod column;
mod steps;
mod text;
mod writer;

pub use axis::TimeAxis;
pub use column::{TIME_COLUMNS, find_time_column};
pub use steps::Steps;
pub use text::{TimeForm, format_time, parse_time};
pub use writer::TimeWriter;
