//! Each environment block of the production-readiness report starts its role, or exits 78 with a reason that the migration guide tells.

use flts::cli::{self, Command, Exit};
use flts::config::Config;
use flts::node::{Build, CONFIGURATION};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

mod blocks;

use blocks::{BLOCKS, Block};

use crate::common::{Node, brokers_of, store_access};

/// The variables of a block, without comments and quotes.
fn variables(block: &str) -> Vec<(String, String)> {
    let lines = block.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.trim().into(), plain(value))).collect()
}

fn plain(value: &str) -> String {
    let value = value.split("  #").next().unwrap_or(value).trim();
    let quoted = |mark| value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    quoted('\'').or_else(|| quoted('"')).unwrap_or(value).into()
}

fn configuration(role: &str, variables: &[(String, String)]) -> Result<Config, Exit> {
    let args = ["flts", "run"].map(OsString::from);
    let roles = (OsString::from("ROLES"), OsString::from(role));
    let given = variables.iter().map(|(name, value)| (name.into(), value.into()));
    match cli::parse(args, given.chain([roles]), Build { version: "1.2.3", commit: "unknown" })? {
        Command::Run { config, .. } => Ok(*config),
        other => panic!("'flts run' is read as {other:?}"),
    }
}

/// The variable that a mistake or a note begins with.
fn subject(sentence: &str) -> &str {
    sentence.trim_start_matches("  - ").split(' ').next().unwrap_or_default()
}

fn guide() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/migration.md")).unwrap()
}

#[test]
fn what_a_block_cannot_have_is_refused_with_exactly_the_reasons_that_the_guide_tells() {
    let guide = guide();
    for Block { name, role, text, refused, .. } in BLOCKS {
        let variables = variables(text);
        assert!(!variables.is_empty(), "{name}");
        let found: Vec<String> = match configuration(role, &variables) {
            Ok(_) => Vec::new(),
            Err(exit) => {
                assert_eq!(exit.code, CONFIGURATION, "{name}: {}", exit.message);
                exit.message.lines().skip(1).map(|line| subject(line).to_owned()).collect()
            }
        };
        let mut expected = refused.to_vec();
        expected.sort_unstable();
        let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{name}");
        for variable in expected {
            assert!(
                guide.contains(&format!("`{variable}`")),
                "{variable} is refused, and docs/migration.md does not say why"
            );
        }
    }
}

#[test]
fn what_a_block_does_not_need_any_more_is_noted_and_in_the_guide() {
    let guide = guide();
    let mut noted = 0;
    for block in BLOCKS.iter().filter(|block| block.starts) {
        let config = configuration(block.role, &accepted(block, &[])).unwrap_or_else(|exit| panic!("{}", exit.message));
        for note in &config.notes {
            let subject = subject(note);
            assert!(
                guide.contains(&format!("`{subject}`")),
                "{subject} is noted, and docs/migration.md does not name it"
            );
            noted += 1;
        }
    }
    assert!(noted > 10, "{noted} notes");
}

#[test]
fn a_group_named_for_a_role_is_its_group() {
    let group = |role: &str, given: &[(&str, &str)]| {
        let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        configuration(role, &given).map(|config| config.kafka.consumer_group).map_err(|exit| exit.message)
    };
    let named = |name: &str| Ok(Some(name.to_owned()));
    assert_eq!(group("evaluator", &[("CONSUMER_GROUP_ID", "mine")]), named("mine"));
    assert_eq!(group("evaluator", &[("EVAL_GROUP_ID", "mine")]), named("mine"));
    assert_eq!(group("trainer", &[("CONSUMER_GROUP_ID", "mine"), ("MODEL_TYPE", "GRU")]), named("mine"));
    assert_eq!(group("trainer,preprocess", &[("CONSUMER_GROUP_ID", "mine"), ("MODEL_TYPE", "GRU")]), named("mine"));
    assert_eq!(group("inference", &[("CONSUMER_GROUP_ID", "mine")]), named("mine"));
    assert_eq!(group("trainer", &[("EVAL_GROUP_ID", "mine")]), Ok(None));
    for (role, given, reason) in [
        ("trainer", &[("CONSUMER_GROUP_ID", "mine")][..], "each of the 2 families"),
        ("trainer,evaluator", &[("CONSUMER_GROUP_ID", "mine")], "this node has trainer, evaluator"),
        ("evaluator", &[("CONSUMER_GROUP_ID", "mine"), ("EVAL_GROUP_ID", "other")], "mean the same, but differ"),
        ("trainer", &[("CONSUMER_TOPIC", "model-training")], "here 'training-data'"),
        ("all", &[("PRODUCER_TOPIC", "model-training")], "a process of its own"),
    ] {
        let told = group(role, given).expect_err(reason);
        assert!(told.contains(reason), "{told}");
    }
}

#[tokio::test]
async fn each_block_without_what_is_refused_starts_its_role() {
    let homes = tempfile::tempdir().unwrap();
    let backend_home = homes.path().join("backend");
    let _backend = Node::start(&backend_home, &[("ROLES", "preprocess")], None);
    let services = services_of(&backend_home);
    for block in BLOCKS.iter().filter(|block| block.starts) {
        let home = homes.path().join(block.name.replace(' ', "-"));
        let mut given = accepted(block, &services);
        given.push(("ROLES".into(), block.role.into()));
        let given: Vec<(&str, &str)> = given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let node = Node::start(&home, &given, None);
        for (actor, group) in block.consumers {
            node.until(&format!("/debug/actors/{actor}"), |_, report| {
                report["phase"] == "running" && report["state"]["group"] == Value::from(*group)
            })
            .await;
        }
        assert_eq!(node.get("/healthz").await.0, 200, "{}", block.name);
        assert_eq!(node.stop().code(), Some(0), "{}", block.name);
    }
}

/// The variables of a block without those that are refused, its services in place of the report's.
fn accepted(block: &Block, services: &[(String, String)]) -> Vec<(String, String)> {
    let is_theirs = |name: &str| services.iter().any(|(theirs, _)| theirs == name);
    let kept = variables(block.text)
        .into_iter()
        .filter(|(name, _)| !block.refused.contains(&name.as_str()) && !is_theirs(name));
    let needed = [("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let needed = needed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let needed = needed.into_iter().filter(|(name, _)| !is_theirs(name));
    let mut all: Vec<(String, String)> = kept.collect();
    all.retain(|(name, _)| !name.starts_with("AWS_"));
    all.into_iter().chain(needed).chain(services.iter().cloned()).collect()
}

/// How a running node tells others to reach its broker and its store.
fn services_of(home: &Path) -> Vec<(String, String)> {
    let [endpoint_url, access_key, secret_key] = store_access(home);
    vec![
        ("KAFKA_BOOTSTRAP_SERVERS".into(), brokers_of(home)),
        ("MLFLOW_S3_ENDPOINT_URL".into(), endpoint_url),
        ("AWS_ACCESS_KEY_ID".into(), access_key),
        ("AWS_SECRET_ACCESS_KEY".into(), secret_key),
    ]
}
