//! What years bring: long logs, many runs, clocks that jump.
//!
//! * `clocks`: times in records are for people, and decide nothing
//! * `costs`: requests do not grow with the history
//! * `fixture`: a store with a past whose requests are counted, and logs by chance
//! * `logs`: what a process remembers of a log is what the log says
//! * `runs`: runs are read once

mod clocks;
mod costs;
mod fixture;
mod logs;
mod runs;
