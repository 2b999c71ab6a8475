//! What actors stand on: supervision, restarts, health and queue.
#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

mod health_latches; // ready with every latch open and no drain; a closed one is named with its reason
mod job_queue; // bounded in rows, given out in batches, and nothing is lost by a worker's end
mod restart_policy; // when something is started again, and when not
mod supervision; // actors come back, nobody who asks hangs, and giving up is told with a reason
