//! A wrong configuration is refused as a whole, with words that say what to do, before anything is touched.

use flts::actors::Role;
use flts::cli::{self, Command, Exit};
use flts::config::table::{self, Fallback, SETTINGS};
use flts::config::{Config, Targets};
use flts::forecast::{ScoreWeights, TrainSettings};
use flts::node::{Build, CONFIGURATION, InputFiles, USAGE};
use flts::runtime::SupervisorConfig;
use flts::storage::StorePatience;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

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
    assert_eq!(config.judging.score_weights, ScoreWeights::default());
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

#[test]
fn a_data_file_names_the_data_set_of_the_run() {
    let Ok(Command::Run { config, files }) =
        parse(&["run", "--data", "there/Site A.csv"], &[("TRAIN_FILE", "old.csv")])
    else {
        panic!("'flts run --data' is a command");
    };
    assert_eq!(files, Some(InputFiles { data: PathBuf::from("there/Site A.csv"), test: None }));
    assert_eq!(config.data.preprocess.train_file, "Site A.csv");
    assert_eq!(config.data.preprocess.test_file, "Site A_test.csv");
    let named = good(&["--data", "a.csv", "--test", "b.csv", "--test-file", "c.csv"], &[]);
    assert_eq!(named.data.preprocess.test_file, "c.csv");
    assert!(mistakes(&["--data", "x/a.csv", "--test", "y/a.csv"], &[])[0].contains("TRAIN_FILE and TEST_FILE"));
    let by_name = good(&[], &[("DATASET_NAME", "ElBorn")]);
    assert_eq!(by_name.data.preprocess.test_file, "ElBorn_test.csv");
}

#[test]
fn wrong_usage_exits_2_and_help_exits_0() {
    for args in [&["run", "--test", "b.csv"][..], &["run", "--no-such-flag", "1"], &["fly"], &["sample-data"], &[]] {
        let exit = parse(args, &[]).expect_err("wrong usage is refused");
        assert_eq!(exit.code, USAGE, "{args:?}: {}", exit.message);
    }
    let version = parse(&["--version"], &[]).expect_err("a version is no command to run");
    assert_eq!((version.code, version.message.as_str()), (0, "flts 1.2.3 (0123456789ab)\n"));
    let help = parse(&["run", "--help"], &[]).expect_err("help is no command to carry out");
    assert_eq!(help.code, 0);
    for setting in SETTINGS {
        assert!(help.message.contains(&table::flag(setting.name)), "{} is not in the help", setting.name);
        assert!(help.message.contains(setting.group.heading()), "{} is not in the help", setting.group.heading());
    }
}

#[test]
fn the_program_exits_78_before_it_touches_anything() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let output = process::Command::new(env!("CARGO_BIN_EXE_flts"))
        .args(["run", "--seed", "x"])
        .env("DATA_DIR", &data_dir)
        .env("FLTS_NO_SUCH_THING", "1")
        .env("HTTP_ADDR", "nowhere")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{told}");
    assert!(told.contains("the configuration has 3 mistakes:"), "{told}");
    for name in ["--seed is 'x'", "HTTP_ADDR is 'nowhere'", "FLTS_NO_SUCH_THING is no setting"] {
        assert!(told.contains(name), "{name} is not in {told}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was written");
}

#[test]
fn the_documentation_lists_the_settings_as_they_are() {
    const START: &str = "<!-- settings: start -->\n";
    const END: &str = "<!-- settings: end -->";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    let document = fs::read_to_string(path).unwrap();
    let start = document.find(START).expect("docs/configuration.md marks where the settings start") + START.len();
    let end = document.find(END).expect("docs/configuration.md marks where the settings end");
    let expected = table::markdown() + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, format!("{}{expected}{}", &document[..start], &document[end..])).unwrap();
        return;
    }
    assert!(
        document[start..end] == expected,
        "the settings changed; run UPDATE_DOCS=1 scripts/test.sh --test node configuration::"
    );
}
