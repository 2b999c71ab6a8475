//! Nodes work over TLS and with a login on a real broker, and say why one does not let them in.

use std::path::PathBuf;

use flts_soak::services::{Kafka, KafkaSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use serde_json::Value;

use crate::common::shell::flts_with;
use crate::common::{Data, Node};

const PLAIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule required user_flts=\"plain-secret\";";
const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
/// The listeners of the broker, in its order after the plain one.
const SASL_SSL: usize = 1;
const SSL: usize = 2;
const WITH_CERTIFICATE: usize = 3;

type Env = Vec<(&'static str, String)>;

/// An authority, and what it has certified, in PEM files.
struct Papers {
    folder: tempfile::TempDir,
}

impl Papers {
    fn issue() -> Self {
        let papers = Self { folder: tempfile::tempdir().unwrap() };
        for ca in ["ca", "other-ca"] {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(DnType::CommonName, ca);
            let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
            papers.write(ca, &issuer.pem());
            if ca == "ca" {
                papers.certify("server", &issuer);
                papers.certify("client", &issuer);
            }
        }
        papers
    }

    fn certify(&self, name: &str, issuer: &CertifiedIssuer<'_, KeyPair>) {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, issuer).unwrap();
        self.write(&format!("{name}-key"), &key.serialize_pem());
        self.write(name, &certificate.pem());
        self.write(&format!("{name}-keystore"), &[key.serialize_pem(), certificate.pem(), issuer.pem()].concat());
    }

    fn write(&self, name: &str, pem: &str) {
        std::fs::write(self.path(name), pem).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.pem"))
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn broker(&self) -> Kafka {
        let names = [("SASL_SSL", "SASL_SSL"), ("SSL", "SSL"), ("CERTIFIED", "SSL")];
        let settings = KafkaSettings {
            listeners: names.map(|(name, protocol)| (name.to_owned(), protocol.to_owned())).to_vec(),
            properties: vec![
                "sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN".into(),
                format!("listener.name.sasl_ssl.plain.sasl.jaas.config={PLAIN}"),
                format!("listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={SCRAM}"),
                "ssl.keystore.type=PEM".into(),
                format!("ssl.keystore.location={}", self.text("server-keystore")),
                "ssl.truststore.type=PEM".into(),
                format!("ssl.truststore.location={}", self.text("ca")),
                "listener.name.certified.ssl.client.auth=required".into(),
            ],
            format_args: vec!["--add-scram".into(), "SCRAM-SHA-512=[name=flts,password=scram-secret]".into()],
        };
        Kafka::start_with(&settings).unwrap()
    }

    fn encrypted(&self, kafka: &Kafka, listener: usize, protocol: &str) -> Env {
        vec![
            ("KAFKA_BOOTSTRAP_SERVERS", kafka.address(listener).to_string()),
            ("KAFKA_SECURITY_PROTOCOL", protocol.into()),
            ("KAFKA_SSL_CA_LOCATION", self.text("ca")),
        ]
    }

    fn logged_in(&self, kafka: &Kafka, mechanism: &str, password: &str) -> Env {
        let mut env = self.encrypted(kafka, SASL_SSL, "SASL_SSL");
        env.push(("KAFKA_SASL_MECHANISM", mechanism.into()));
        env.push(("KAFKA_SASL_USERNAME", "flts".into()));
        env.push(("KAFKA_SASL_PASSWORD", password.into()));
        env
    }
}

fn borrowed(env: &Env) -> Vec<(&str, &str)> {
    env.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// A whole node: it creates its topics, trains from claims and promotes from events that went through the broker.
async fn works(env: &Env, data: &Data) {
    let home = tempfile::tempdir().unwrap();
    let node = Node::start(home.path(), &[&[("MODEL_TYPE", "GRU")], &borrowed(env)[..]].concat(), Some(data));
    node.until_ready().await;
    for consumer in ["training-claims-gru", "training-events"] {
        let settled = |report: &Value| report["state"]["poll"]["records"]["done"].as_u64().unwrap_or_default() > 0;
        node.until(&format!("/debug/actors/{consumer}"), |_, report| settled(report)).await;
    }
    assert_eq!(node.stop().code(), Some(0), "{env:?}");
    let told = flts_with(&borrowed(env), &["topics", "--json"]).json();
    assert!(told.as_array().unwrap().iter().all(|topic| topic["exists"] == true), "{told}");
    assert_eq!(told[0]["partitions"], 6, "{told}");
}

/// A node that is not let in serves, and says in readiness and log why; a command says so too.
async fn is_told(env: &Env, why: &str, check: &str) {
    let home = tempfile::tempdir().unwrap();
    let env = [&[("ROLES", "trainer")], &borrowed(env)[..]].concat();
    let node = Node::start(home.path(), &env, None);
    let told = |ready: &Value| ready["waiting_for"].to_string().contains(why);
    let ready = node.until("/readyz", |status, ready| status == 503 && told(ready)).await;
    assert!(ready["degraded"].to_string().contains(check), "{ready}");
    let logged = node.await_line("broker_refuses");
    assert!(logged.contains(why) && logged.contains(check), "{logged}");
    assert!(!node.log().contains("wrong-secret"), "a password is never told");
    assert_eq!(node.stop().code(), Some(0));
    let refused = flts_with(&env, &["topics"]);
    assert!(refused.bad(1).contains(why), "{why}: {refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real broker: make test-real"]
async fn each_way_of_security_works_and_each_mistake_is_told() {
    let (data, papers) = (Data::synthetic(), Papers::issue());
    let kafka = papers.broker();
    let identity = [
        ("KAFKA_SSL_CERTIFICATE_LOCATION", papers.text("client")),
        ("KAFKA_SSL_KEY_LOCATION", papers.text("client-key")),
    ];

    works(&papers.logged_in(&kafka, "PLAIN", "plain-secret"), &data).await;
    works(&papers.logged_in(&kafka, "SCRAM-SHA-512", "scram-secret"), &data).await;
    works(&papers.encrypted(&kafka, SSL, "SSL"), &data).await;
    let certified = [papers.encrypted(&kafka, WITH_CERTIFICATE, "SSL"), identity.to_vec()].concat();
    works(&certified, &data).await;

    let login = "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD";
    is_told(&papers.logged_in(&kafka, "PLAIN", "wrong-secret"), "SASL authentication error", login).await;
    is_told(&papers.logged_in(&kafka, "SCRAM-SHA-512", "wrong-secret"), "SASL authentication error", login).await;
    let mut unknown = papers.encrypted(&kafka, SSL, "SSL");
    unknown[2].1 = papers.text("other-ca");
    is_told(&unknown, "certificate verify failed", "KAFKA_SSL_CA_LOCATION").await;
    let bare = papers.encrypted(&kafka, WITH_CERTIFICATE, "SSL");
    is_told(&bare, "bad certificate", "KAFKA_SSL_CERTIFICATE_LOCATION").await;
    let plain: Env = vec![("KAFKA_BOOTSTRAP_SERVERS", kafka.address(SSL).to_string())];
    is_told(&plain, "hangs up at the first question", "KAFKA_SECURITY_PROTOCOL").await;
}
