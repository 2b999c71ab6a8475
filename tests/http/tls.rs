//! With a certificate and its key the API speaks HTTPS, and nobody's handshake holds anybody else.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::common::Node;
use crate::common::raw::{Answer, answer, connect, rest};
use crate::common::shell::flts_with;

const GET: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A certificate of `localhost` and its key, in files.
struct Identity {
    folder: tempfile::TempDir,
    made: rcgen::CertifiedKey<rcgen::KeyPair>,
}

impl Identity {
    fn new() -> Identity {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let identity = Identity { folder: tempfile::tempdir().unwrap(), made };
        std::fs::write(identity.cert(), identity.made.cert.pem()).unwrap();
        std::fs::write(identity.key(), identity.made.signing_key.serialize_pem()).unwrap();
        identity
    }

    fn cert(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn start(&self, env: &[(&str, &str)]) -> Node {
        let (cert, key) = (self.cert(), self.key());
        let mut all =
            vec![("ROLES", "inference"), ("TLS_CERT", cert.to_str().unwrap()), ("TLS_KEY", key.to_str().unwrap())];
        all.extend(env);
        Node::start(&self.data(), &all, None)
    }

    async fn shake_hands(&self, base: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.made.cert.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, connect(base).await).await
    }

    async fn get(&self, base: &str) -> Answer {
        let mut stream = self.shake_hands(base).await.unwrap();
        stream.write_all(GET).await.unwrap();
        answer(&mut stream).await
    }
}

#[tokio::test]
async fn the_api_speaks_https_alone() {
    let identity = Identity::new();
    let node = identity.start(&[]);
    assert!(node.base.starts_with("https://"), "{}", node.base);
    for _ in 0..2 {
        assert_eq!(identity.get(&node.base).await.status, 200);
    }
    let mut plain = connect(&node.base).await;
    plain.write_all(GET).await.unwrap();
    assert!(!rest(&mut plain).await.contains("200"), "plain HTTP is not answered");
    let stranger = Identity::new();
    assert!(stranger.shake_hands(&node.base).await.is_err(), "the certificate is the one that was given");
    let joined = std::fs::read_to_string(identity.folder.path().join("data/node.json")).unwrap();
    assert!(joined.contains("https://"), "{joined}");
}

#[tokio::test]
async fn a_handshake_that_hangs_is_cut_off_and_blocks_nobody() {
    let identity = Identity::new();
    let node = identity.start(&[("HTTP_HEADER_TIMEOUT_MS", "1500")]);
    let mut silent = connect(&node.base).await;
    let mut hostile = connect(&node.base).await;
    hostile.write_all(b"\x16\x03\x01\xff\xff").await.unwrap();
    assert_eq!(identity.get(&node.base).await.status, 200, "while both hang");
    assert!(!rest(&mut silent).await.contains("HTTP"));
    assert!(!rest(&mut hostile).await.contains("HTTP"));
    assert_eq!(identity.get(&node.base).await.status, 200);
}

#[tokio::test]
async fn a_stopping_node_ends_its_tls_connections_in_order() {
    let identity = Identity::new();
    let node = identity.start(&[("DRAIN_NOTICE_MS", "1000")]);
    let mut stream = identity.shake_hands(&node.base).await.unwrap();
    stream.write_all(GET).await.unwrap();
    assert_eq!(answer(&mut stream).await.status, 200);
    let stopped = tokio::task::spawn_blocking(move || node.stop());
    let mut rest = Vec::new();
    // rustls reports an end without close_notify as an error
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await.unwrap();
    assert_eq!(rest, b"");
    drop(stream);
    assert_eq!(stopped.await.unwrap().code(), Some(0));
}

#[test]
fn certificates_that_cannot_be_used_are_configuration_mistakes() {
    let (ours, others) = (Identity::new(), Identity::new());
    let empty = ours.folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let absent = ours.folder.path().join("absent.pem");
    let cases = [
        (Some(ours.cert()), None, "TLS_CERT is set, but TLS_KEY is not"),
        (None, Some(ours.key()), "TLS_KEY is set, but TLS_CERT is not"),
        (Some(absent.clone()), Some(ours.key()), "TLS_CERT names"),
        (Some(ours.cert()), Some(absent), "which cannot be read"),
        (Some(empty.clone()), Some(ours.key()), "holds no certificate"),
        (Some(ours.key()), Some(ours.key()), "holds no certificate"),
        (Some(ours.cert()), Some(empty), "holds no private key"),
        (Some(ours.cert()), Some(others.key()), "the key must be that of the first certificate"),
    ];
    for (cert, key, words) in cases {
        let data_dir = ours.folder.path().join("untouched");
        let mut command = Command::new(env!("CARGO_BIN_EXE_flts"));
        command.args(["run"]).env("DATA_DIR", &data_dir).env("HTTP_ADDR", "127.0.0.1:0");
        cert.into_iter().for_each(|cert| _ = command.env("TLS_CERT", cert));
        key.into_iter().for_each(|key| _ = command.env("TLS_KEY", key));
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{words}: {told}");
        assert!(told.contains(words), "{words} is not in {told}");
        assert!(!data_dir.exists(), "nothing was touched");
    }
}

#[tokio::test]
async fn the_command_that_reloads_knows_the_node_by_its_certificate() {
    let (identity, stranger) = (Identity::new(), Identity::new());
    let node = identity.start(&[]);
    node.await_line("service_start");
    let reload = |of: &Identity| {
        let paths = [identity.data(), of.cert(), of.key()].map(|path| path.to_str().unwrap().to_owned());
        flts_with(&[("DATA_DIR", &paths[0]), ("TLS_CERT", &paths[1]), ("TLS_KEY", &paths[2])], &["reload"])
    };
    let said = reload(&identity);
    assert!(said.bad(1).contains("refuses: "), "the node has answered: {said:?}");
    let refused = reload(&stranger);
    assert!(refused.bad(1).contains("no node answers"), "{refused:?}");
}
