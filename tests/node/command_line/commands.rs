//! Every command works beside a running node, and on a folder that nobody holds.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::common::shell::{self, flts, flts_with, scoreboard};
use crate::common::{Data, Node, request_of, store_access};

/// The header and the first `rows` rows of the test file, as a file of their own.
fn head(data: &Data, rows: usize) -> PathBuf {
    let text = fs::read_to_string(&data.test).unwrap();
    let file = data.folder.path().join(format!("head-{rows}.csv"));
    fs::write(&file, text.lines().take(rows + 1).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    file
}

fn forecast(home: &Path, file: &Path, more: &[&str]) -> shell::Said {
    flts(home, &[&["forecast", "--data", file.to_str().unwrap()], more].concat())
}

#[tokio::test]
async fn forecast_gives_the_numbers_of_predict_with_and_without_a_node() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    node.until_ready().await;
    let file = head(&data, 40);
    let mut body = request_of(&file, 40);
    body["inference_length"] = json!(35);
    let asked = ["--horizon", "35", "--format", "json"];
    let mut last = (Value::Null, Value::Null);
    for (family, run_id) in scoreboard(home.path()) {
        // the best is promoted already
        let _ = flts(home.path(), &["promotion", "set", &run_id]);
        let serves = |pool: &Value| pool["state"]["model"]["run_id"] == run_id.as_str();
        node.until("/debug/actors/inference-pool", |_, pool| serves(pool)).await;
        let (status, answer) = node.post("/predict", &body).await;
        assert_eq!((status, answer["model_type"].as_str()), (200, Some(family.as_str())), "{answer}");
        let beside = forecast(home.path(), &file, &asked).json();
        for field in ["predictions", "run_id", "generation", "model_type", "identifier"] {
            assert_eq!(beside[field], answer[field], "{field} of {family}");
        }
        last = (answer, beside);
    }
    let (answer, beside) = last;
    // a crash leaves node.json behind, and addresses that answer nobody
    node.kill();
    assert_eq!(forecast(home.path(), &file, &asked).json(), beside);

    let csv = forecast(home.path(), &file, &["--horizon", "2"]);
    let mut reader = csv::Reader::from_reader(csv.good().as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["ts", "down"]);
    for (row, step) in reader.records().zip(answer["predictions"].as_array().unwrap()) {
        let row = row.unwrap();
        assert_eq!(&row[0], step["ts"].as_str().unwrap());
        assert_eq!(row[1].parse::<f64>().ok(), step["down"].as_f64());
    }
    let as_many_as_the_head = forecast(home.path(), &file, &[]);
    assert_eq!(as_many_as_the_head.good().lines().count(), 31);

    // all rows of the data set, so that the forecast starts after its last one
    let known = flts(home.path(), &["forecast", "--horizon", "3", "--format", "json"]).json();
    let test = fs::read_to_string(&data.test).unwrap();
    let last = test.lines().last().unwrap().split(',').next().unwrap();
    assert_eq!(known["run_id"], answer["run_id"]);
    assert_eq!(known["predictions"].as_array().unwrap().len(), 3);
    assert!(known["predictions"][0]["ts"].as_str().unwrap() > last, "{known} after {last}");

    let few = forecast(home.path(), &head(&data, 7), &[]);
    assert!(few.bad(1).contains("7 row(s) sent, but the model needs at least 30"), "{few:?}");
    let columns = data.folder.path().join("columns.csv");
    fs::write(&columns, "ts,else\n2024-01-01 00:00:00,1\n2024-01-01 00:02:00,2\n").unwrap();
    let columns = forecast(home.path(), &columns, &[]);
    assert!(columns.bad(1).contains("missing column(s)") && columns.stderr.contains("down"), "{columns:?}");
    let nobody = forecast(home.path(), &file, &["--identifier", "nobody"]);
    assert!(nobody.bad(1).contains("nothing is promoted for `nobody`"), "{nobody:?}");
}

