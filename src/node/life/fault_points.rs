//! The places where tests may kill the process: one at every boundary between two writes, by name.
//!
//! `FLTS_CRASH_AT=artifact-stored#2 flts run ...` dies by SIGKILL at the second pass of that place: no unwinding, no drop, no flush.
//! `FAILPOINTS='training-step=sleep(1000)' flts run ...` is slow there instead, or panics (`=panic`), as the crate `fail` writes it.
//! Only builds with the feature `fault-points` have any of this.

use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const CRASH_AT: &str = "FLTS_CRASH_AT";
const ACTIONS: &str = "FAILPOINTS";

/// Every fault point, in the order from the input file to the forecast. Those of the embedded store come last, since every write
/// passes them.
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
    // a training, and each baseline, of which nothing is kept before it ends
    "lease-taken",
    "training-step",
    "lstm-training-step",
    "checkpoint-stored",
    "artifact-weights-stored",
    "artifact-stored",
    "run-recorded",
    "checkpoint-removed",
    "training-event-sent",
    // a promotion
    "decision-appended",
    "pointer-written",
    "promotion-told",
    // actor state in the data folder
    "snapshot-written",
    "model-warmed",
    // an answer to a claim
    "claim-in-work",
    "claim-parked",
    "log-segment-stored",
    "inference-event-sent",
    // a record that is given up
    "dead-letter-sent",
    // the embedded store: a bucket, an object, its removal, an upload in parts
    "store-bucket-created",
    "store-bucket-synced",
    "store-piece-written",
    "store-body-received",
    "store-description-appended",
    "store-file-synced",
    "store-object-folder-created",
    "store-renamed",
    "store-folder-synced",
    "store-index-updated",
    "store-object-removed",
    "store-removal-synced",
    "store-part-stored",
    "store-parts-joined",
    "store-upload-completed",
    "store-parts-removed",
    "store-bucket-removed",
];

/// Places where tests change what the program finds, and nothing is written: only `FAILPOINTS` names them.
///
/// `FAILPOINTS='wall-clock=return(-3600)'` sets the clock back by an hour, and `wall-clock=20*return(0)->return(86400)` lets it jump a day
/// ahead after it was read twenty times.
const FOUND_OTHERWISE: &[&str] = &["wall-clock"];

/// Arms the fault points that the environment names.
///
/// # Errors
/// A text that says how the variable must look.
pub fn arm() -> Result<(), String> {
    let actions = std::env::var(ACTIONS).unwrap_or_default();
    for entry in actions.split(';').filter(|entry| !entry.is_empty()) {
        let (point, action) = entry.split_once('=').unwrap_or((entry, ""));
        let is_found_otherwise = FOUND_OTHERWISE.contains(&point);
        let point = if is_found_otherwise { point } else { known(ACTIONS, point)? };
        fail::cfg(point, action).map_err(|error| format!("{ACTIONS} has `{entry}`: {error}"))?;
    }
    let Ok(wanted) = std::env::var(CRASH_AT) else { return Ok(()) };
    let (point, pass) = parse(&wanted)?;
    let passed = AtomicU32::new(0);
    fail::cfg_callback(point, move || {
        if passed.fetch_add(1, Ordering::SeqCst) + 1 == pass {
            die(point);
        }
    })
}

/// A fault point, and the number of the pass at which it kills.
fn parse(wanted: &str) -> Result<(&'static str, u32), String> {
    let (name, pass) = wanted.split_once('#').unwrap_or((wanted, "1"));
    let point = known(CRASH_AT, name)?;
    let pass = pass.parse().ok().filter(|pass| *pass > 0);
    let pass =
        pass.ok_or_else(|| format!("{CRASH_AT} is `{wanted}`; write {point} or {point}#3, for the third pass"))?;
    Ok((point, pass))
}

fn known(variable: &str, name: &str) -> Result<&'static str, String> {
    let point = FAULT_POINTS.iter().copied().find(|point| *point == name);
    point.ok_or_else(|| format!("{variable} names no fault point `{name}`; there are {}", FAULT_POINTS.join(", ")))
}

/// Kills the process; it never returns.
fn die(point: &str) -> ! {
    eprintln!("killed at fault point {point}");
    let _ = kill(Pid::this(), Signal::SIGKILL);
    loop {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The names in the sources.
    fn in_sources(folder: &Path) -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder).expect("the sources are there");
        let paths = entries.map(|entry| entry.expect("the sources can be read").path());
        let mut names = BTreeSet::new();
        for path in paths {
            if path.is_dir() {
                names.extend(in_sources(&path));
            } else {
                let text = std::fs::read_to_string(&path).expect("sources are text");
                let places = text.split(concat!("fail_point", "!(\"")).skip(1);
                names.extend(places.filter_map(|rest| rest.split_once('"')).map(|(name, _)| name.to_owned()));
            }
        }
        names
    }

    #[test]
    fn the_list_names_exactly_the_places_in_the_sources() {
        let placed = in_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        let all = FAULT_POINTS.iter().chain(FOUND_OTHERWISE);
        let listed = BTreeSet::from_iter(all.map(|point| (*point).to_owned()));
        assert_eq!(placed, listed);
        assert_eq!(listed.len(), FAULT_POINTS.len() + FOUND_OTHERWISE.len(), "each is listed once");
    }

    #[test]
    fn a_place_is_named_alone_or_with_its_pass() {
        assert_eq!(parse("run-recorded"), Ok(("run-recorded", 1)));
        assert_eq!(parse("run-recorded#3"), Ok(("run-recorded", 3)));
        for (wrong, said) in [
            ("run-recordet", "pointer-written"),
            ("run-recorded#0", "run-recorded#3"),
            ("run-recorded#x", "run-recorded#3"),
        ] {
            let error = parse(wrong).expect_err(wrong);
            assert!(error.contains(said), "{error}");
        }
    }
}
