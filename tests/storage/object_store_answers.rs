//! What the object store client makes of each answer, told by a server that answers from a script.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use flts::runtime::Health;
use flts::storage::{Condition, Fetched, ObjectError, ObjectStore, ObjectStoreConfig, Put};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Status and S3 error code, or the body where all is well.
type Answer = (u16, &'static str);

const OK: Answer = (200, "");
/// An object with the bytes that the test writes.
const OURS: Answer = (200, "body");
/// An object with other bytes, whose ETag is `"1"` like that of every answer.
const OTHER: Answer = (200, "other");

/// A server that gives one answer after the other, the last one for ever, and counts the requests.
struct Script {
    addr: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Script {
    async fn play(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                let answer = answers[number.min(answers.len() - 1)];
                tokio::spawn(reply(stream, answer));
            }
        });
        Self { addr, requests }
    }

    fn client(&self) -> ObjectStore {
        client(format!("http://{}", self.addr))
    }
}

fn client(endpoint: String) -> ObjectStore {
    ObjectStore::new(ObjectStoreConfig::at(endpoint, "access", "secret"))
}

async fn reply(stream: TcpStream, (status, code): Answer) {
    let mut stream = BufReader::new(stream);
    let mut body_bytes = 0;
    let mut line = String::new();
    while stream.read_line(&mut line).await.unwrap() > 2 {
        if let Some(length) = line.to_lowercase().strip_prefix("content-length:") {
            body_bytes = length.trim().parse().unwrap();
        }
        line.clear();
    }
    stream.read_exact(&mut vec![0; body_bytes]).await.unwrap();
    let body = match code {
        body if status == 200 => body.to_owned(),
        code => format!("<Error><Code>{code}</Code><Message>told by the script</Message></Error>"),
    };
    let head =
        format!("HTTP/1.1 {status} x\r\netag: \"1\"\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}

fn told(end: Result<Put, ObjectError>) -> &'static str {
    match end {
        Ok(Put::Done { .. }) => "done",
        Ok(Put::Lost) => "lost",
        Err(ObjectError::NoSuchBucket { .. }) => "no bucket",
        Err(error) if error.is_outage() => "outage",
        Err(_) => "refused",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_is_judged_by_its_answer_and_sent_again_only_where_that_is_safe() {
    let if_match = Condition::IfMatch("\"1\"");
    let table: &[(Condition, Vec<Answer>, &str, usize)] = &[
        (Condition::Always, vec![OK], "done", 1),
        (Condition::IfAbsent, vec![(412, "PreconditionFailed")], "lost", 1),
        (if_match, vec![(412, "PreconditionFailed")], "lost", 1),
        (if_match, vec![(404, "NoSuchKey")], "lost", 1),
        (Condition::IfAbsent, vec![(404, "NoSuchKey")], "refused", 1),
        (if_match, vec![(404, "NoSuchBucket")], "no bucket", 1),
        (Condition::Always, vec![(412, "PreconditionFailed")], "refused", 1),
        // Nothing was written, so a conflict is tried again.
        (Condition::IfAbsent, vec![(409, "ConditionalRequestConflict"), OK], "done", 2),
        (if_match, vec![(409, "ConditionalRequestConflict"), (412, "PreconditionFailed")], "lost", 2),
        (Condition::IfAbsent, vec![(409, "ConditionalRequestConflict")], "outage", 6),
        // It may have been written: a conditional write is sent again only after a look at what is there.
        (Condition::Always, vec![(500, "InternalError"), OK], "done", 2),
        (Condition::Always, vec![(503, "SlowDown")], "outage", 3),
        (Condition::IfAbsent, vec![(500, "InternalError"), (404, "NoSuchKey"), OK], "done", 3),
        (Condition::IfAbsent, vec![(500, "InternalError"), OTHER], "lost", 2),
        (Condition::IfAbsent, vec![(500, "InternalError"), OURS], "done", 2),
        (
            Condition::IfAbsent,
            vec![(500, "InternalError"), (404, "NoSuchKey"), (412, "PreconditionFailed"), OURS],
            "done",
            4,
        ),
        (
            Condition::IfAbsent,
            vec![(500, "InternalError"), (404, "NoSuchKey"), (412, "PreconditionFailed"), OTHER],
            "lost",
            4,
        ),
        (if_match, vec![(503, "SlowDown"), OTHER, OK], "done", 3), // the version that it is to replace
        (if_match, vec![(503, "SlowDown"), OURS], "done", 2),
        (if_match, vec![(503, "SlowDown"), (404, "NoSuchKey")], "lost", 2),
        (Condition::IfMatch("\"0\""), vec![(503, "SlowDown"), OTHER], "lost", 2),
        // a write, and two looks that told nothing
        (if_match, vec![(503, "SlowDown")], "outage", 3),
        (Condition::IfAbsent, vec![(501, "NotImplemented")], "refused", 1),
        (Condition::Always, vec![(403, "AccessDenied")], "refused", 1),
        (Condition::Always, vec![(301, "PermanentRedirect")], "refused", 1),
    ];
    for (condition, answers, expected, requests) in table {
        let script = Script::play(answers.clone()).await;
        let end = script.client().put("bucket", "key", Bytes::from_static(b"body"), *condition).await;
        assert_eq!(told(end), *expected, "{condition:?} answered with {answers:?}");
        assert_eq!(script.requests.load(Ordering::SeqCst), *requests, "{condition:?} answered with {answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_is_tried_again_and_an_absent_key_is_an_answer() {
    let table: &[(Vec<Answer>, &str)] = &[
        (vec![OK], "object"),
        (vec![(500, "InternalError"), OK], "object"),
        (vec![(404, "NoSuchKey")], "absent"),
        (vec![(404, "NoSuchBucket")], "refused"),
        (vec![(500, "InternalError")], "outage"),
        (vec![(403, "SignatureDoesNotMatch")], "refused"),
    ];
    for (answers, expected) in table {
        let end = Script::play(answers.clone()).await.client().get("bucket", "key").await;
        let told = match end {
            Ok(Some(_)) => "object",
            Ok(None) => "absent",
            Err(error) if error.is_outage() => "outage",
            Err(_) => "refused",
        };
        assert_eq!(told, *expected, "{answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_node_may_not_is_no_fault_of_a_record_and_what_a_record_names_wrongly_is() {
    // answer, then what it is for a bucket of the node's own and for one of others
    let table: &[(Answer, &str, &str)] = &[
        ((400, "ExpiredToken"), "not allowed", "not allowed"),
        ((401, "Unauthorized"), "not allowed", "not allowed"),
        ((403, "InvalidAccessKeyId"), "not allowed", "not allowed"),
        ((403, "SignatureDoesNotMatch"), "not allowed", "not allowed"),
        ((403, "RequestTimeTooSkewed"), "not allowed", "not allowed"),
        ((403, "AccessDenied"), "not allowed", "the record"),
        ((404, "NoSuchBucket"), "not allowed", "the record"),
        ((400, "RequestTimeout"), "outage", "outage"),
        ((408, "RequestTimeout"), "outage", "outage"),
        ((400, "InvalidBucketName"), "the record", "the record"),
    ];
    for (answer, of_ours, of_others) in table {
        for (bucket, expected) in [("dataset", of_ours), ("no-such-bucket", of_others)] {
            let (client, heard) = (Script::play(vec![*answer]).await.client(), Health::new());
            client.report_to(heard.dependency("store"));
            let error = client.get(bucket, "key").await.unwrap_err();
            let told = match (error.is_outage(), error.should_hand_back()) {
                (true, true) => "outage",
                (false, true) => "not allowed",
                _ => "the record",
            };
            assert_eq!(told, *expected, "{bucket}: {error}");
            assert_eq!(heard.dependencies()[0].1, told == "the record", "readiness says it: {bucket}: {error}");
        }
    }
}

#[tokio::test]
async fn an_error_within_a_good_answer_is_one_of_the_store() {
    let begun = (200, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>");
    let failed = (200, "<Error><Code>InternalError</Code><Message>try again</Message></Error>");
    let script = Script::play(vec![begun, OK, OK, OK, failed]).await;
    let end = script.client().put("bucket", "key", vec![0; 17 << 20].into(), Condition::Always).await;
    assert_eq!(told(end), "outage");
}

#[tokio::test]
async fn an_object_larger_than_there_is_room_for_is_not_read() {
    let store = Script::play(vec![OURS]).await.client();
    let error = store.get_at_most("bucket", "key", None, 3).await.unwrap_err();
    assert!(matches!(error, ObjectError::TooLarge { bytes: 4, bytes_max: 3, .. }), "{error}");
    assert!(!error.is_outage() && !error.should_hand_back());
    assert!(matches!(store.get_at_most("bucket", "key", None, 4).await, Ok(Fetched::New(_))));
}

#[tokio::test]
async fn errors_say_what_was_attempted_and_what_was_answered() {
    let script = Script::play(vec![(403, "AccessDenied")]).await;
    let error = script.client().get("bucket", "a/key").await.unwrap_err().to_string();
    assert!(error.starts_with("cannot read bucket/a/key: "), "{error}");
    assert!(error.contains("403 AccessDenied: told by the script"), "{error}");
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_an_outage() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let error = client(format!("http://{addr}")).list("bucket", "").await.unwrap_err();
    assert!(error.is_outage(), "{error}");
}
