//! The drawing of a node is what the node runs.

use std::fs;

use flts::actors::{Roles, Scope, plan};
use flts::forecast::Family;
use serde_json::Value;

use crate::common::Node;
use crate::common::shell::flts;

#[tokio::test]
async fn a_node_runs_the_children_of_its_drawing_in_their_order() {
    let home = tempfile::tempdir().unwrap();
    let drawing = flts(home.path(), &["run", "--print-topology"]);
    let node = Node::start(home.path(), &[], None);
    let drawn: Vec<&str> = drawing
        .good()
        .lines()
        .filter_map(|line| line.strip_prefix("├─ ").or_else(|| line.strip_prefix("└─ ")))
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    let all_up = |reports: &Value| reports["actors"].as_array().is_some_and(|actors| actors.len() == drawn.len());
    let reports = node.until("/debug/actors", |_, reports| all_up(reports)).await;
    let running: Vec<&str> =
        reports["actors"].as_array().unwrap().iter().map(|actor| actor["name"].as_str().unwrap()).collect();
    assert_eq!(drawn, running);
    let roles = Roles::named(&["all".into()]);
    let families = [Family::GRU, Family::LSTM];
    let planned = plan(&Scope { roles: &roles, families: &families, consumer_group: None, workers: 1, trainings: 1 });
    assert_eq!(drawn, planned.iter().map(|child| child.name.as_str()).collect::<Vec<_>>());
}

#[test]
fn the_drawing_of_a_role_shows_what_it_reads_and_touches_nothing() {
    let home = tempfile::tempdir().unwrap();
    let data_dir = home.path().join("data");
    let drawing = flts(&data_dir, &["run", "--print-topology", "--roles", "trainer", "--model-type", "GRU"]);
    let text = drawing.good();
    assert!(text.contains("training (trainer)"), "{text}");
    assert!(text.contains("training-claims-gru") && text.contains("topic training-data, group train-gru"), "{text}");
    assert!(!text.contains("lstm") && !text.contains("serving ("), "{text}");
    let joined = flts(&data_dir, &["run", "--print-topology", "--roles", "inference", "--join", "/elsewhere"]);
    let follows = |line: &str| line.contains("─ joined-node ") && line.ends_with("follows /elsewhere");
    assert!(joined.good().lines().any(follows), "{}", joined.good());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}
