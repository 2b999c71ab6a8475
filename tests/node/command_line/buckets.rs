//! `flts buckets` lists the buckets of a node, and creates those that are missing where it may.

use std::net::SocketAddr;

use flts::embedded::{Credentials, Store};
use serde_json::Value;

use crate::common::shell::{Said, flts, flts_with};

const SECRET: &str = "a secret of this test";

async fn buckets(store: SocketAddr, home: &str, secret: &str, args: &[&str]) -> Said {
    let env = [
        ("DATA_DIR", home.to_owned()),
        ("S3_ENDPOINT_URL", format!("http://{store}")),
        ("AWS_ACCESS_KEY_ID", "flts".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
    ];
    let args: Vec<String> = ["buckets"].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
    // the command is awaited off the thread that the store runs on
    let run = move || {
        let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        flts_with(&env, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn states(said: &Said) -> Vec<String> {
    let rows = said.json();
    rows.as_array().unwrap().iter().map(|row: &Value| row["state"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn buckets_that_are_missing_are_told_and_then_created() {
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keys = Credentials { access_key: "flts".into(), secret_key: SECRET.into() };
    let store = Store::start(folder.path(), "127.0.0.1:0".parse().unwrap(), keys).await.unwrap();
    let (addr, home) = (store.addr(), home.path().to_str().unwrap());
    assert_eq!(states(&buckets(addr, home, SECRET, &["--json"]).await), ["missing"; 5]);
    assert_eq!(states(&buckets(addr, home, SECRET, &["--create", "--json"]).await), ["created"; 5]);
    assert_eq!(states(&buckets(addr, home, SECRET, &["--create", "--json"]).await), ["there"; 5]);
    let said = buckets(addr, home, SECRET, &[]).await;
    assert!(said.good().contains("| model-promotion | there "), "{said:?}");
    let refused = buckets(addr, home, "another secret", &["--create"]).await;
    assert!(refused.bad(1).contains("not usable: dataset, processed-data"), "{refused:?}");
    store.stop().await;
}

#[test]
fn without_a_store_the_command_says_so_and_makes_none() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("none");
    let said = flts(&folder, &["buckets"]);
    assert!(said.bad(1).contains(folder.to_str().unwrap()), "{said:?}");
    assert!(!folder.exists());
}
