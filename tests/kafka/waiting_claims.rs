//! Claims that cannot be answered now, or never, hold up no others: on the embedded broker, and on a real one where it is there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use flts::forecast::sha256_hex;
use flts::kafka::{INFERENCE_DATA, PERFORMANCE_EVAL, RETRY_INFERENCE_DATA};
use flts::storage::Condition;
use serde_json::{Value, json};

use crate::common::store_of;
use crate::common::topics::Topic;
use crate::world::World;

/// More claims than a node has in flight.
const MANY: usize = 2_100;

fn claim(identifier: &str, name: &str) -> Value {
    json!({"bucket": "dataset", "object": "sample_test.csv", "identifier": identifier, "event_id": name, "v": 1})
}

fn bytes(claim: &Value) -> Vec<u8> {
    claim.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_claims_without_a_model_are_parked_and_the_next_claim_is_answered_at_once() {
    let world = World::start().await;
    let events = Topic::of(&world.brokers, PERFORMANCE_EVAL);
    events.next();
    let waiting = (0..MANY).map(|at| bytes(&claim("late", &format!("late-{at}"))));
    world.send_all(INFERENCE_DATA, waiting);
    world.send(INFERENCE_DATA, Some(&world.good_claim().await)).await;
    assert_eq!(events.next_json()["claim_id"], "good");

    let parked = Topic::of(&world.brokers, RETRY_INFERENCE_DATA).next();
    let claim_id = std::str::from_utf8(parked.header("claim_id").unwrap()).unwrap();
    let said: Value = serde_json::from_slice(&parked.payload).unwrap();
    assert_eq!((said["event_id"].as_str(), said["identifier"].as_str()), (Some(claim_id), Some("late")));
    assert!(parked.header("not_before_ms").is_some());
    let few = |actor: &Value| actor["state"]["poll"]["in_flight"].as_u64() <= Some(32);
    world.node.until("/debug/actors/inference-claims", |_, actor| few(actor)).await;

    // its model is there now: the one of another series will do
    let store = store_of(world.home.path());
    let pointer = store.get("model-promotion", "default/current.json").await.unwrap().unwrap();
    store.put("model-promotion", "late/current.json", pointer.bytes, Condition::Always).await.unwrap();
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    while times.len() < MANY {
        let event = events.next_json();
        assert_eq!(
            (event["identifier"].as_str(), event["status"].as_str()),
            (Some("late"), Some("SUCCESS")),
            "{event}"
        );
        *times.entry(event["claim_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert!(times.values().all(|times| *times == 1), "each is answered once, under its own name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_fields_are_too_long_is_dead_before_it_is_answered_and_stops_nobody() {
    let world = World::start().await;
    let events = Topic::of(&world.brokers, PERFORMANCE_EVAL);
    events.next();
    let long = "x".repeat(900_000);
    let expired = Some(("deadline_ms", "1000"));
    let of = |field: &str| {
        let mut wrong = claim("default", "wrong");
        wrong[field] = json!(long);
        bytes(&wrong)
    };
    let fields = ["identifier", "event_id", "config_hash"];
    for field in fields {
        world.send_with(INFERENCE_DATA, Some(&of(field)), expired).await;
    }
    let mut foreign = claim("default", "foreign");
    foreign["bucket"] = json!("payroll");
    world.send(INFERENCE_DATA, Some(&bytes(&foreign))).await;
    let mut guess = claim("default", "guess");
    guess["sha256"] = json!(sha256_hex(b"a guess"));
    world.send(INFERENCE_DATA, Some(&bytes(&guess))).await;
    let last = world.send(INFERENCE_DATA, Some(&world.good_claim().await)).await;
    assert_eq!(events.next_json()["claim_id"], "good");

    let dead = Topic::of(&world.brokers, "DLQ-inference-data");
    let letters: Vec<String> = dead.take(5).iter().map(|letter| letter["error"].as_str().unwrap().to_owned()).collect();
    for named in
        fields.iter().map(|field| format!("`{field}`")).chain(["CLAIM_BUCKETS".into(), "the claim says".into()])
    {
        assert!(letters.iter().any(|error| error.contains(&named)), "{named}: {letters:.300?}");
    }
    let object = store_of(world.home.path()).get("dataset", "sample_test.csv").await.unwrap().unwrap();
    let secret = sha256_hex(&object.bytes);
    assert!(letters.iter().all(|error| !error.contains(&secret)), "the hash of the object is told");
    let committed = |actor: &Value| actor["state"]["poll"]["committed"]["0"].as_i64() == Some(last + 1);
    world.node.until("/debug/actors/inference-claims", |_, actor| committed(actor)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real broker: make test-real"]
async fn an_answer_that_the_broker_never_takes_ends_in_the_dead_letters() {
    let world = World::start().await;
    let kafka = world.kafka.as_ref().expect("the suite has a real broker");
    let small = [
        "--alter",
        "--entity-type",
        "topics",
        "--entity-name",
        PERFORMANCE_EVAL,
        "--add-config",
        "max.message.bytes=200",
    ];
    kafka.tool("kafka.admin.ConfigCommand", &small).unwrap();
    let sent = world.send(INFERENCE_DATA, Some(&world.good_claim().await)).await;
    let letter = Topic::of(&world.brokers, "DLQ-inference-data").next_json();
    assert_eq!(letter["origin"]["offset"].as_i64(), Some(sent));
    assert!(letter["error"].as_str().unwrap().contains("raise max.message.bytes of performance-eval"), "{letter}");
    assert_eq!(letter["count"], 1, "no further attempt would change it");
    let committed = |actor: &Value| actor["state"]["poll"]["committed"]["0"].as_i64() == Some(sent + 1);
    world.node.until("/debug/actors/inference-claims", |_, actor| committed(actor)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real broker: make test-real"]
async fn good_claims_are_as_quick_beside_a_series_without_a_model() {
    let world = World::start().await;
    let events = Topic::of(&world.brokers, PERFORMANCE_EVAL);
    events.next();
    latencies(&world, &events, "warm", 500, 0);
    let mut figures = Vec::new();
    for round in 0..3 {
        let alone = latencies(&world, &events, &format!("alone-{round}"), GOOD, 0);
        let beside = latencies(&world, &events, &format!("beside-{round}"), GOOD, 4);
        figures.push((alone, beside));
    }
    for ((a50, a99), (b50, b99)) in &figures {
        println!("alone p50 {a50:?} p99 {a99:?}; beside p50 {b50:?} p99 {b99:?}");
    }
    let median = |mut values: Vec<Duration>| {
        values.sort();
        values[values.len() / 2]
    };
    let alone = median(figures.iter().map(|(alone, _)| alone.1).collect());
    let beside = median(figures.iter().map(|(_, beside)| beside.1).collect());
    assert!(beside < 2 * alone + Duration::from_millis(200), "p99 {beside:?} beside, {alone:?} alone");
}

/// Good claims of one measurement.
const GOOD: usize = 4_000;
/// The rate at which they are sent.
const PER_SECOND: u32 = 400;

/// Sends good claims at a fixed rate, one of a series without a model beside each `beside`-th; median and p99 until the answers are read.
fn latencies(world: &World, events: &Topic, name: &str, good: usize, beside: usize) -> (Duration, Duration) {
    let started = Instant::now();
    let at = |nth: usize| started + Duration::from_secs(1) / PER_SECOND * u32::try_from(nth).unwrap();
    let id = |nth: usize| format!("{name}:{nth}");
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for nth in 0..good {
                // open loop: whoever is late is not waited for
                std::thread::sleep(at(nth).saturating_duration_since(Instant::now()));
                world.start_send(INFERENCE_DATA, &bytes(&claim("default", &id(nth))));
                if beside > 0 && nth % beside == 0 {
                    world.start_send(INFERENCE_DATA, &bytes(&claim("nobody", &format!("nobody:{nth}"))));
                }
            }
            world.flush();
        });
        let mut took: Vec<Duration> = Vec::with_capacity(good);
        while took.len() < good {
            let event = events.next_json();
            let Some((of, nth)) = event["claim_id"].as_str().unwrap().rsplit_once(':') else { continue };
            if of == name {
                took.push(at(nth.parse().unwrap()).elapsed());
            }
        }
        took.sort();
        (took[good / 2], took[good * 99 / 100])
    })
}
