//! Files go into the store and come out of it through the gateway, whole and in parts, and never more than they should.

use std::path::Path;

use nix::sys::signal::Signal;
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::common::{Data, Node, PATIENCE, raw, serving_node, store_of};

const TOKEN: &str = "open-sesame";
const MIB: usize = 1 << 20;

fn gateway(env: &[(&str, &str)]) -> (tempfile::TempDir, Node) {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[&[("ROLES", "gateway"), ("ADMIN_TOKEN", TOKEN)], env].concat(), None);
    (home, node)
}

/// Bytes that repeat nowhere near.
fn bytes(count: usize) -> Vec<u8> {
    (0..count as u64).map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

async fn send(node: &Node, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
    let request =
        headers.iter().fold(node.http.request(method, format!("{}{path}", node.base)), |request, (name, value)| {
            request.header(*name, *value)
        });
    request.bearer_auth(TOKEN).body(body).send().await.unwrap()
}

async fn upload(node: &Node, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (u16, Value) {
    let answer = send(node, Method::POST, path, headers, body).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn download(node: &Node, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let answer = send(node, Method::GET, path, headers, Vec::new()).await;
    (answer.status(), answer.headers().clone(), answer.bytes().await.unwrap().to_vec())
}

fn said<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().unwrap()
}

async fn stored(home: &Path, key: &str) -> Option<Vec<u8>> {
    store_of(home).get("dataset", key).await.unwrap().map(|object| object.bytes.to_vec())
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_file_comes_back_whole_in_parts_and_not_at_all_where_it_is_known() {
    let (_home, node) = gateway(&[]);
    let file = bytes(20 * MIB + 5);
    let (status, answer) = upload(&node, "/upload/dataset/site/a%20b.csv", &[], file.clone()).await;
    let etag = answer["etag"].as_str().unwrap().to_owned();
    let expected = json!({"status": "success", "bucket": "dataset", "object_name": "site/a b.csv", "size_bytes": file.len(), "etag": etag});
    assert_eq!((status, &answer), (200, &expected));

    let path = "/download/dataset/site/a%20b.csv";
    let (status, headers, whole) = download(&node, path, &[]).await;
    assert_eq!((status, whole == file), (StatusCode::OK, true));
    assert_eq!(
        (said(&headers, "etag"), said(&headers, "accept-ranges"), said(&headers, "content-type")),
        (&*etag, "bytes", "text/csv")
    );
    assert_eq!(said(&headers, "content-disposition"), "attachment; filename=\"a b.csv\"");
    let modified = headers["last-modified"].to_str().unwrap();

    for (range, part) in
        [("bytes=0-9", 0..10), ("bytes=8388607-8388608", 8388607..8388609), ("bytes=-5", 20 * MIB..20 * MIB + 5)]
    {
        let (status, headers, bytes) = download(&node, path, &[("range", range)]).await;
        assert_eq!((status, &bytes[..]), (StatusCode::PARTIAL_CONTENT, &file[part.clone()]), "{range}");
        let expected = format!("bytes {}-{}/{}", part.start, part.end - 1, file.len());
        assert_eq!(said(&headers, "content-range"), expected, "{range}");
    }
    let (status, _, bytes) = download(&node, path, &[("range", "bytes=0-9"), ("if-range", "\"another\"")]).await;
    assert_eq!((status, bytes.len()), (StatusCode::OK, file.len()), "another version is sent whole");
    let (status, headers, _) = download(&node, path, &[("range", "bytes=99999999-")]).await;
    assert_eq!((status, said(&headers, "content-range")), (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */20971525"));

    for known in [("if-none-match", &*etag), ("if-modified-since", modified)] {
        let (status, headers, bytes) = download(&node, path, &[known]).await;
        assert_eq!((status, bytes.len(), said(&headers, "etag")), (StatusCode::NOT_MODIFIED, 0, &*etag), "{known:?}");
    }
    assert_eq!(download(&node, path, &[("if-match", "\"another\"")]).await.0, StatusCode::PRECONDITION_FAILED);
    assert_eq!(download(&node, path, &[("if-match", &etag), ("range", "bytes=1-1")]).await.2, file[1..2]);

    let head = send(&node, Method::HEAD, path, &[], Vec::new()).await;
    assert_eq!((head.status(), said(head.headers(), "content-length")), (StatusCode::OK, "20971525"));
    assert_eq!(download(&node, "/download/dataset/site/c.csv", &[]).await.0, StatusCode::NOT_FOUND);
}

/// A form as browsers and the client of the replaced system send it.
fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file_name, content) in parts {
        let file_name =
            file_name.map_or(String::new(), |name| format!("; filename=\"{name}\"\r\nContent-Type: text/csv"));
        body.extend(format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--limit--\r\n");
    body
}

const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=limit");

#[tokio::test]
async fn a_form_is_stored_as_the_file_that_it_holds() {
    let (home, node) = gateway(&[]);
    let large = bytes(9 * MIB);
    for (key, body, expected) in [
        ("python.csv", form(&[("file", Some("x.csv"), b"ts,down\r\n--limi\r\n")]), &b"ts,down\r\n--limi\r\n"[..]),
        ("browser.csv", form(&[("note", None, b"mine"), ("data", Some("x.csv"), &large), ("go", None, b"1")]), &large),
        ("no-name.csv", form(&[("file", None, b"1,2")]), b"1,2"),
    ] {
        let (status, answer) = upload(&node, &format!("/upload/dataset/{key}"), &[FORM], body).await;
        assert_eq!((status, answer["size_bytes"].as_u64()), (200, Some(expected.len() as u64)), "{key}: {answer}");
        assert!(stored(home.path(), key).await.unwrap() == expected, "{key}");
    }
}

#[tokio::test]
async fn a_form_that_is_broken_or_has_no_single_file_stores_nothing() {
    let (home, node) = gateway(&[]);
    let whole = form(&[("file", Some("x.csv"), &bytes(20 * MIB))]);
    let long_head = [&b"--limit\r\nContent-Disposition: form-data; name=\""[..], &vec![b'x'; 4 * MIB]].concat();
    for (name, content_type, body) in [
        ("no file", FORM.1, form(&[("note", None, b"mine")])),
        ("two files", FORM.1, form(&[("a", Some("a.csv"), &bytes(20 * MIB)), ("b", Some("b.csv"), b"2")])),
        ("cut off", FORM.1, whole[..whole.len() - 20].to_vec()),
        ("an empty file", FORM.1, form(&[("file", Some(""), b"")])),
        ("another boundary", "multipart/form-data; boundary=other", form(&[("file", Some("x.csv"), b"1")])),
        ("no boundary", "multipart/form-data", form(&[("file", Some("x.csv"), b"1")])),
        ("a long head", FORM.1, long_head),
    ] {
        let answer = upload(&node, "/upload/dataset/x.csv", &[("content-type", content_type)], body).await;
        assert_eq!(code(&answer), (400, "bad_request"), "{name}: {}", answer.1);
        assert_eq!(stored(home.path(), "x.csv").await, None, "{name}");
    }
    until_little_is_stored(home.path()).await;
}

/// Waits until no part of an upload is left in the store.
async fn until_little_is_stored(home: &Path) {
    fn size(folder: &Path) -> u64 {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .map(|entry| {
                entry.metadata().map_or(0, |about| if about.is_dir() { size(&entry.path()) } else { about.len() })
            })
            .sum()
    }
    let deadline = std::time::Instant::now() + PATIENCE;
    while size(&home.join("store")) > MIB as u64 {
        assert!(std::time::Instant::now() < deadline, "{} bytes stay in the store", size(&home.join("store")));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_behind() {
    let (home, node) = gateway(&[]);
    let mut stream = raw::connect(&node.base).await;
    let head = format!(
        "POST /upload/dataset/x.csv HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: 99000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&bytes(30 * MIB)).await.unwrap();
    drop(stream);
    until_little_is_stored(home.path()).await;
    assert_eq!(stored(home.path(), "x.csv").await, None);
}

#[tokio::test]
async fn files_go_into_the_bucket_of_data_only_and_come_from_those_of_the_node_only() {
    let (_home, node) = gateway(&[]);
    for bucket in ["model-promotion", "mlflow", "processed-data", "inference-logs", "secrets", "a%2Fb"] {
        let answer = upload(&node, &format!("/upload/{bucket}/default/current.json"), &[], b"{}".to_vec()).await;
        assert_eq!(code(&answer), (403, "bucket_not_allowed"), "{bucket}");
    }
    for bucket in ["secrets", "mlflow2", "Dataset"] {
        assert_eq!(download(&node, &format!("/download/{bucket}/x"), &[]).await.0, StatusCode::FORBIDDEN, "{bucket}");
    }
    assert_eq!(download(&node, "/download/model-promotion/default/current.json", &[]).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_path_that_climbs_is_refused() {
    let (home, node) = gateway(&[]);
    std::fs::write(home.path().join("outside.txt"), "secret").unwrap();
    let paths = [
        "../mlflow/x",
        "..%2Fmlflow%2Fx",
        "%2e%2e/mlflow/x",
        "a/../../x",
        "a//x",
        "%2Fetc%2Fpasswd",
        "a%5C..%5Cx",
        "a%00x",
        "a/.",
        "..%2F..%2Foutside.txt",
    ];
    for path in paths {
        for call in ["POST /upload", "GET /download"] {
            let request = format!(
                "{call}/dataset/{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: 2\r\n\r\n{{}}"
            );
            let answer = raw::ask(&node.base, &request).await;
            assert_eq!(answer.status, 400, "{call} {path}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_empty_or_compressed_is_not_stored() {
    let (home, node) = gateway(&[("UPLOAD_MAX_BYTES", "10000000")]);
    let announced = upload(&node, "/upload/dataset/x.csv", &[], bytes(10_000_001)).await;
    assert_eq!(code(&announced), (413, "body_too_large"), "{}", announced.1);
    assert!(announced.1["detail"].as_str().unwrap().contains("UPLOAD_MAX_BYTES"), "{}", announced.1);
    let in_form =
        upload(&node, "/upload/dataset/x.csv", &[FORM], form(&[("file", Some("x"), &bytes(10_000_001))])).await;
    assert_eq!(code(&in_form), (413, "body_too_large"), "{}", in_form.1);

    let mut stream = raw::connect(&node.base).await;
    let head = format!(
        "POST /upload/dataset/x.csv HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let chunk = [format!("{:x}\r\n", 11_000_000).as_bytes(), &bytes(11_000_000), b"\r\n0\r\n\r\n"].concat();
    let (mut reading, mut writing) = stream.split();
    let (answer, _) = tokio::join!(raw::answer(&mut reading), async {
        writing.write_all(head.as_bytes()).await.unwrap();
        // the node may have closed before all was sent
        let _ = writing.write_all(&chunk).await;
    });
    assert_eq!((answer.status, answer.json()["code"].as_str()), (413, Some("body_too_large")));

    assert_eq!(code(&upload(&node, "/upload/dataset/x.csv", &[], Vec::new()).await), (400, "bad_request"));
    let gzip = upload(&node, "/upload/dataset/x.csv", &[("content-encoding", "gzip")], b"1".to_vec()).await;
    assert_eq!(code(&gzip), (415, "unsupported_media_type"));
    assert_eq!(stored(home.path(), "x.csv").await, None);
    assert_eq!(upload(&node, "/upload/dataset/x.csv", &[], bytes(10_000_000)).await.0, 200, "as large as allowed");
}

#[tokio::test]
async fn a_writer_may_ask_for_a_new_file_or_for_the_version_that_it_knows() {
    let (home, node) = gateway(&[]);
    let new = [("if-none-match", "*")];
    for size in [3, 9 * MIB] {
        let path = format!("/upload/dataset/{size}.csv");
        let (status, first) = upload(&node, &path, &new, bytes(size)).await;
        assert_eq!(status, 200, "{first}");
        assert_eq!(code(&upload(&node, &path, &new, bytes(size + 1)).await), (412, "precondition_failed"));
        let etag = first["etag"].as_str().unwrap();
        assert_eq!(upload(&node, &path, &[("if-match", etag)], bytes(size + 2)).await.0, 200);
        assert_eq!(code(&upload(&node, &path, &[("if-match", etag)], bytes(size)).await), (412, "precondition_failed"));
        assert!(stored(home.path(), &format!("{size}.csv")).await.unwrap() == bytes(size + 2));
    }
    let unclear = upload(&node, "/upload/dataset/x.csv", &[("if-match", "*")], bytes(1)).await;
    assert_eq!(code(&unclear), (400, "bad_request"));
}

#[tokio::test]
async fn the_memory_of_the_node_does_not_grow_with_the_file() {
    let (_home, node) = gateway(&[]);
    upload(&node, "/upload/dataset/x.csv", &[], bytes(20 * MIB)).await;
    download(&node, "/download/dataset/x.csv", &[]).await;
    let before = node.peak_memory_bytes();
    let file = bytes(200 * MIB);
    assert_eq!(upload(&node, "/upload/dataset/x.csv", &[], file.clone()).await.0, 200);
    assert_eq!(upload(&node, "/upload/dataset/y.csv", &[FORM], form(&[("file", Some("y"), &file)])).await.0, 200);
    assert!(download(&node, "/download/dataset/y.csv", &[]).await.2 == file);
    let grown = node.peak_memory_bytes() - before;
    assert!(grown < 60 * MIB, "{} MiB more", grown / MIB);
}

#[tokio::test]
async fn a_download_that_has_begun_is_finished_by_a_node_that_stops() {
    let (_home, node) = gateway(&[]);
    let file = bytes(30 * MIB);
    upload(&node, "/upload/dataset/x.csv", &[], file.clone()).await;
    let mut stream = raw::connect(&node.base).await;
    let request =
        format!("GET /download/dataset/x.csv HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut begun = vec![0; MIB];
    stream.read_exact(&mut begun).await.unwrap();
    node.signal(Signal::SIGTERM);
    node.await_line("\"event\":\"drain_step\"");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    let all = [begun, rest].concat();
    assert!(all.ends_with(&file), "{} bytes came", all.len());
    assert_eq!(node.wait().code(), Some(0));
}

#[tokio::test]
async fn files_that_a_browser_posts_are_prepared_trained_and_served() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("ADMIN_TOKEN", TOKEN), ("RECONCILE_INTERVAL_MS", "500")], None);
    for (name, file) in [("PobleSec_test.csv", &data.test), ("PobleSec.csv", &data.train)] {
        let body = form(&[("file", Some(name), &std::fs::read(file).unwrap())]);
        assert_eq!(upload(&node, &format!("/upload/dataset/{name}"), &[FORM], body).await.0, 200);
    }
    node.until_ready().await;
    let (status, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn a_node_without_the_role_says_so() {
    let (_home, node) = serving_node(&[("ADMIN_TOKEN", TOKEN)]);
    assert_eq!(code(&upload(&node, "/upload/dataset/x.csv", &[], b"1".to_vec()).await), (404, "role_not_running"));
    assert_eq!(download(&node, "/download/dataset/x.csv", &[]).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_gateway_alone_is_ready_with_its_store_and_has_no_actors() {
    let (_home, node) = gateway(&[]);
    node.until_ready().await;
    assert_eq!(node.get("/debug/actors").await.1["actors"], json!([]));
    assert_eq!(node.stop().code(), Some(0));
}
