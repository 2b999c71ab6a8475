//! A small object that becomes gigabytes is refused once, and nothing else is held up.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampMillisecondArray};
use flts::forecast::{TimeForm, format_time};
use flts::kafka::PERFORMANCE_EVAL;
use parquet::arrow::ArrowWriter;

use super::world::{World, claim_of};
use crate::common::topics::Topic;

/// Two million rows of 100 columns: 1.6 GB in memory, and less than a megabyte as a file.
fn parquet_bomb() -> Vec<u8> {
    let times: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![0; 1000]));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0; 1000]));
    let columns = (0..99).map(|column| (format!("c{column}"), values.clone()));
    let batch = RecordBatch::try_from_iter(std::iter::once(("time".to_owned(), times)).chain(columns)).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    for _ in 0..2000 {
        writer.write(&batch).unwrap();
    }
    writer.into_inner().unwrap()
}

/// Steps of 1 and 31 minutes in turn, and 999 columns: 4 GB with its gaps filled.
fn csv_bomb() -> Vec<u8> {
    let names: Vec<String> = (0..999).map(|column| format!("c{column}")).collect();
    let mut text = format!("time,{}\n", names.join(","));
    for row in 0..33_000_i64 {
        let minutes = row / 2 * 32 + row % 2;
        text += &format!("{}{}\n", format_time(minutes * 60_000, TimeForm::Naive), ",".repeat(999));
    }
    text.into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_becomes_gigabytes_is_refused_at_its_first_attempt_and_the_next_claim_is_answered() {
    let world = World::start(&[]).await;
    let events = Topic::of(&world.brokers(), PERFORMANCE_EVAL);
    events.next();
    world.put("bomb.parquet", parquet_bomb()).await;
    world.put("bomb.csv", csv_bomb()).await;
    world.put_rows("good.csv", 0).await;
    for name in ["bomb.parquet", "bomb.csv", "good.csv"] {
        world.claim(&claim_of(name)).await;
    }
    assert_eq!(events.next_json()["claim_id"], "good.csv");
    let dead = Topic::of(&world.brokers(), "DLQ-inference-data");
    for letter in [dead.next_json(), dead.next_json()] {
        assert_eq!(letter["count"], 1, "{letter}");
        assert!(letter["error"].as_str().unwrap().contains("set MAX_CELLS to allow more"), "{letter}");
    }
}
