//! A long file holds many series: each is served under its own name, and a forecast needs no rows where they are stored.

use serde_json::{Value, json};

use crate::common::{Data, Node};

/// Months of two series, from `first` on.
fn long(first: usize, months: usize) -> String {
    let mut text = String::from("station,month,passengers\n");
    for month in first..first + months {
        let season = [0.0, 8.0, 15.0, 12.0, 9.0, 20.0, 31.0, 30.0, 14.0, 3.0, -6.0, 1.0][month % 12];
        for (name, level) in [("north", 100.0), ("süd 2", 900.0)] {
            let value = level + season * level / 100.0 + month as f64 * 0.5;
            text += &format!("{name},{}-{:02},{value}\n", 1990 + month / 12, 1 + month % 12);
        }
    }
    text
}

fn long_files() -> Data {
    let folder = tempfile::tempdir().unwrap();
    let (train, test) = (folder.path().join("long_train.csv"), folder.path().join("long_test.csv"));
    std::fs::write(&train, long(0, 120)).unwrap();
    std::fs::write(&test, long(120, 36)).unwrap();
    Data { folder, train, test }
}

#[tokio::test]
async fn each_series_of_a_long_file_is_served_under_its_name_after_the_rows_that_are_stored() {
    let (data, home) = (long_files(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("PROVISIONAL_PROMOTION", "true"), ("IDENTIFIER", "north")], Some(&data));
    let are_served = |series: &Value| {
        let all = series["series"].as_array().unwrap();
        all.len() == 2 && all.iter().all(|one| !one["served"].is_null())
    };
    let listed = node.until("/series", |status, body| status == 200 && are_served(body)).await;
    let south = listed["series"].as_array().unwrap().iter().find(|one| one["name"] == "süd 2").unwrap();
    let identifier = south["identifier"].as_str().unwrap().to_owned();
    assert!(identifier.starts_with("s") && identifier.is_ascii(), "{identifier}");
    assert_eq!((&south["rows"], &south["last_time"]), (&json!(156), &json!("2002-12")));
    node.until_ready().await;

    // the claims of the series may have been asked for before its promotion, and what was found is kept for two seconds
    let answer = node.until(&format!("/forecast/{identifier}?horizon=13"), |status, _| status == 200).await;
    assert_eq!((&answer["series"], &answer["identifier"]), (&json!("süd 2"), &json!(identifier)), "{answer}");
    let predictions = answer["predictions"].as_array().unwrap();
    assert_eq!(
        (predictions.len(), &predictions[0]["ts"], &predictions[12]["ts"]),
        (13, &json!("2003-01"), &json!("2004-01"))
    );
    assert!(predictions[0]["passengers"].as_f64().unwrap() > 800.0, "{answer}");

    let without_rows = json!({"identifier": identifier, "inference_length": 13});
    let (status, same) = node.post("/predict", &without_rows).await;
    assert_eq!((status, &same["predictions"]), (200, &answer["predictions"]), "{same}");
    let (status, own) = node.get("/forecast").await;
    assert_eq!(
        (status, &own["series"], &own["predictions"][0]["ts"]),
        (200, &json!("north"), &json!("2003-01")),
        "{own}"
    );
    assert!(own["predictions"][0]["passengers"].as_f64().unwrap() < 300.0, "{own}");

    let rows = (120..156).map(|month| format!("{}-{:02}", 1990 + month / 12, 1 + month % 12));
    let sent =
        json!({"identifier": identifier, "data": {"month": rows.collect::<Vec<_>>(), "passengers": vec![950.0; 36]}});
    let (status, answer) = node.post("/predict", &sent).await;
    assert_eq!(
        (status, &answer["identifier"], &answer["predictions"][0]["ts"]),
        (200, &json!(identifier), &json!("2003-01"))
    );

    let (status, unknown) = node.get("/forecast/west").await;
    assert_eq!((status, unknown["code"].as_str()), (404, Some("unknown_identifier")), "{unknown}");
    let (status, odd) = node.get("/forecast?horizon=0").await;
    assert_eq!((status, odd["code"].as_str()), (422, Some("invalid_field")), "{odd}");
    let (_, first) = node.get("/series?limit=1").await;
    let next = first["next"].as_str().unwrap();
    let (_, second) = node.get(&format!("/series?limit=1&after={next}")).await;
    assert_eq!((second["series"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
    assert_eq!(node.stop().code(), Some(0));
}
