//! Where tests may kill the process: one place at every boundary between two writes, by name.
//!
//! `FLTS_CRASH_AT=artifact-stored#2 flts run ...` dies by SIGKILL at the second pass of that place: no unwinding, no drop, no flush.
//! Only builds with the feature `fault-points` have any of this.

use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const CRASH_AT: &str = "FLTS_CRASH_AT";

/// Every fault point, in the order in which one loop from file to forecast passes them; those of the embedded store, which every write
/// passes, come last.
pub const FAULT_POINTS: &[&str] = &[
    // input files
    "intake-train-removed",
    "intake-test-stored",
    "intake-stored",
    // data set and claims
    "dataset-test-file-stored",
    "dataset-files-stored",
    "dataset-test-record-stored",
    "dataset-recorded",
    "training-claim-sent",
    // a training, and each baseline
    "artifact-weights-stored",
    "artifact-stored",
    "run-recorded",
    "training-event-sent",
    // a promotion
    "decision-appended",
    "pointer-written",
    "model-warmed",
    // a record that is given up
    "dead-letter-sent",
];

/// Arms the point that the environment names, if it names one; the error says what it should look like.
pub fn arm() -> Result<(), String> {
    let Ok(wanted) = std::env::var(CRASH_AT) else { return Ok(()) };
    let (name, pass) = wanted.split_once('#').unwrap_or((&wanted, "1"));
    let pass: u32 = pass.parse().map_err(|_| format!("{CRASH_AT} is {wanted}; write name or name#3"))?;
    if !FAULT_POINTS.contains(&name) {
        return Err(format!("{CRASH_AT} names no fault point {name}; there are {}", FAULT_POINTS.join(", ")));
    }
    let (passed, point) = (AtomicU32::new(0), name.to_owned());
    fail::cfg_callback(name, move || {
        if passed.fetch_add(1, Ordering::SeqCst) + 1 == pass {
            die(&point);
        }
    })
}

/// The process is gone before this returns.
fn die(point: &str) {
    eprintln!("killed at fault point {point}");
    let _ = kill(Pid::this(), Signal::SIGKILL);
    loop {
        std::thread::park();
    }
}
