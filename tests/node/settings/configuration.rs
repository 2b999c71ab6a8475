//! A wrong configuration is refused as a whole, with words that say what to do, before anything is touched.

use flts::actors::Role;
use flts::cli::{self, Command, Exit};
use flts::config::table::{Fallback, SETTINGS};
use flts::config::{Config, Targets};
use flts::forecast::TrainSettings;
use flts::node::{Build, CONFIGURATION};
use flts::runtime::SupervisorConfig;
use flts::storage::StorePatience;
use std::ffi::OsString;
use std::path::Path;

mod secrets;
mod usage;
mod wrong;

fn parse(args: &[&str], environment: &[(&str, &str)]) -> Result<Command, Exit> {
    let args = std::iter::once("flts").chain(args.iter().copied()).map(OsString::from);
    let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
    cli::parse(args, environment, Build { version: "1.2.3", commit: "0123456789ab" })
}

fn run(args: &[&str], environment: &[(&str, &str)]) -> Result<Config, Exit> {
    let args: Vec<&str> = std::iter::once("run").chain(args.iter().copied()).collect();
    match parse(&args, environment)? {
        Command::Run { config, .. } => Ok(*config),
        other => panic!("'flts run' is read as {other:?}"),
    }
}

fn good(args: &[&str], environment: &[(&str, &str)]) -> Config {
    run(args, environment).unwrap_or_else(|exit| panic!("{}", exit.message))
}

/// The mistakes of a configuration, without the line that counts them.
fn mistakes(args: &[&str], environment: &[(&str, &str)]) -> Vec<String> {
    let exit = run(args, environment).expect_err("a wrong configuration is refused");
    assert_eq!(exit.code, CONFIGURATION, "{}", exit.message);
    exit.message.lines().skip(1).map(|line| line.trim_start_matches("  - ").to_string()).collect()
}

