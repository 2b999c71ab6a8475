//! The OpenAPI document is true: schemathesis finds no request that the node answers otherwise than it says.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::common::{Data, Node};

const TOKEN: &str = "open-sesame";

/// Runs every check of schemathesis; `SCHEMATHESIS_EXAMPLES` makes it look longer.
async fn schemathesis(node: &Node, headers: &[&str]) {
    let python = PathBuf::from(std::env::var("FLTS_TEST_PYTHON").unwrap_or_else(|_| "python3".into()));
    let examples = std::env::var("SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "20".into());
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(python.with_file_name("schemathesis"));
    command
        .args(["--config-file", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/schemathesis.toml"), "run"])
        .arg(format!("{}/openapi.json", node.base))
        .args(["--checks", "all", "--max-examples", &examples, "--seed", "1", "--no-color"])
        .args(headers.iter().flat_map(|header| ["--header", header]))
        .current_dir(folder.path());
    // the test's own client goes on meanwhile, and notices connections that end
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    println!("{told}");
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
}

async fn serving(env: &[(&str, &str)]) -> (Data, tempfile::TempDir, Node) {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let mut all = vec![("ENABLE_FAULTS", "0")];
    all.extend(env);
    let node = Node::start(home.path(), &all, Some(&data));
    node.until_ready().await;
    (data, home, node)
}

#[tokio::test]
async fn no_finding_with_the_token() {
    let (_data, _home, node) = serving(&[("ADMIN_TOKEN", TOKEN)]).await;
    schemathesis(&node, &[&format!("Authorization: Bearer {TOKEN}")]).await;
    node.until_ready().await;
}

#[tokio::test]
async fn no_finding_without_the_token() {
    let (_data, _home, node) = serving(&[("ADMIN_TOKEN", TOKEN)]).await;
    schemathesis(&node, &[]).await;
}

#[tokio::test]
async fn no_finding_where_no_token_is_set() {
    let (_data, _home, node) = serving(&[]).await;
    schemathesis(&node, &[]).await;
}

#[tokio::test]
async fn the_document_tells_of_this_node_and_its_example_is_answered() {
    let (_data, _home, node) = serving(&[("POOL_SCALE_MAX", "8")]).await;
    let (status, document) = node.get("/openapi.json").await;
    assert_eq!((status, document["openapi"].as_str()), (200, Some("3.1.0")));
    let example = &document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"];
    assert_eq!(document["components"]["schemas"]["ScaleRequest"]["properties"]["workers"]["maximum"], 8);
    let (status, answer) = node.post("/predict", example).await;
    assert_eq!((status, answer["predictions"].as_array().map(Vec::len)), (200, Some(3)), "{answer}");
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own_and_tells_its_errors() {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[("ROLES", "inference"), ("ADMIN_TOKEN", TOKEN)], None);
    let document = node.get("/openapi.json").await.1;
    let paths = document["paths"].as_object().unwrap();
    let operations: Vec<(&String, &String, &Value)> = paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, said)| (path, method, said)))
        .collect();
    let mut names: Vec<&str> = operations.iter().map(|(.., said)| said["operationId"].as_str().unwrap()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for (path, method, said) in operations {
        assert!(said["responses"]["500"].is_object(), "{method} {path}");
        assert!(!said["summary"].as_str().unwrap().is_empty(), "{method} {path}");
        let guarded = path.starts_with("/download") || (method != "get" && path != "/predict");
        assert_eq!(said["security"].is_array(), guarded, "{method} {path}");
        assert_eq!(said["responses"]["401"].is_object(), guarded, "{method} {path}");
    }
}
