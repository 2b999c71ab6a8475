//! Whoever cannot start a node is told what to do about it.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use flts::embedded::{Credentials, Store};

fn flts(args: &[&str], environment: &[(&str, &str)], home: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flts"))
        .args(args)
        .env("HTTP_ADDR", "127.0.0.1:0")
        .env("DATA_DIR", home.join("data"))
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Fails to start, and says all of these words.
fn refused(code: i32, args: &[&str], environment: &[(&str, &str)], home: &Path, words: &[&str]) {
    let output = flts(args, environment, home);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?} {environment:?}: {told}");
    for word in words {
        assert!(told.contains(word), "{args:?} {environment:?} lacks {word:?}: {told}");
    }
}

#[test]
fn a_port_that_is_taken_is_told_with_another_one() {
    let home = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let words = [addr.as_str(), "another program uses the port", "set HTTP_ADDR to another port, such as 127.0.0.1:"];
    refused(1, &["run"], &[("HTTP_ADDR", &addr)], home.path(), &words);
}

#[test]
fn a_data_folder_that_is_a_file_is_told_as_such() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let words = ["DATA_DIR", "it is a file", "set DATA_DIR to a folder"];
    refused(1, &["run"], &[("DATA_DIR", file.to_str().unwrap())], home.path(), &words);
}

#[test]
fn an_input_file_that_cannot_be_used_is_told_with_its_flag() {
    let home = tempfile::tempdir().unwrap();
    let short = home.path().join("short.csv");
    fs::write(&short, "time,down\n2024-01-01 00:00:00,1\n2024-01-01 00:02:00,2\n").unwrap();
    let (short, folder) = (short.to_str().unwrap(), home.path().to_str().unwrap());
    for (args, words) in [
        (&["run", "--data", "nowhere.csv"][..], &["--data nowhere.csv", "there is no such file", "check the path"][..]),
        (&["run", "--data", folder], &["it is a folder", "name a CSV file in it"]),
        (&["run", "--data", short], &["2 row(s)", "at least 10", "--test"]),
        (&["run", "--data", short, "--test", "nowhere.csv"], &["--test nowhere.csv", "there is no such file"]),
    ] {
        refused(1, args, &[], home.path(), words);
    }
}

#[tokio::test]
async fn a_store_that_refuses_is_told_with_its_address_and_its_setting() {
    let home = tempfile::tempdir().unwrap();
    let keys = Credentials { access_key: "key".into(), secret_key: "secret".into() };
    let store = Store::start(&home.path().join("store"), ([127, 0, 0, 1], 0).into(), keys).await.unwrap();
    let endpoint = format!("http://{}", store.addr());
    tokio::task::spawn_blocking(move || {
        let environment =
            [("S3_ENDPOINT_URL", endpoint.as_str()), ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "wrong")];
        let words = [endpoint.as_str(), "S3_ENDPOINT_URL", "does not let this node in", "check access keys"];
        refused(1, &["run"], &environment, home.path(), &words);
    })
    .await
    .unwrap();
}

#[test]
fn a_slip_in_a_command_or_a_flag_is_told_with_the_nearest() {
    let home = tempfile::tempdir().unwrap();
    refused(2, &["rum"], &[], home.path(), &["'rum'", "'run'"]);
    refused(2, &["run", "--sede", "4"], &[], home.path(), &["'--sede'", "'--seed'"]);
}

#[test]
fn help_ends_quietly_when_its_reader_goes_away() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output =
        Command::new(env!("CARGO_BIN_EXE_flts")).args(["run", "--help"]).stdout(writer).stderr(Stdio::piped()).output();
    let output = output.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn short_help_fits_what_is_needed_and_long_help_has_everything() {
    let home = tempfile::tempdir().unwrap();
    let help = |args: &[&str]| String::from_utf8(flts(args, &[], home.path()).stdout).unwrap();
    let (short, long) = (help(&["run", "-h"]), help(&["run", "--help"]));
    for text in [&short, &long] {
        assert!(
            text.contains("--http-addr") && text.contains("[env: HTTP_ADDR]") && text.contains("Examples:"),
            "{text}"
        );
    }
    assert!(!short.contains("--restart-limit") && long.contains("--restart-limit"), "{short}");
    assert!(long.contains("[from a file: ADMIN_TOKEN_FILE]"), "{long}");
    assert!(help(&["--help"]).contains("flts run --data my.csv"));
}
