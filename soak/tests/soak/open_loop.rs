//! The client neither waits for answers nor hides what became of a request.

use std::time::Duration;

use flts_soak::{Answer, Ask, Connections, OpenLoop, Outcome, Pace, Peer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(30);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/// A server whose connections are handed to the test, and a client of it.
async fn server() -> (Peer, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (Peer::new(&url, Connections::Kept, PATIENCE).unwrap(), listener)
}

/// Reads a request without a body.
async fn request(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
}

async fn outcome(peer: &Peer) -> Outcome {
    peer.send(&Ask::get("/")).await.0
}

#[tokio::test]
async fn requests_go_out_while_none_is_answered_and_their_wait_counts_from_when_they_were_due() {
    const REQUESTS: u32 = 20;
    let gap = Duration::from_millis(5);
    let (peer, listener) = server().await;
    let (held, mut silent) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            request(&mut stream).await;
            held.send(stream).unwrap();
        }
    });
    let load = OpenLoop::start(peer, Ask::get("/"), Pace::steady(1.0 / gap.as_secs_f64()));
    let mut streams = Vec::new();
    for _ in 0..REQUESTS {
        streams.push(silent.recv().await.unwrap());
    }
    tokio::spawn(async move {
        loop {
            for mut stream in streams.drain(..) {
                stream.write_all(ANSWER).await.unwrap();
            }
            streams.push(silent.recv().await.unwrap());
        }
    });
    let answers: Vec<Answer> = load.finish().await;
    assert!(answers.iter().all(|answer| answer.outcome.is_good()), "{answers:?}");
    let longest = answers.iter().map(|answer| answer.took).max().unwrap();
    assert!(longest >= gap * (REQUESTS - 1), "the first one waited for all that were due meanwhile: {longest:?}");
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_is_a_lost_request() {
    let (peer, listener) = server().await;
    let end = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
    };
    let (outcome, ()) = tokio::join!(outcome(&peer), end);
    assert!(matches!(outcome, Outcome::Lost(_)), "{outcome:?}");
}

#[tokio::test]
async fn an_answer_that_ends_half_way_is_a_lost_request() {
    let (peer, listener) = server().await;
    let half = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        stream.write_all(&ANSWER[..ANSWER.len() - 1]).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(outcome(&peer), half);
    assert!(matches!(outcome, Outcome::Lost(_)), "{outcome:?}");
}

#[tokio::test]
async fn nobody_listening_is_a_refusal() {
    let (peer, listener) = server().await;
    drop(listener);
    assert_eq!(outcome(&peer).await, Outcome::Refused);
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_meanwhile_is_no_failure() {
    let (peer, listener) = server().await;
    let serve = async {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            request(&mut stream).await;
            stream.write_all(ANSWER).await.unwrap();
        }
    };
    let ask = async {
        assert!(outcome(&peer).await.is_good());
        let second = outcome(&peer).await;
        // the close may or may not be known when the second request goes out
        assert!(second.is_good() || second == Outcome::Crossed, "{second:?}");
        if second == Outcome::Crossed {
            assert!(outcome(&peer).await.is_good());
        }
    };
    tokio::join!(serve, ask);
}
