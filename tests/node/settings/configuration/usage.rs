//! Arguments, exit codes, and the documentation of the settings.

use std::path::PathBuf;
use std::{fs, process};

use flts::cli::Command;
use flts::config::table::{self, SETTINGS};
use flts::node::{InputFiles, USAGE};

use super::{good, mistakes, parse};

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
