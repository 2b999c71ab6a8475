//! Whole nodes, driven from outside as an operator would.
#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

#[path = "../common/mod.rs"]
mod common;

mod kept_formats; // what an earlier program wrote is read, judged and served by this one

mod settings {
    mod configuration; // a wrong configuration is refused as a whole, before anything is touched
    mod documents; // what the documents tell is what the program does
    mod environment_of_the_original; // an old environment starts its role, or is told what to change
    mod errors_at_the_start; // whoever cannot start a node is told what to do about it
    mod moving_over; // what the replaced system left behind is told and passed over
    mod open_files; // the limit of open files is raised, and connections leave room for everything else
    mod topology; // the drawing of a node is what the node runs
}

mod command_line {
    mod buckets; // the buckets of a node, and those that are missing
    mod commands; // every command works beside a running node, and on a folder that nobody holds
    mod doctor; // `flts doctor` says that all is well, or what is broken and what to do
    mod doctor_store; // what it finds in a store: strays, newer and damaged records, dead leases, clocks
    mod fit; // a file is forecast by the family that is best on it, without a node
    mod log_lines; // the log is one flat JSON object a line; its directives change while it runs
    mod one_command; // one command leads from a CSV file to a forecast, a second finds it again
    mod starting; // a node that cannot start says what to do, and leaves nothing half done
    mod waiting; // a node waits for what is away at its start, and a signal ends it at any time
    mod what_people_see; // stdout through a pipe is plain Markdown and ASCII
}

mod life {
    #[cfg(feature = "fault-points")]
    mod clock_jumps; // no order comes from clocks, of one machine or of several
    mod crash_loop; // what cannot be kept alive ends the process, with a reason for strangers
    mod damaged_entries; // a damaged entry of ours is named by readiness, and stops nothing else
    mod damaged_model; // a model that does not load leaves the one in service where it is
    mod dependencies_away; // a broker or store that is away shows, and who can serve serves on
    mod draining; // a node stops step by step, serving to the last, naming whoever was late
    mod idle_costs; // what a node asks its store for does not grow with its history
    mod kept_state; // what was expensive to find out outlives restarts; damage costs only the finding
    mod rotated_keys; // keys of the store that lie in files change without a restart
    mod serving_through_panics; // a panic in a worker loses only its batch
    mod stopping_under_load; // whoever was accepted is answered, and the exit is clean
    mod two_nodes; // a second process joins the first, and serves on while the first is away
}

mod training {
    #[cfg(feature = "fault-points")]
    mod attempts; // work that kills its process is begun three times, then recorded as failed
    mod checkpoints; // a training that is stopped or killed goes on where it was
    mod failed_trainings; // a family that cannot be trained is recorded as failed, once
    #[cfg(feature = "fault-points")]
    mod long_training; // longer than every timeout of its group, and the trainer stays a member
    mod lost_artifacts; // a run whose files are gone is trained again and gets the same ones
    mod provisional; // a newcomer is served at once, and the decision of the round confirms or replaces that
    #[cfg(feature = "fault-points")]
    mod reconciliation;
    mod small_memory; // what there is no memory for is refused once, and decides nothing // whatever is lost, however many look for work: one run, one decision
}

mod claims {
    mod batch_inference; // a claim is answered: a line in a stored segment, an event, and done
    mod claims_before_a_model; // they wait in place, and are not written again and again
    mod claims_that_kill; // an object that kills its process is given up after three deaths
    mod claims_without_store; // a store that is away loses no claim
}

mod crashes {
    #[cfg(feature = "fault-points")]
    mod crash_anywhere; // killed between any two writes, a node comes to the same end
    mod every_fault; // every actor and thread broken in every way comes back and does its job
    mod ledger; // every claim is answered once and nothing committed early, whoever is killed
    mod real_services; // one image on a real broker and store, in one process or one a role
}
