//! The limit of open files is raised at the start, and connections leave room for everything else.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::common::{PATIENCE, QUICK, node_file};

/// A node that the shell started under these limits, and its stderr.
fn node_under(limits: &str, home: &Path, log: &Path) -> Child {
    let script = format!("{limits} && exec \"$0\" run");
    let mut command = Command::new("sh");
    command
        .args(["-c", &script, env!("CARGO_BIN_EXE_flts")])
        .env("DATA_DIR", home)
        .envs(QUICK)
        .env("ROLES", "inference");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(std::fs::File::create(log).unwrap()).spawn().unwrap()
}

fn open_files(child: &Child) -> String {
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_whitespace().skip(3).take(2).collect::<Vec<_>>().join(" of ")
}

/// The lines of the log, as soon as one holds `text`.
fn log_with(log: &Path, text: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let lines = std::fs::read_to_string(log).unwrap();
        if lines.contains(text) {
            return lines;
        }
        assert!(Instant::now() < deadline, "no {text:?} in\n{lines}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn the_soft_limit_is_raised_to_the_hard_one() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("stderr");
    let mut node = node_under("ulimit -Sn 256 && ulimit -Hn 4096", home.path(), &log);
    let told = log_with(&log, "service_start");
    assert_eq!(open_files(&node), "4096 of 4096");
    assert!(!told.contains("connections_limited"), "{told}");
    node.kill().unwrap();
    node.wait().unwrap();
}

#[tokio::test]
async fn connections_leave_files_for_the_store_where_the_hard_limit_is_low() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("stderr");
    let mut node = node_under("ulimit -n 1024", home.path(), &log);
    let told = log_with(&log, "service_start");
    assert!(
        told.contains("connections_limited") && told.contains("HTTP_MAX_CONNECTIONS is 528 instead of 1024 and the embedded store takes 88 connections instead of 1024"),
        "{told}"
    );
    let url = node_file(home.path())["http"].as_str().unwrap().to_owned();
    let address = url.strip_prefix("http://").unwrap();
    let mut held = Vec::new();
    for _ in 0..1100 {
        held.push(tokio::net::TcpStream::connect(address).await.unwrap());
    }
    // the store is asked for the history
    let answered = reqwest::get(format!("{url}/promotion/history")).await.unwrap();
    assert!([200, 404].contains(&answered.status().as_u16()), "{}", answered.text().await.unwrap());
    node.kill().unwrap();
    node.wait().unwrap();
}
