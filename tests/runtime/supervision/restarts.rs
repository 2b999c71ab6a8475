//! However often an actor dies, nothing of it stays behind. `examples/restarts.rs` does it 100,000 times, and looks at memory too.

use std::process::Command;
use std::time::Duration;

use flts::runtime::{ActorRef, RestartPolicy, SupervisorConfig};

use super::crew::{Do, Hand, Nature, Workers, quick};

const RESTARTS: u64 = 2000;
/// The first life and the first deaths make what stays for good.
const WARM_UP: u64 = 50;
const IN_ITS_PROCESS: &str = "supervision::restarts::in_a_process_of_its_own";

fn entries(folder: &str) -> usize {
    std::fs::read_dir(folder).expect("this needs /proc").count()
}

/// Waits until there are at most so many: who has just died may still be leaving.
async fn at_most(folder: &str, wanted: usize) {
    let fallen = async {
        while entries(folder) > wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let fallen = tokio::time::timeout(super::crew::PATIENCE, fallen).await;
    assert!(fallen.is_ok(), "{} in {folder}, {wanted} before", entries(folder));
}

#[test]
fn two_thousand_restarts_leave_no_thread_and_no_file_open() {
    let this = std::env::current_exe().expect("tests are files");
    let run = Command::new(this).args(["--exact", IN_ITS_PROCESS, "--ignored"]).output().expect("it can be run again");
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && told.contains("1 passed"), "{told}{}", String::from_utf8_lossy(&run.stderr));
}

#[tokio::test]
#[ignore = "the test above runs it: the threads of its neighbours must not count"]
async fn in_a_process_of_its_own() {
    let earlier = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        // the wanted ones are so many that they would hide what is not wanted
        if info.payload_as_str() != Some("boom in a handler") {
            earlier(info);
        }
    }));
    let policy = RestartPolicy::at_once(u32::MAX, Duration::from_millis(1));
    let hand = ActorRef::<Hand>::new("hand");
    let config = SupervisorConfig { policy, ..quick() };
    let mut crew = Workers::start(config, vec![Nature::default().child(&hand, "deck")]);
    let mut before = (0, 0);
    for nth in 1..=RESTARTS {
        crew.started("hand", nth).await;
        if nth == WARM_UP {
            before = (entries("/proc/self/task"), entries("/proc/self/fd"));
        }
        hand.addr().expect("it is up").do_send(if nth % 2 == 0 { Do::Panic } else { Do::Stop });
    }
    crew.started("hand", RESTARTS + 1).await;
    at_most("/proc/self/task", before.0).await;
    at_most("/proc/self/fd", before.1).await;
}
