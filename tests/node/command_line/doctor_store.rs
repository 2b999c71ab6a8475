//! What `flts doctor` finds in a store that no node runs beside: strays, newer and damaged records, dead leases, clocks that differ.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use flts::storage::{BUCKETS, Condition, LeaseOwner, LeaseRecord, MLFLOW_BUCKET, ObjectStore, PROCESSED_BUCKET};
use serde_json::Value;

use crate::common::any_store::AnyStore;
use crate::common::shell::{Said, flts, flts_with};
use crate::common::wire;

struct Doctor {
    home: tempfile::TempDir,
    store: AnyStore,
    objects: ObjectStore,
}

impl Doctor {
    async fn with_a_store() -> Self {
        let store = AnyStore::embedded().await;
        let objects = store.client();
        for bucket in BUCKETS {
            objects.ensure_bucket(bucket).await.unwrap();
        }
        Self { home: tempfile::tempdir().unwrap(), store, objects }
    }

    async fn put(&self, bucket: &str, key: &str, text: impl Into<Vec<u8>>) {
        self.objects.put(bucket, key, text.into().into(), Condition::Always).await.unwrap();
    }

    fn says(&self) -> Said {
        self.says_of(&self.store.endpoint())
    }

    /// The report about the store at this address.
    fn says_of(&self, endpoint: &str) -> Said {
        let keys = self.store.env();
        let mut env: Vec<(&str, &str)> = keys.iter().map(|(name, value)| (*name, value.as_str())).collect();
        env.extend([("S3_ENDPOINT_URL", endpoint), ("DATA_DIR", self.home.path().to_str().unwrap())]);
        tokio::task::block_in_place(|| flts_with(&env, &["doctor", "--json"]))
    }
}

/// Level and text of the finding about a subject.
fn finding(said: &Said, subject: &str) -> (String, String) {
    let report: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    let found = report.as_array().unwrap().iter().find(|finding| finding["subject"] == subject);
    let found = found.unwrap_or_else(|| panic!("nothing about {subject} in {report:#}"));
    let text = |name: &str| found[name].as_str().unwrap().to_owned();
    (text("level"), text("text"))
}

fn key(folder: &str, id: char) -> String {
    format!("{folder}/default/{}/GRU/{}.json", "d".repeat(64), id.to_string().repeat(64))
}

