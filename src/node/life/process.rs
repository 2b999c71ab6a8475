//! One node: its command line, its settings, and its life.
//!
//! * `cli`, `flags`, `config`, `exit`: what was asked for, or why not
//! * `help`, `hints`: what the program says about itself and about errors
//! * `commands`: what each subcommand does
//! * `run`, and its parts `starting`, `serving`, `stopping` (with `draining`): lock, reserve the port, start or join, serve, drain, exit code
//! * `backing`: broker and object store, configured, joined or embedded
//! * `store_check`: whether a configured store keeps to conditional writes
//! * `node_file`, `follow`: how a node tells where it is, and how another one stays joined to it
//! * `access`: the stores and the broker of a command that is no node
//! * `blueprint`, `supervision`: from the configuration to what actors are built from, and how they are watched
//! * `outside`: whether broker and object store answer
//! * `topics`: whether the broker has the topics, and that it gets them
//! * `data_dir`, `intake`: files
//! * `identity`: who this node is to the others of its store
//! * `console`, `telemetry`, `log_lines`: what people and machines see
//! * `fault_points`: where tests may kill the process (only with the feature of that name)

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use crate::node::backends::store_check;

use super::exit_codes;

/// Runs the work of this process on a runtime of its own.
pub fn on_runtime(work: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime =
        match tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("io").enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return failed(&anyhow::Error::from(error)),
        };
    let code = runtime.block_on(work);
    // a client library's blocking call must not keep a stopped node alive
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

/// Tells on stderr why the work failed.
pub fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    let is_configuration = error.is::<store_check::UnsafeStore>();
    ExitCode::from(if is_configuration { exit_codes::CONFIGURATION } else { exit_codes::FAILED })
}
