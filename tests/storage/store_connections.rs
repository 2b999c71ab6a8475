//! Stores behind TLS, and keys that are found and not given.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use flts::storage::{CaBundle, Condition, ObjectStore, ObjectStoreConfig};
use flts_soak::services::Minio;
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::common::Node;
use crate::common::any_store::AnyStore;
use crate::common::shell::flts_with;
use crate::common::wire;

/// An authority of our own and a server's certificate of it, as files with MinIO's names.
struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(authority.bundle(), issuer.pem()).unwrap();
        std::fs::write(authority.file("public.crt"), certificate.pem()).unwrap();
        std::fs::write(authority.file("private.key"), key.serialize_pem()).unwrap();
        authority
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn bundle(&self) -> PathBuf {
        self.file("authority.pem")
    }

    /// HTTPS before a store that speaks HTTP.
    async fn before(&self, endpoint: &str) -> String {
        let chain = CertificateDer::pem_file_iter(self.file("public.crt")).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(self.file("private.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let (acceptor, upstream) =
            (TlsAcceptor::from(Arc::new(config)), endpoint.trim_start_matches("http://").to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, upstream) = (acceptor.clone(), upstream.clone());
                tokio::spawn(async move {
                    // a client that does not trust us ends the handshake
                    let Ok(mut near) = acceptor.accept(stream).await else { return };
                    let mut far = TcpStream::connect(upstream).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        format!("https://{addr}")
    }
}

async fn speaks(config: ObjectStoreConfig) {
    let objects = ObjectStore::new(config);
    objects.ensure_bucket("bucket").await.unwrap();
    let bytes = Bytes::from(vec![7; 17 << 20]);
    objects.put("bucket", "key", bytes.clone(), Condition::IfAbsent).await.unwrap();
    assert!(objects.get("bucket", "key").await.unwrap().unwrap().bytes == bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_behind_an_authority_of_our_own_is_spoken_to_and_others_are_not_trusted() {
    let (store, authority) = (AnyStore::embedded().await, Authority::new());
    let endpoint_url = Some(authority.before(&store.endpoint()).await);
    let ca_bundle = Some(CaBundle::read(&authority.bundle()).unwrap());
    speaks(ObjectStoreConfig { endpoint_url: endpoint_url.clone(), ca_bundle, ..store.config() }).await;

    let stranger = Authority::new();
    for ca_bundle in [None, Some(CaBundle::read(&stranger.bundle()).unwrap())] {
        let objects =
            ObjectStore::new(ObjectStoreConfig { endpoint_url: endpoint_url.clone(), ca_bundle, ..store.config() });
        let error = objects.get("bucket", "key").await.unwrap_err().to_string();
        assert!(error.contains("certificate"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real store: make test-real"]
async fn minio_behind_its_own_certificate_is_spoken_to() {
    let authority = Authority::new();
    let minio = Minio::start_encrypted(authority.folder.path().to_owned()).unwrap();
    let config = ObjectStoreConfig::at(minio.endpoint_url(), Minio::ACCESS_KEY, Minio::SECRET_KEY);
    let ca_bundle = Some(CaBundle::read(&authority.bundle()).unwrap());
    speaks(ObjectStoreConfig { ca_bundle, ..config }).await;
}

#[test]
fn a_bundle_without_certificates_is_told_as_such() {
    let authority = Authority::new();
    let told = |path: &Path| CaBundle::read(path).unwrap_err().to_string();
    assert!(told(&authority.file("private.key")).contains("no usable certificate"));
    assert!(told(&authority.file("absent.pem")).contains("cannot be read"));
}

/// A token service that gives the keys of a store to whoever brings a token, and keeps what it was asked.
async fn token_service(asked: Arc<Mutex<Vec<String>>>) -> SocketAddr {
    wire::serve(move |request| {
        asked.lock().unwrap().push(String::from_utf8_lossy(&request.body).into_owned());
        let keys = format!(
            "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>\
             <SessionToken>of the role</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>\
             <AssumedRoleUser><AssumedRoleId>AROA:flts</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/flts/flts</Arn>\
             </AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
            Minio::ACCESS_KEY,
            Minio::SECRET_KEY
        );
        async move { Some(wire::answer(200, "content-type: text/xml\r\n", keys.as_bytes())) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_with_a_role_gets_its_keys_for_the_token_that_it_was_given() {
    let (store, home) = (AnyStore::embedded().await, tempfile::tempdir().unwrap());
    let (asked, tokens) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<Vec<String>>>::default());
    let (sts, noted) = (format!("http://{}", token_service(asked.clone()).await), tokens.clone());
    let upstream = store.endpoint().trim_start_matches("http://").to_owned();
    let way = wire::serve(move |request| {
        noted.lock().unwrap().extend(request.header("x-amz-security-token").map(str::to_owned));
        let upstream = upstream.clone();
        async move { Some(request.forwarded_to(&upstream).await) }
    });
    let endpoint = format!("http://{}", way.await);
    let token = home.path().join("token");
    std::fs::write(&token, "a token of the cluster").unwrap();
    let settings = [
        ("ROLES", "preprocess"),
        ("S3_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/flts"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ENDPOINT_URL_STS", sts.as_str()),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ];
    let node = Node::start(&home.path().join("data"), &settings, None);
    node.until_ready().await;
    let asked = asked.lock().unwrap().clone();
    assert!(
        asked[0].contains("AssumeRoleWithWebIdentity") && asked[0].contains("a%20token%20of%20the%20cluster"),
        "{asked:?}"
    );
    assert_eq!(asked.len(), 1, "keys are kept until they expire");
    assert!(tokens.lock().unwrap().iter().all(|token| token == "of the role"));
    store.client().list("dataset", "").await.expect("the buckets were made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_without_any_keys_is_told_what_to_set() {
    let (store, home) = (AnyStore::embedded().await, tempfile::tempdir().unwrap());
    let endpoint = store.endpoint();
    let said = tokio::task::spawn_blocking(move || {
        let settings = [
            ("S3_ENDPOINT_URL", endpoint.as_str()),
            ("DATA_DIR", home.path().to_str().unwrap()),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ];
        flts_with(&settings, &["run"])
    });
    let said = said.await.unwrap();
    let told = said.bad(1);
    assert!(told.contains("no access keys") && told.contains("AWS_ACCESS_KEY_ID"), "{told}");
}
