//! A node waits for what is away at its start, a signal ends it at any time, and a caller who dawdles does not use up its drain.

use std::net::{SocketAddr, TcpListener, TcpStream};

use flts::embedded::{Credentials, Store};
use tokio::io::AsyncWriteExt;

use crate::common::Node;
use crate::common::raw;
use crate::common::shell::flts;
use crate::common::spawned::Spawned;

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "a key"), ("AWS_SECRET_ACCESS_KEY", "a secret of this test")];

/// An address where nobody listens.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_store_that_is_away_at_start_is_waited_for() {
    let (home, folder, addr) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), free());
    let endpoint = format!("http://{addr}");
    let waiting = Spawned::run(home.path(), &[&KEYS[..], &[("S3_ENDPOINT_URL", endpoint.as_str())]].concat());
    let line = waiting.await_line("waiting_for_store");
    assert!(line.contains("the object store is away"), "{line}");
    let keys = Credentials { access_key: KEYS[0].1.into(), secret_key: KEYS[1].1.into() };
    let store = Store::start(folder.path(), addr, keys).await.unwrap();
    // the node is awaited off the thread that the store runs on
    let status = tokio::task::spawn_blocking(move || {
        waiting.await_line("service_start");
        waiting.terminate()
    });
    assert_eq!(status.await.unwrap().code(), Some(0));
    store.stop().await;
}

#[test]
fn a_signal_ends_a_start_that_hangs_and_nobody_was_let_in() {
    let (home, hanging, addr) = (tempfile::tempdir().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap(), free());
    let endpoint = format!("http://{}", hanging.local_addr().unwrap());
    let more = [("S3_ENDPOINT_URL", endpoint.as_str()), ("HTTP_ADDR", &addr.to_string())];
    let waiting = Spawned::run(home.path(), &[&KEYS[..], &more].concat());
    let _call = hanging.accept().unwrap();
    assert!(TcpStream::connect(addr).is_err(), "whoever comes early is refused, not kept waiting");
    assert_eq!(waiting.terminate().code(), Some(0));
    assert!(!home.path().join("node.json").exists());
}

#[test]
fn a_name_that_is_not_known_yet_is_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let waiting = Spawned::run(home.path(), &[("HTTP_ADDR", "no-such-host.invalid:0")]);
    let line = waiting.await_line("waiting_for_name");
    assert!(line.contains("no-such-host.invalid") && line.contains("HTTP_ADDR"), "{line}");
    assert_eq!(waiting.terminate().code(), Some(0));
    let elsewhere = [("HTTP_ADDR", "127.0.0.1:0"), ("EMBEDDED_STORE_ADDR", "no-such-host.invalid:0")];
    let waiting = Spawned::run(home.path(), &elsewhere);
    assert!(waiting.await_line("waiting_for_name").contains("EMBEDDED_STORE_ADDR"));
    assert_eq!(waiting.terminate().code(), Some(0));
}

#[test]
fn no_command_looks_up_the_name_that_a_node_listens_on() {
    let home = tempfile::tempdir().unwrap();
    let said = flts(home.path(), &["config", "--http-addr", "no-such-host.invalid:8000"]);
    assert!(said.good().contains("no-such-host.invalid:8000"), "{said:?}");
}

#[tokio::test]
async fn a_caller_who_dawdles_leaves_the_actors_their_share_of_the_drain() {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[("DRAIN_TIMEOUT_MS", "3000")], None);
    node.until_running("inference-pool").await;
    let mut dawdler = raw::connect(&node.base).await;
    let begun =
        "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    dawdler.write_all(begun.as_bytes()).await.unwrap();
    node.until("/metrics", |_, _| true).await;
    assert_eq!(tokio::task::spawn_blocking(|| node.stop()).await.unwrap().code(), Some(0));
}
