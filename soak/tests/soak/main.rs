//! What drives nodes from outside, tried alone.
#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

mod open_loop; // the client neither waits for answers nor hides what became of a request
mod services; // real services keep what they were given through SIGKILL, and end with their holder