#[tokio::test]
async fn promotion_shows_and_moves_the_pointer_beside_a_node_and_without_one() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    node.until_ready().await;
    let promotion = |args: &[&str]| flts(home.path(), &[&["promotion"], args].concat());
    let shown = promotion(&["show", "--json"]).json();
    assert_eq!((&shown["generation"], &shown["identifier"]), (&json!(1), &json!("default")));
    let runs: Vec<String> = scoreboard(home.path()).into_iter().map(|(_, run_id)| run_id).collect();
    assert_eq!(shown["run_id"], runs[0].as_str());

    let set = promotion(&["set", &runs[1], "--why", "it looks better\u{1b}[2J", "--who", "ada\r"]);
    assert!(
        set.good().contains("generation 2 of `default`, by ada\\r: set to") && set.stdout.contains("it looks better")
    );
    // the news went out on the topic, so the node follows though it polls every second only
    node.until("/debug/actors/inference-pool", |_, pool| pool["state"]["model"]["generation"] == 2).await;
    let again = promotion(&["set", &runs[1]]);
    assert!(again.bad(1).contains("is served already"), "{again:?}");
    let unknown = promotion(&["set", "no-such-run"]);
    assert!(unknown.bad(1).contains("there is no run no-such-run"), "{unknown:?}");
    assert_eq!(node.stop().code(), Some(0));

    let back = promotion(&["rollback", "--json"]).json();
    assert_eq!((&back["decision"], &back["generation"]), (&json!("rolled_back"), &json!(3)));
    assert_eq!(back["audit"], json!({"who": "unknown", "why": "no reason given"}));
    assert_eq!(promotion(&["show", "--json"]).json()["run_id"], runs[0].as_str());
    let wrong = promotion(&["rollback", "--to-generation", "9"]);
    assert!(wrong.bad(1).contains("the log has 1, 2, 3"), "{wrong:?}");

    let history = promotion(&["history", "--json"]).json();
    let seqs: Vec<&Value> = history.as_array().unwrap().iter().map(|decision| &decision["seq"]).collect();
    assert_eq!(seqs, [&json!(3), &json!(2), &json!(1)], "the newest first");
    let table = promotion(&["history", "--limit", "2"]);
    assert_eq!(table.good().lines().count(), 4, "{}", table.stdout);
    assert!(table.stdout.contains("ada") && table.stdout.contains("it looks better"), "{}", table.stdout);
    assert!(!table.stdout.contains(['\u{1b}', '\r']), "what others wrote does not steer the terminal: {table:?}");
    assert!(promotion(&["show"]).good().contains(&runs[0]));

    // each waits until the one before it has let go of the folder
    let at_once: Vec<_> = (0..4)
        .map(|_| {
            let data_dir = home.path().to_owned();
            std::thread::spawn(move || flts(&data_dir, &["promotion", "show", "--json"]))
        })
        .collect();
    for shown in at_once {
        assert_eq!(shown.join().unwrap().json()["generation"], 3);
    }

    let served = Node::start(home.path(), &[], None);
    served.until_ready().await;
    assert_eq!(served.actor("inference-pool").await["state"]["model"]["generation"], 3);
}

#[tokio::test]
async fn preprocess_makes_a_data_set_once_and_a_node_takes_it_up() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let (train, test) = (data.train.to_str().unwrap(), data.test.to_str().unwrap());
    let preprocess = || flts(home.path(), &["preprocess", "--data", train, "--test", test]);
    let first = preprocess();
    assert!(first.good().contains("written, no broker to publish claims to"), "{first:?}");
    let second = preprocess();
    assert!(second.good().contains("was there already and stays as it is"), "{second:?}");
    assert_eq!(first.stdout.split(' ').nth(2), second.stdout.split(' ').nth(2), "the same data set");

    // a trainer finds in the store what no claim told it of
    let node = Node::start(home.path(), &[("ROLES", "trainer"), ("MODEL_TYPE", "GRU")], None);
    node.await_line("train_complete");
    let third = preprocess();
    assert!(third.good().contains("was there already and stays as it is, claims published"), "{third:?}");
    node.await_line("train_skip_duplicate");
}

#[test]
fn preprocess_refuses_wrong_data_with_the_reason() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("wrong.csv");
    let rows: String =
        (0..20).map(|row| format!("2024-01-01 00:{row:02}:00,{}\n", if row == 7 { "seven" } else { "1" })).collect();
    fs::write(&file, format!("ts,down\n{rows}")).unwrap();
    let data_dir = home.path().join("data");
    let refused = flts(&data_dir, &["preprocess", "--data", file.to_str().unwrap()]);
    assert!(refused.bad(1).contains("cells are no numbers: write them like 1234.5, leave them empty, or name the column in IGNORE_COLUMNS (line 9, down: `seven`)"), "{refused:?}");
    let nothing = flts(&data_dir, &["preprocess"]);
    assert!(
        nothing.bad(1).contains("PobleSec.csv is not in bucket dataset; name the files with --data"),
        "{nothing:?}"
    );
    let absent = flts(&data_dir, &["preprocess", "--data", "/nowhere.csv"]);
    assert!(absent.bad(1).contains("--data /nowhere.csv: there is no such file"), "{absent:?}");
}

