//! Every bad request gets a clear answer that says what to do, and the node goes on.

use serde_json::{Value, json};

use crate::common::{Data, Node};

type Change = fn(&mut Value);

/// What is sent, and the status, code and words that come back.
const CASES: [(&str, Change, u16, &str, &str); 23] = [
    ("an array for a body", |b| *b = json!([1, 2]), 400, "bad_request", "must be a JSON object"),
    ("data of the wrong type", |b| b["data"] = json!([1]), 422, "invalid_field", "`data` must be an object"),
    ("no time column", |b| drop(map(b).remove("ts")), 400, "bad_request", "no time column"),
    ("an index_col that is not there", |b| b["index_col"] = json!("when"), 400, "bad_request", "names `when`"),
    (
        "an index_col of the wrong type",
        |b| b["index_col"] = json!(7),
        422,
        "invalid_field",
        "`index_col` must be a text",
    ),
    (
        "times that are numbers",
        |b| b["data"]["ts"][3] = json!(1517874000),
        422,
        "invalid_field",
        "row 3: expected a text",
    ),
    (
        "an unreadable time",
        |b| b["data"]["ts"][2] = json!("yesterday"),
        400,
        "bad_request",
        "row 2 has the unreadable time",
    ),
    ("a time column that is no array", |b| b["data"]["ts"] = json!("2018"), 422, "invalid_field", "expected an array"),
    ("mixed forms of time", |b| b["data"]["ts"][4] = json!("2018-02-05T23:48:00Z"), 400, "bad_request", "mixes times"),
    ("the same time twice", |b| b["data"]["ts"][1] = b["data"]["ts"][0].clone(), 400, "bad_request", "appears twice"),
    ("a missing column", |b| drop(map(b).remove("down")), 400, "bad_request", "missing column(s): down"),
    ("no rows", |b| map(b).values_mut().for_each(|cells| *cells = json!([])), 400, "bad_request", "no rows sent"),
    ("too few rows", |b| cut(b, 29), 400, "bad_request", "needs at least 30"),
    ("columns of unequal length", |b| drop(array(b, "down").pop()), 400, "bad_request", "29 value(s) for 30 time(s)"),
    (
        "a column that is no array",
        |b| b["data"]["down"] = json!(5),
        422,
        "invalid_field",
        "column `down`: expected an array",
    ),
    ("a text for a number", |b| b["data"]["down"][7] = json!("many"), 422, "invalid_field", "column `down`, row 7"),
    (
        "a column of nulls",
        |b| array(b, "up").iter_mut().for_each(|cell| *cell = Value::Null),
        400,
        "bad_request",
        "column `up` has no value at all",
    ),
    (
        "a gap",
        |b| drop((array(b, "ts").remove(10), array(b, "ts").push(json!("2030-01-01 00:00:00")))),
        400,
        "bad_request",
        "the model's step is 120 s",
    ),
    ("a horizon of zero", |b| b["inference_length"] = json!(0), 422, "invalid_field", "from 1 to 10000"),
    ("a horizon beyond the limit", |b| b["inference_length"] = json!(10_001), 422, "invalid_field", "from 1 to 10000"),
    ("a horizon that is a text", |b| b["inference_length"] = json!("ten"), 422, "invalid_field", "from 1 to 10000"),
    (
        "an identifier nobody serves",
        |b| b["identifier"] = json!("elsewhere"),
        404,
        "unknown_identifier",
        "no model is promoted for identifier `elsewhere`",
    ),
    ("intervals", |b| b["intervals"] = json!([0.8]), 400, "bad_request", "`intervals` are not available yet"),
];

fn map(body: &mut Value) -> &mut serde_json::Map<String, Value> {
    body["data"].as_object_mut().unwrap()
}

fn array<'a>(body: &'a mut Value, column: &str) -> &'a mut Vec<Value> {
    body["data"][column].as_array_mut().unwrap()
}

fn cut(body: &mut Value, rows: usize) {
    map(body).values_mut().for_each(|cells| cells.as_array_mut().unwrap().truncate(rows));
}