#[test]
fn each_wrong_setting_is_one_mistake_that_names_it_and_says_what_would_be_right() {
    assert!(wrong::WRONG.len() >= 40, "the table has {} cases", wrong::WRONG.len());
    for (name, value, words) in wrong::WRONG {
        let found = mistakes(&[], &[(name, value)]);
        assert_eq!(found.len(), 1, "{name}={value}: {found:?}");
        assert!(found[0].contains(name), "{name}={value}: {found:?}");
        for word in *words {
            assert!(found[0].contains(word), "{name}={value} lacks \"{word}\": {found:?}");
        }
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let environment = [("HTTP_ADDR", "x"), ("SEED", "x"), ("FLTS_SEDE", "1"), ("EPOCHS", "1"), ("MAX_STEPS", "1")];
    let found = mistakes(&["--roles", "x", "--tls-key", "k"], &environment);
    assert_eq!(found.len(), 6, "{found:#?}");
    for name in ["HTTP_ADDR", "SEED", "FLTS_SEDE", "EPOCHS and MAX_STEPS", "--roles", "TLS_KEY"] {
        assert!(found.iter().any(|mistake| mistake.contains(name)), "{name} is not in {found:#?}");
    }
}

#[test]
fn a_store_is_embedded_or_at_an_address_or_aws_itself() {
    let minio = ("S3_ENDPOINT_URL", "https://minio:9000");
    let keys = [("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let store = |settings: &[(&str, &str)]| good(&[], settings).object_store;
    assert_eq!(store(&[]).place(), None);
    assert_eq!(store(&[("OBJECT_STORE", "embedded")]).place(), None);
    let own = store(&[&[minio], &keys[..]].concat());
    assert!(own.path_style && own.credentials.is_some());
    assert_eq!(own.place().as_deref(), Some("https://minio:9000"));
    assert!(!store(&[minio, ("S3_FORCE_PATH_STYLE", "no")]).path_style);
    let aws = store(&[("OBJECT_STORE", "s3"), ("AWS_REGION", "eu-west-3")]);
    assert!(!aws.path_style && aws.credentials.is_none());
    assert_eq!(aws.place().as_deref(), Some("AWS, region eu-west-3"));
    let found = mistakes(&[], &[minio, ("OBJECT_STORE", "embedded")]);
    assert!(found[0].contains("OBJECT_STORE is 'embedded', but S3_ENDPOINT_URL"), "{found:?}");
}

#[test]
fn a_store_without_keys_has_them_looked_for_and_says_so() {
    let config = good(&[], &[("S3_ENDPOINT_URL", "http://minio:9000")]);
    assert!(config.notes.iter().any(|note| note.contains("AWS_ACCESS_KEY_ID is not set")), "{:?}", config.notes);
    let found = mistakes(&[], &[("S3_ENDPOINT_URL", "http://minio:9000"), ("AWS_SECRET_ACCESS_KEY", "secret")]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("AWS_ACCESS_KEY_ID_FILE"), "{found:#?}");
}

#[test]
fn a_family_that_nobody_trains_is_not_waited_for() {
    let one_process = [("MODEL_TYPE", "GRU"), ("EXPECTED_MODEL_TYPES", "GRU,LSTM")];
    assert!(mistakes(&[], &one_process)[0].contains("LSTM, which nobody trains"));
    let with_others = [one_process[0], one_process[1], ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")];
    assert_eq!(good(&[], &with_others).judging.expected_model_types, ["GRU", "LSTM"]);
    assert_eq!(good(&[], &[("MODEL_TYPE", "LSTM")]).judging.expected_model_types, ["LSTM"]);
    let evaluator = [("MODEL_TYPE", "LSTM"), ("ROLES", "evaluator")];
    assert_eq!(good(&[], &evaluator).judging.expected_model_types, ["GRU", "LSTM"]);
}

#[test]
fn without_any_setting_the_defaults_of_the_table_hold() {
    let config = Config::parse(&|_| None).unwrap();
    assert_eq!(config.roles.iter().collect::<Vec<_>>(), Role::ALL);
    assert_eq!(config.http.addr.to_string(), "127.0.0.1:8000");
    assert_eq!(config.data_dir, Path::new("./flts-data"));
    assert!(config.kafka.bootstrap_servers.is_none() && config.object_store.endpoint_url.is_none());
    assert_eq!(config.data.preprocess, Default::default());
    assert_eq!(config.data.targets, Targets::First);
    assert_eq!(config.training.model_types, ["GRU", "LSTM"]);
    assert_eq!(config.training.settings, TrainSettings::default());
    assert_eq!(config.judging.score_weights, None);
    assert_eq!(config.object_store.patience, StorePatience::default());
    assert_eq!(config.inference.queue_max_rows, 512);
    let (supervision, of_library) = (&config.supervision, SupervisorConfig::default());
    let (actor, group) = (of_library.policy, of_library.group_policy);
    assert_eq!((supervision.restart_limit, supervision.restart_window), (actor.limit, actor.window));
    assert_eq!((supervision.restart_backoff, supervision.restart_backoff_max), (actor.backoff, actor.backoff_max));
    assert_eq!((supervision.group_restart_limit, supervision.group_restart_window), (group.limit, group.window));
    assert_eq!(supervision.heartbeat_interval, of_library.heartbeat_interval);
    assert_eq!(supervision.heartbeat_timeout, of_library.heartbeat_floor);
    assert!(config.notes.is_empty(), "{:?}", config.notes);
}

#[test]
fn every_default_of_the_table_is_a_valid_value() {
    for setting in SETTINGS {
        if let Fallback::Is(text) = setting.default {
            assert!(setting.kind.read(text).is_ok(), "{} = {text}", setting.name);
        }
    }
}

#[test]
fn no_two_settings_share_a_name_or_a_flag() {
    let mut names: Vec<&str> = SETTINGS.iter().flat_map(|setting| setting.names()).collect();
    names.extend(flts::config::later::LATER.iter().map(|later| later.name));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn a_flag_wins_over_the_environment_and_a_prefixed_name_over_a_bare_one() {
    let environment = [("SEED", "1"), ("FLTS_SEED", "2")];
    assert_eq!(good(&["--seed", "3"], &environment).training.settings.seed, 3);
    assert_eq!(good(&[], &environment).training.settings.seed, 2);
    assert_eq!(good(&[], &environment[..1]).training.settings.seed, 1);
    assert_eq!(good(&[], &[("SEED", " ")]).training.settings.seed, 42, "empty means not set");
}

#[test]
fn an_alias_is_read_and_noted_and_a_contradiction_is_a_mistake() {
    let config = good(&[], &[("QUEUE_WORKERS", "3"), ("FLTS_MODEL_TYPES", "lstm"), ("ROLE", "trainer")]);
    assert_eq!(config.inference.workers, 3);
    assert_eq!(config.training.model_types, ["LSTM"]);
    assert_eq!(config.roles.iter().collect::<Vec<_>>(), [Role::Trainer]);
    assert!(config.notes.contains(&"QUEUE_WORKERS is read as INFERENCE_WORKERS".into()), "{:?}", config.notes);

    assert_eq!(good(&[], &[("ROLE", "trainer"), ("ROLES", "trainer")]).roles.iter().count(), 1);
    let found = mistakes(&[], &[("ROLE", "trainer"), ("ROLES", "inference")]);
    assert!(found[0].contains("ROLES and ROLE mean the same, but differ"), "{found:?}");
}

#[test]
fn booleans_take_eight_words_and_a_bare_flag() {
    for (word, meaning) in [
        ("1", true),
        ("True", true),
        ("yes", true),
        ("on", true),
        ("0", false),
        ("False", false),
        ("no", false),
        ("off", false),
    ] {
        assert_eq!(good(&[], &[("ENABLE_FAULTS", word)]).enable_faults, meaning, "{word}");
    }
    assert!(good(&["--enable-faults"], &[]).enable_faults);
    assert!(!good(&["--enable-faults=no"], &[("ENABLE_FAULTS", "1")]).enable_faults);
}

#[test]
fn variables_of_kubernetes_and_of_the_build_are_passed_over() {
    let theirs = [
        ("FLTS_SERVICE_HOST", "10.0.0.1"),
        ("FLTS_SERVICE_PORT_HTTP", "8000"),
        ("FLTS_PORT", "tcp://10.0.0.1:8000"),
        ("FLTS_INFERENCE_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("FLTS_TEST_PYTHON", "python3"),
    ];
    good(&[], &theirs);
}

#[test]
fn harmless_values_of_settings_to_come_are_accepted() {
    let same_as_now = [("KAFKA_SECURITY_PROTOCOL", "plaintext"), ("ENABLE_PREDICT_CACHE", "0"), ("DEVICE", "cpu")];
    good(&[], &same_as_now);
    let config = good(&[], &[("GATEWAY_URL", "http://fastapi-app:8000")]);
    assert!(config.notes[0].contains("GATEWAY_URL has no effect"), "{:?}", config.notes);
}