#[test]
fn a_machine_on_which_nothing_ran_yet_is_not_broken() {
    let home = tempfile::tempdir().unwrap();
    for folder in [home.path().to_owned(), home.path().join("none")] {
        let said = flts(&folder, &["doctor", "--json"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        let (level, text) = finding(&said, "object store");
        assert!(level == "warning" && text.contains("start a node there"), "{level}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_store_is_sound() {
    let said = Doctor::with_a_store().await.says();
    assert_eq!(said.code, Some(0), "{said:?}");
    for subject in
        ["clocks", "object store", "data sets", "records", "stray objects", "leases", "version", "open files"]
    {
        assert_eq!(finding(&said, subject).0, "ok", "{subject}: {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strays_are_counted_and_named_and_break_nothing() {
    let doctor = Doctor::with_a_store().await;
    doctor.put(PROCESSED_BUCKET, "notes.txt", "hello").await;
    doctor.put(MLFLOW_BUCKET, "1/a/model.pkl", "a pickle").await;
    doctor.put(MLFLOW_BUCKET, "runs/readme", "hello").await;
    // the names of input files are the user's
    doctor.put("dataset", "anything at all.csv", "time,down").await;
    let said = doctor.says();
    let (level, text) = finding(&said, "stray objects");
    assert_eq!((said.code, level.as_str()), (Some(0), "warning"), "{text}");
    assert!(text.starts_with("3 that flts did not name") && text.contains("processed-data/notes.txt"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_a_newer_program_are_told_from_damaged_ones() {
    let doctor = Doctor::with_a_store().await;
    doctor.put(MLFLOW_BUCKET, &key("runs", 'a'), r#"{"v": 2, "another": "form"}"#).await;
    doctor.put(MLFLOW_BUCKET, &key("runs", 'b'), "{").await;
    let said = doctor.says();
    assert_eq!(said.code, Some(1));
    let (level, text) = finding(&said, "run");
    assert!(level == "broken" && text.contains(&key("runs", 'b')) && text.contains("trained again"), "{text}");
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let newer = report.as_array().unwrap().iter().find(|finding| finding["text"].to_string().contains("newer program"));
    let newer = newer.unwrap_or_else(|| panic!("{report:#}"));
    assert!(newer["level"] == "broken" && newer["text"].to_string().contains(&key("runs", 'a')), "{newer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_nobody_renews_is_told_from_one_that_is_held() {
    let doctor = Doctor::with_a_store().await;
    let owner = |node: &str| LeaseOwner { node: node.into(), life: "l".into() };
    let record = |node: &str| LeaseRecord::acquired(None, &owner(node), Duration::from_millis(900));
    let json = |record: &LeaseRecord| serde_json::to_vec(record).unwrap();
    let (objects, mut held) = (doctor.objects.clone(), record("alive"));
    let renewing = tokio::spawn(async move {
        loop {
            held = held.renewed();
            let bytes = json(&held).into();
            objects.put(MLFLOW_BUCKET, &key("leases", 'a'), bytes, Condition::Always).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    while doctor.objects.get(MLFLOW_BUCKET, &key("leases", 'a')).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    let (level, text) = finding(&doctor.says(), "leases");
    assert_eq!((level.as_str(), text.as_str()), ("ok", "1 training(s) at work"));
    doctor.put(MLFLOW_BUCKET, &key("leases", 'b'), json(&record("dead"))).await;
    let said = doctor.says();
    let (level, text) = finding(&said, "leases");
    assert_eq!((said.code, level.as_str()), (Some(0), "warning"), "{text}");
    assert!(text.contains(&key("leases", 'b')) && text.contains("held by dead"), "{text}");
    renewing.abort();
}

/// A store whose answers tell another time.
async fn in_another_time(store: &AnyStore, ahead: TimeDelta) -> String {
    let upstream = store.endpoint().trim_start_matches("http://").to_owned();
    let addr = wire::serve(move |request| {
        let upstream = upstream.clone();
        async move {
            let mut answer = request.forwarded_to(&upstream).await;
            let at = answer.windows(6).position(|name| name.eq_ignore_ascii_case(b"date: ")).unwrap() + 6;
            let date = (Utc::now() + ahead).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            answer[at..at + date.len()].copy_from_slice(date.as_bytes());
            Some(answer)
        }
    });
    format!("http://{}", addr.await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_is_told_with_its_distance() {
    let doctor = Doctor::with_a_store().await;
    for (ahead, level, way) in [
        (TimeDelta::minutes(-2), "warning", "s behind that of this machine"),
        (TimeDelta::hours(1), "broken", "s ahead of that of this machine"),
    ] {
        let said = doctor.says_of(&in_another_time(&doctor.store, ahead).await);
        let (found, text) = finding(&said, "clocks");
        assert_eq!((found.as_str(), said.code), (level, Some(i32::from(level == "broken"))), "{text}");
        assert!(text.contains(way) && text.contains("NTP"), "{text}");
    }
}

#[test]
fn too_few_open_files_are_told_with_what_does_not_fit() {
    let home = tempfile::tempdir().unwrap();
    let limited = |home: &Path| {
        let script = "ulimit -n 1024 && exec \"$0\" doctor --json";
        let output =
            Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_flts")]).env("DATA_DIR", home).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    };
    let (level, text) = finding(&limited(home.path()), "open files");
    assert!(level == "warning" && text.contains("HTTP_MAX_CONNECTIONS") && text.contains("ulimit -n"), "{text}");
}