#[tokio::test]
async fn every_bad_request_is_told_what_to_do_and_the_node_goes_on() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("MAX_BODY_BYTES", "200000")], Some(&data));
    let (status, early) = node.post("/predict", &data.request(30)).await;
    assert_eq!((status, early["code"].as_str()), (503, Some("model_not_loaded")), "{early}");
    node.until_ready().await;

    for (what, change, status, code, words) in CASES {
        let mut body = data.request(30);
        change(&mut body);
        let (got, answer) = node.post("/predict", &body).await;
        assert_eq!((got, answer["code"].as_str()), (status, Some(code)), "{what}: {answer}");
        let detail = answer["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{what}: {detail}");
        assert!(!answer["req_id"].as_str().unwrap().is_empty());
    }
    for (what, body) in [("no JSON", "{"), ("nothing", ""), ("bytes", "\u{0}\u{1}")] {
        let response = node.http.post(format!("{}/predict", node.base)).body(body).send().await.unwrap();
        assert_eq!(response.status(), 400, "{what}");
    }
    let huge = node.http.post(format!("{}/predict", node.base)).body(vec![b' '; 200_001]).send().await.unwrap();
    assert_eq!(huge.status(), 413);
    let late = node
        .http
        .post(format!("{}/predict", node.base))
        .header("x-timeout-ms", "soon")
        .json(&data.request(30))
        .send()
        .await
        .unwrap();
    assert_eq!(late.status(), 422);
    let query = node.post("/predict?inference_length=0", &data.request(30)).await;
    assert_eq!(query.0, 422);
    let (status, answer) = node.post("/predict", &data.request(30)).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn odd_but_sound_requests_are_answered() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[], Some(&data));
    node.until_ready().await;
    let mut renamed = data.request(30);
    let times = map(&mut renamed).remove("ts").unwrap();
    renamed["data"]["when"] = times;
    renamed["index_col"] = json!("when");
    let mut extra = data.request(30);
    extra["data"]["weather"] = json!(["rain"]);
    extra["unknown"] = json!(true);
    let mut holes = data.request(30);
    holes["data"]["down"][5] = Value::Null;
    holes["data"]["up"][0] = Value::Null;
    for body in [renamed, extra, holes] {
        let (status, answer) = node.post("/predict", &body).await;
        assert_eq!(status, 200, "{answer}");
    }
    let mut aware = data.request(30);
    array(&mut aware, "ts").iter_mut().for_each(|time| *time = json!(format!("{}Z", time.as_str().unwrap())));
    let (_, answer) = node.post("/predict", &aware).await;
    assert!(answer["predictions"][0]["ts"].as_str().unwrap().ends_with('Z'), "answers use the form sent: {answer}");
    let mut seconds = data.request(30);
    // 5 February 2018, every two minutes, as JSON numbers
    array(&mut seconds, "ts").iter_mut().zip(0..).for_each(|(time, row)| *time = json!(1_517_788_800 + 120 * row));
    let (_, answer) = node.post("/predict", &seconds).await;
    assert_eq!(answer["predictions"][0]["ts"], json!("1517792400"), "answers use the form sent: {answer}");
    let mut tail = data.request(40);
    *array(&mut tail, "down").last_mut().unwrap() = Value::Null;
    let (_, answer) = node.post("/predict", &tail).await;
    assert_eq!(answer["imputed_rows"], json!(1), "a target that is missing at the end is imputed, and said: {answer}");
    let mut gone = data.request(70);
    array(&mut gone, "down").iter_mut().skip(39).for_each(|cell| *cell = Value::Null);
    let (status, answer) = node.post("/predict", &gone).await;
    assert_eq!(status, 400, "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("no value in the last 31 rows"), "{answer}");
    let (_, far) = node.post("/predict?inference_length=100", &data.request(30)).await;
    assert_eq!(far["predictions"].as_array().unwrap().len(), 100);
    assert!(
        far["predictions"].as_array().unwrap().iter().all(|step| step["down"].as_f64().is_some_and(f64::is_finite)),
        "{far}"
    );
}
