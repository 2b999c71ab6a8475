//! `flts reload` asks the node that runs here to read the pointer now, as an operator does in a pod without a shell.

use flts::actors::promote_run;
use flts::storage::{Audit, Decisions, Runs};

use crate::common::shell::{flts, flts_with};
use crate::common::{Data, Node, serving_node, store_of};

#[tokio::test]
async fn a_node_serves_what_the_pointer_names_when_the_command_ends() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("ADMIN_TOKEN", "open-sesame"), ("HTTP_ADDR", "0.0.0.0:0")], Some(&data));
    node.until_ready().await;
    let folder = home.path().to_str().unwrap();
    let reload = |args: &[&str]| {
        flts_with(&[("DATA_DIR", folder), ("ADMIN_TOKEN", "open-sesame")], &[&["reload"], args].concat())
    };
    assert!(reload(&[]).good().starts_with("unchanged: "), "{:?}", reload(&[]));

    let objects = store_of(home.path());
    let (decisions, runs) = (Decisions::new(objects.clone()), Runs::new(objects));
    let history = decisions.history("default").await.unwrap();
    let champion = history.last().unwrap().pointer.clone().unwrap();
    let other = history[0].scoreboard.iter().find(|candidate| candidate.run_id != champion.run_id).unwrap();
    let audit = Audit { who: "test".into(), why: "another".into() };
    promote_run(&decisions, &runs, "default", &other.run_id, audit).await.unwrap();
    let now = reload(&["--json"]).json();
    assert_eq!((&now["run_id"], now["generation"].as_u64()), (&other.run_id.as_str().into(), Some(2)), "{now}");
    let (_, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!(answer["run_id"], other.run_id, "it is served when the command has ended");

    let refused = flts(home.path(), &["reload"]);
    assert!(refused.bad(1).contains("ADMIN_TOKEN"), "{refused:?}");
}

#[tokio::test]
async fn a_node_without_a_model_says_why_it_serves_none() {
    let (home, node) = serving_node(&[]);
    node.until_running("promotion-watcher").await;
    let said = flts(home.path(), &["reload"]);
    assert!(said.bad(1).contains("unknown_identifier"), "{said:?}");
}

#[tokio::test]
async fn where_no_node_runs_the_command_says_so_and_where_it_looked() {
    let home = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = flts(home.path(), &["reload", "--http-addr", &free.to_string()]);
    assert!(said.bad(1).contains(&free.to_string()), "{said:?}");
    let unknown = flts(home.path(), &["reload", "--http-addr", "127.0.0.1:0"]);
    assert!(unknown.bad(1).contains(home.path().to_str().unwrap()), "{unknown:?}");
}
