//! Secrets come from files and are shown nowhere; a secure broker is asked for all that it needs at once.

use std::fs;

use super::{good, mistakes};

#[test]
fn a_secret_comes_from_a_file_and_is_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let token = file("token", "hunter2\n");
    let config = good(&[], &[("ADMIN_TOKEN_FILE", &token)]);
    assert_eq!(config.http.admin_token.as_ref().map(|token| token.expose()), Some("hunter2"));
    assert!(!format!("{config:?}").contains("hunter2"));
    let by_flag = good(&["--admin-token-file", &token], &[("ADMIN_TOKEN", "other")]);
    assert_eq!(by_flag.http.admin_token.unwrap().expose(), "hunter2");

    let kafka = file("kafka", "enable.auto.commit=hunter2,linger.ms hunter2");
    let empty = file("empty", "\n");
    let environment = [
        ("ADMIN_TOKEN", "hunter3"),
        ("ADMIN_TOKEN_FILE", token.as_str()),
        ("KAFKA_CONFIG_FILE", kafka.as_str()),
        ("FLTS_AWS_SESSION_TOKEN_FILE", empty.as_str()),
        ("AWS_ACCESS_KEY_ID_FILE", "/nowhere/key"),
    ];
    let found = mistakes(&[], &environment);
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found.iter().all(|mistake| !mistake.contains("hunter")), "{found:#?}");
    for word in [
        "ADMIN_TOKEN and ADMIN_TOKEN_FILE",
        "KAFKA_CONFIG_FILE",
        "which is empty",
        "'/nowhere/key', which cannot be read",
    ] {
        assert!(found.iter().any(|mistake| mistake.contains(word)), "{word} is not in {found:#?}");
    }
}

#[test]
fn what_a_secure_broker_needs_is_asked_for_at_once_and_reaches_the_clients() {
    let servers = ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9093");
    let found = mistakes(&[], &[servers, ("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"), ("KAFKA_SSL_CA_LOCATION", "/no/ca")]);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].contains("KAFKA_SASL_MECHANISM and KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"), "{found:#?}");
    assert!(found[1].contains("KAFKA_SSL_CA_LOCATION names '/no/ca', which cannot be read"), "{found:#?}");

    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("ca.pem");
    fs::write(&broken, "no certificate").unwrap();
    let broken = broken.display().to_string();
    let ssl = [servers, ("KAFKA_SECURITY_PROTOCOL", "ssl"), ("KAFKA_SSL_CA_LOCATION", broken.as_str())];
    let found = mistakes(&[], &ssl);
    assert!(found.len() == 1 && found[0].contains("KAFKA_SSL_CA_LOCATION cannot be used: "), "{found:#?}");
    let halves = [servers, ("KAFKA_SECURITY_PROTOCOL", "SSL"), ("KAFKA_SSL_KEY_LOCATION", broken.as_str())];
    assert!(mistakes(&[], &halves)[0].contains("KAFKA_SSL_CERTIFICATE_LOCATION is not; set both"));

    let login = [
        servers,
        ("KAFKA_SECURITY_PROTOCOL", "sasl_plaintext"),
        ("KAFKA_SASL_MECHANISM", "scram-sha-512"),
        ("KAFKA_SASL_USERNAME", "flts"),
        ("KAFKA_SASL_PASSWORD", "hunter2"),
        ("KAFKA_CONFIG", "sasl.mechanisms=PLAIN,linger.ms=1"),
    ];
    let config = good(&[], &login);
    let told: Vec<_> = config.kafka.extra.iter().map(|(key, value)| (key.as_str(), value.expose())).collect();
    let expected = [
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.username", "flts"),
        ("sasl.password", "hunter2"),
        ("sasl.mechanism", "PLAIN"),
        ("linger.ms", "1"),
    ];
    assert_eq!(told, expected, "KAFKA_CONFIG goes over the settings");
    assert!(!format!("{config:?}{:#}", config.shown_json()).contains("hunter2"));
}