#[test]
fn a_command_that_only_looks_makes_no_folder() {
    let home = tempfile::tempdir().unwrap();
    let data_dir = home.path().join("data");
    for command in [&["promotion", "show"][..], &["promotion", "history"]] {
        let refused = flts(&data_dir, command);
        assert!(refused.bad(1).contains("does not exist; start a node there, or set DATA_DIR"), "{refused:?}");
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    fs::create_dir(&data_dir).unwrap();
    assert!(flts(&data_dir, &["promotion", "show"]).bad(1).contains("holds no data yet"));
    assert_eq!(fs::read_dir(&data_dir).unwrap().count(), 0);
}

#[tokio::test]
async fn a_command_reaches_the_store_through_a_joined_node_as_well() {
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [home, second, third] = [homes[0].path(), homes[1].path(), homes[2].path()];
    let _first = Node::start(home, &[], None);
    let _second = Node::start(second, &[("ROLES", "inference"), ("JOIN", home.to_str().unwrap())], None);
    for (data_dir, join) in [(second, None), (third, Some(second)), (third, Some(home))] {
        let join: Vec<&str> = join.iter().flat_map(|join: &&Path| ["--join", join.to_str().unwrap()]).collect();
        let shown = flts(data_dir, &[&["promotion", "show"], &join[..]].concat());
        assert!(shown.bad(1).contains("nothing was ever decided for `default`"), "{shown:?}");
        let history = flts(data_dir, &[&["promotion", "history"], &join[..]].concat());
        assert!(history.good().contains("nothing was ever decided for `default`"), "an empty log is no failure");
        let history = flts(data_dir, &[&["promotion", "history", "--json"], &join[..]].concat());
        assert_eq!(history.json(), json!([]));
    }
    let [endpoint_url, access_key, secret_key] = store_access(home);
    let env = [
        ("DATA_DIR", third.to_str().unwrap()),
        ("S3_ENDPOINT_URL", endpoint_url.as_str()),
        ("AWS_ACCESS_KEY_ID", access_key.as_str()),
        ("AWS_SECRET_ACCESS_KEY", secret_key.as_str()),
    ];
    let shown = flts_with(&env, &["promotion", "show"]);
    assert!(shown.bad(1).contains("nothing was ever decided for `default`"), "{shown:?}");
    assert_eq!(fs::read_dir(third).unwrap().count(), 0, "a folder that is of no use is left alone");
    let nobody = flts(home, &["promotion", "show", "--join", third.to_str().unwrap()]);
    assert!(nobody.bad(1).contains("no node runs there"), "{nobody:?}");
}

#[test]
fn config_tells_where_each_value_came_from_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "hunter2\n").unwrap();
    let env = [
        ("ADMIN_TOKEN_FILE", token.to_str().unwrap()),
        ("FLTS_MAX_GAP_ROWS", "7"),
        ("MODEL_TYPES", "LSTM"),
        ("AWS_SESSION_TOKEN", "hunter3"),
        ("DATA_DIR", "there"),
    ];
    let said = flts_with(&env, &["config", "--json", "--seed", "3"]);
    let shown = said.json();
    for (name, value, origin) in [
        ("SEED", json!("3"), "flag --seed"),
        ("DATA_DIR", json!("there"), "environment DATA_DIR"),
        ("MAX_GAP_ROWS", json!("7"), "environment FLTS_MAX_GAP_ROWS"),
        ("MODEL_TYPE", json!("LSTM"), "alias MODEL_TYPES"),
        ("EXPECTED_MODEL_TYPES", json!("LSTM"), "default"),
        ("BATCH_SIZE", json!("64"), "default"),
        ("MAX_STEPS", Value::Null, "default"),
        ("AWS_SESSION_TOKEN", json!("(secret)"), "environment AWS_SESSION_TOKEN"),
    ] {
        assert_eq!(shown[name], json!({"value": value, "origin": origin}), "{name}");
    }
    let from_file = format!("file {} (ADMIN_TOKEN_FILE)", token.display());
    assert_eq!(shown["ADMIN_TOKEN"], json!({"value": "(secret)", "origin": from_file}));
    let table = flts_with(&env, &["config"]);
    assert!(table.good().contains("unset: the fixed schedule"), "{}", table.stdout);
    for text in [&said.stdout, &table.stdout, &table.stderr] {
        assert!(!text.contains("hunter"), "{text}");
    }
    assert!(flts_with(&[("SEED", "x")], &["config"]).bad(78).contains("SEED is 'x'"));
}

#[test]
fn a_mistyped_command_or_flag_is_answered_with_the_nearest() {
    let home = tempfile::tempdir().unwrap();
    for (args, nearest) in [
        (&["promotions", "show"][..], "'promotion'"),
        (&["promotion", "rolback"], "'rollback'"),
        (&["forecast", "--data", "x", "--horizont", "3"], "'--horizon'"),
        (&["run", "--http-adr", "127.0.0.1:0"], "'--http-addr'"),
    ] {
        let refused = flts(home.path(), args);
        assert!(refused.bad(2).contains(nearest), "{args:?}: {refused:?}");
    }
}

#[tokio::test]
async fn the_version_and_the_metrics_name_the_same_version_and_commit() {
    let home = tempfile::tempdir().unwrap();
    let printed = flts_with(&[], &["--version"]);
    let (version, commit) = printed.good().trim().strip_prefix("flts ").unwrap().split_once(' ').unwrap();
    let commit = commit.trim_matches(['(', ')']);
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    assert!(
        commit == "unknown" || commit.len() == 12 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{commit}"
    );
    let node = Node::start(home.path(), &[("ROLES", "inference")], None);
    let metrics = node.text("/metrics").await;
    let series = format!("flts_build_info{{commit=\"{commit}\",version=\"{version}\"}} 1");
    assert!(metrics.contains(&series), "{series} is not in\n{metrics}");
}
