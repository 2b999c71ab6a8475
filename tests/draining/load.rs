//! A stop under load: whoever got through to the node is answered, and never with a 5xx.

use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use crate::common::{Data, Node};
use crate::raw;

/// 200 requests a second.
const PAUSE: Duration = Duration::from_millis(5);
/// `DRAIN_ROUNDS=50` asks for more: each stops a node of its own.
const ROUNDS: usize = 2;

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Answered(u16),
    /// The port was closed before: nothing was accepted.
    Refused,
    Lost(String),
}

/// Sends over connections that are kept, as a client library does.
async fn ask_again(http: reqwest::Client, url: String, body: Arc<String>) -> Outcome {
    let request = http.post(url).header("content-type", "application/json").body(body.to_string());
    match request.send().await {
        Ok(answer) => Outcome::Answered(answer.status().as_u16()),
        Err(error) if error.is_connect() => Outcome::Refused,
        Err(error) => Outcome::Lost(format!("{error:?}")),
    }
}

/// Sends over a connection of its own.
async fn ask_once(base: String, body: Arc<String>) -> Outcome {
    let Ok(mut stream) = tokio::net::TcpStream::connect(base.split("://").nth(1).unwrap()).await else {
        return Outcome::Refused;
    };
    let (length, body) = (body.len(), body.as_str());
    let head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close";
    let request = format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}");
    let answered = tokio::spawn(async move {
        stream.write_all(request.as_bytes()).await.expect("who got through may send");
        raw::answer(&mut stream).await.status
    });
    answered.await.map_or_else(|error| Outcome::Lost(error.to_string()), Outcome::Answered)
}

async fn stop_under_load(node: Node, body: &Arc<String>) -> (Option<i32>, String, Vec<Outcome>) {
    let (mut requests, mut clock) = (JoinSet::new(), tokio::time::interval(PAUSE));
    let (base, url) = (node.base.clone(), format!("{}/predict", node.base));
    for nth in 0.. {
        clock.tick().await;
        match nth % 2 {
            0 => requests.spawn(ask_again(node.http.clone(), url.clone(), body.clone())),
            _ => requests.spawn(ask_once(base.clone(), body.clone())),
        };
        if nth == 40 {
            node.signal(Signal::SIGTERM);
        }
        // the port has been closed for a while
        if nth > 40 && node.log().contains(r#""step":"serving""#) {
            break;
        }
    }
    let outcomes = requests.join_all().await;
    let (code, log) = node.end();
    (code, log, outcomes)
}

#[tokio::test]
async fn a_stop_under_load_answers_every_request_that_got_through() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let trainer = Node::start(home.path(), &[], Some(&data));
    trainer.until_ready().await;
    assert_eq!(trainer.stop().code(), Some(0));
    let body = Arc::new(data.request(30).to_string());
    let rounds = std::env::var("DRAIN_ROUNDS").ok().map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let (mut answered, mut refused) = (0, 0);
    for round in 0..rounds {
        let node = Node::start(home.path(), &[("ROLES", "inference"), ("DRAIN_NOTICE_MS", "200")], None);
        node.until_ready().await;
        let (code, log, outcomes) = stop_under_load(node, &body).await;
        for outcome in &outcomes {
            match outcome {
                Outcome::Answered(200) => answered += 1,
                Outcome::Refused => refused += 1,
                other => panic!("round {round}: {other:?}\n{log}"),
            }
        }
        assert_eq!(code, Some(0), "round {round}: {log}");
    }
    println!("{rounds} stops: {answered} answered, {refused} refused, none lost");
    assert!(answered >= 40 * rounds);
}
