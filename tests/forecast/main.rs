//! The domain: series, data sets, models, and who of them wins.
#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

#[path = "../common/mod.rs"]
mod common;

mod accuracy; // forecasts on real data are as good as they were, and Python computes the same ones
mod artifacts; // a damaged artifact is refused with a sentence, before its weights are parsed
mod calendar_steps; // months, business days and local clocks, from the file to the answer
mod classical; // ETS, Theta, MSTL, Prophet, their blend: what they find, and how they answer
mod dialects; // files in the dialects of people and programs: read rightly, or refused with what to do
mod golden_hashes; // a configuration keeps the name that its users know it by
mod judging; // who wins
mod models; // every family trains, forecasts and answers what its manifest promises
mod parquet_files; // Parquet keeps everything: values to the bit, times, their form
mod preprocessing; // from measured series to prepared ones: filled in, added, refused
mod reading_csv; // files as people write them: what is read, and what is refused with which words
mod recompute; // what is served can be computed again from the artifact alone, in another language
mod replay; // a claim's rows come to the questions and errors that a person computes by hand
mod scoring; // which rows models are scored on, and what a score is
mod series_and_times; // series and their times: reading, writing, cutting and joining
mod synthetic_data; // the invented data: the same for everyone, and worth forecasting
