//! What cannot be kept alive ends the process, after exactly the starts that the budgets give, with a reason that a stranger understands.

use serde_json::json;

use crate::common::{Data, Node, PATIENCE};

/// 5 restarts and 3 of the group: (5 + 1) * (3 + 1).
const STARTS: usize = 24;

/// Breaks `target` at each start, and gives the log and the termination log of the node that gave up.
async fn give_up(target: &str) -> (String, String) {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let reason = home.path().join("termination.log");
    let settings = [("TERMINATION_LOG", reason.to_str().unwrap()), ("RESTART_BACKOFF_MS", "1")];
    let mut node = Node::start(home.path(), &settings, Some(&data));
    node.until_ready().await;
    let path = format!("/debug/faults/{target}");
    for strike in [json!({"fault": "panic", "at": "start", "times": 1000}), json!({"fault": "panic"})] {
        let (status, said) = node.post(&path, &strike).await;
        assert_eq!(status, 200, "{said}");
    }
    let ended = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(status) = node.ended() {
                return status;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    let status = ended.await.unwrap_or_else(|_| panic!("it goes on:\n{}", node.log()));
    assert_eq!(status.code(), Some(70), "{}", node.log());
    (node.log(), std::fs::read_to_string(reason).unwrap())
}

fn exits(log: &str, actor: &str) -> usize {
    let of_it = |line: &&str| line.contains("\"actor_exited\"") && line.contains(&format!("\"actor\":\"{actor}\""));
    log.lines().filter(of_it).count()
}

#[tokio::test]
async fn an_actor_that_fails_at_each_start_is_started_exactly_as_often_as_its_budgets_say() {
    let (log, reason) = give_up("trainer").await;
    assert_eq!(exits(&log, "trainer"), STARTS, "{log}");
    for word in [
        "actor trainer of group training",
        "panicked: fault injected into trainer at src/runtime/lifecycle/fault.rs:",
        "its budgets are spent: restarts 5 in 60s, of its group 3 in 300s",
        "exit code 70",
    ] {
        assert!(reason.contains(word), "{word:?} is not in {reason}");
    }
    assert!(log.lines().any(|line| line.starts_with("error: ") && line.contains(&reason)), "stderr says it too: {log}");
}

#[tokio::test]
async fn a_thread_that_fails_at_each_start_ends_it_too_and_is_named() {
    let (log, reason) = give_up("model-loader").await;
    assert_eq!(exits(&log, "inference-pool"), STARTS, "{log}");
    assert!(reason.contains("actor inference-pool") && reason.contains("its thread model-loader panicked"), "{reason}");
}
