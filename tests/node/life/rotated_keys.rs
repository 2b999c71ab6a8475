//! Keys of the store that lie in files change without a restart of the node.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use flts::embedded::{Credentials, Store};

use crate::common::Node;

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Starts the store with these keys, which also lie in the files of the node.
async fn store(folder: &Path, addr: SocketAddr, keys: [&str; 2]) -> Store {
    for (file, key) in ["access-key", "secret-key"].into_iter().zip(keys) {
        std::fs::write(folder.join(file), format!("{key}\n")).unwrap();
    }
    let [access_key, secret_key] = keys.map(str::to_owned);
    Store::start(&folder.join("store"), addr, Credentials { access_key, secret_key }).await.unwrap()
}

async fn upload(node: &Node, name: &str) -> u16 {
    let request = node.http.post(format!("{}/upload/dataset/{name}", node.base)).bearer_auth("open-sesame");
    request.body("ts,down").send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn keys_that_were_exchanged_are_used_by_the_next_call() {
    let (home, folder, addr) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), free());
    let first = store(folder.path(), addr, ["one", "the first secret"]).await;
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let settings = [
        ("ROLES", "gateway"),
        ("ADMIN_TOKEN", "open-sesame"),
        ("S3_ENDPOINT_URL", &format!("http://{addr}")),
        ("AWS_ACCESS_KEY_ID_FILE", &path("access-key")),
        ("AWS_SECRET_ACCESS_KEY_FILE", &path("secret-key")),
    ];
    let node_home = home.path().to_owned();
    let settings: Vec<(String, String)> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let start = move || {
        let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (&**name, &**value)).collect();
        Node::start(&node_home, &settings, None)
    };
    // the node is awaited off the thread that the store runs on
    let node = tokio::task::spawn_blocking(start).await.unwrap();
    assert_eq!(upload(&node, "a.csv").await, 200);
    first.stop().await;
    for keys in [["two", "the second secret"], ["two", "the third secret"]] {
        let now = store(folder.path(), addr, keys).await;
        assert_eq!(upload(&node, "a.csv").await, 200, "{keys:?}\n{}", node.log());
        now.stop().await;
    }
    assert!(node.log().contains("store_keys_read_again"), "{}", node.log());
    assert!(!node.log().contains("secret"), "the keys themselves are not told");
}
