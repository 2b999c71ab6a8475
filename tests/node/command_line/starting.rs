//! A node that cannot start says what to do, and leaves nothing half done.

use std::fs;
use std::process::Command;

use crate::common::shell::{flts, flts_with};
use crate::common::{self, Data, Node};

#[tokio::test]
async fn a_folder_in_use_is_refused_with_the_way_to_join_its_node() {
    let home = tempfile::tempdir().unwrap();
    let _owner = Node::start(home.path(), &[], None);
    let refused = flts(home.path(), &["run"]);
    let told = refused.bad(1);
    assert!(told.contains("is in use by another node (process ") && told.contains("set JOIN="), "{told}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_refused_with_the_setting_to_change() {
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let owner = Node::start(homes[0].path(), &[], None);
    let addr = owner.base.strip_prefix("http://").unwrap();
    let refused = flts(homes[1].path(), &["run", "--http-addr", addr]);
    assert!(refused.bad(1).contains("set HTTP_ADDR to another port"), "{refused:?}");
    assert!(!homes[1].path().join("node.json").exists() && !homes[1].path().join("store").exists());
}

#[test]
fn a_node_does_not_join_itself() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("there")).unwrap();
    let round_about = home.path().join("there/..").join("node.json");
    for join in [home.path(), &round_about] {
        let refused = flts(home.path(), &["run", "--join", join.to_str().unwrap()]);
        assert!(refused.bad(78).contains("this node's own DATA_DIR"), "{refused:?}");
    }
}

#[test]
fn join_and_addresses_are_not_set_together() {
    let env = [("JOIN", "/there"), ("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"), ("S3_ENDPOINT_URL", "http://minio:9000")];
    let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    let refused = flts_with(&[&env[..], &keys].concat(), &["run"]);
    let told = refused.bad(78);
    assert!(told.contains("2 mistakes") && told.contains("JOIN and S3_ENDPOINT_URL are both set"), "{told}");
}

#[test]
fn a_folder_that_cannot_be_made_is_told_with_the_setting_to_change() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("file"), "no folder").unwrap();
    let refused = flts(&home.path().join("file/data"), &["run"]);
    assert!(refused.bad(1).contains("set DATA_DIR to a folder"), "{refused:?}");
}

#[tokio::test]
async fn a_full_disk_ends_the_start_and_leaves_nothing_half_written() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    for with_data in [false, true] {
        // a file may not grow beyond nothing, as on a disk without room
        let mut full = Command::new("sh");
        full.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" run \"$@\"", env!("CARGO_BIN_EXE_flts")]);
        if with_data {
            full.arg("--data").arg(&data.train);
        }
        let full = full.env("DATA_DIR", home.path()).envs(common::QUICK).output().unwrap();
        let told = String::from_utf8_lossy(&full.stderr);
        assert_eq!(full.status.code(), Some(1), "{told}");
        assert!(told.contains("error: cannot write"), "{told}");
        let left: Vec<_> = walk(home.path()).into_iter().filter(|name| !name.ends_with("lock")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
    let recovered = Node::start(home.path(), &[], Some(&data));
    recovered.until_ready().await;
    assert_eq!(recovered.stop().code(), Some(0), "with room again the same folder serves");
}

/// Every file below a folder.
fn walk(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path.display().to_string()] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_user_can_read_what_a_node_keeps_or_hold_its_lock() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (home, data) = (folder.path().join("home"), Data::synthetic());
    let node = Node::start(&home, &[], Some(&data));
    node.until("/readyz", |status, _| status == 200).await;
    let mut unseen = vec![home];
    while let Some(path) = unseen.pop() {
        let Ok(metadata) = path.symlink_metadata() else { continue };
        let mode = metadata.permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has the mode {mode:o}", path.display());
        if metadata.is_dir() {
            unseen.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    node.kill();
}
