//! A backlog of claims, worked off by one node.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use flts::forecast::{Series, read_csv, sha256_hex, write_parquet};
use flts::kafka::{INFERENCE_DATA, INFERENCE_GROUP, PERFORMANCE_EVAL};
use flts::storage::Condition;
use flts_soak::node::Node;
use futures::StreamExt;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::json;

use crate::listening::Listening;
use crate::world::World;

const BUCKET: &str = "processed-data";
const ROWS: usize = 60;
const GROUPS: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";

/// Prints claims a second, and how far the lag metric is from the broker's own tool.
pub async fn measure(claims: usize, objects: usize) -> Result<()> {
    let world = World::start()?;
    let model = [("ROLES", "all"), ("MODEL_TYPE", "GRU"), ("HIDDEN_SIZE", "64")];
    let mut node = world.node(&model, true).await?;
    node.terminate()?;
    node.ended().await?;
    let objects = store(&world, objects).await?;
    // the claim of the data set itself was answered already
    let answers = Listening::to(&world.kafka.bootstrap_servers(), PERFORMANCE_EVAL)?;
    publish(&world.kafka.bootstrap_servers(), claims, &objects)?;

    let before = ticks()?;
    let started = Instant::now();
    let node = world.node(&[("ROLES", "inference")], false).await?;
    let mut times = Vec::with_capacity(claims);
    while times.len() < claims {
        let (event, at) = answers.next()?;
        if event["claim_id"].as_str().is_some_and(|id| id.starts_with("claim-")) {
            times.push(at);
        }
    }
    let whole = started.elapsed();
    times.sort_unstable();
    let seconds = (times[claims - 1] - times[0]) as f64 / 1e3;
    println!("{claims} claims over {} objects of {ROWS} rows, forecast and answered:", objects.len());
    println!("  {:.0}/s from the first answer to the last ({seconds:.1} s)", claims as f64 / seconds);
    println!(
        "  {:.0}/s from the start of the process ({:.1} s)",
        claims as f64 / whole.as_secs_f64(),
        whole.as_secs_f64()
    );
    println!("  processor time of the node meanwhile: {:.1} s", cpu_seconds(&node)?);
    println!("  of everything on this machine: {:.1} s", (ticks()? - before) / 100.0);
    println!("lag while the store is away: {}", lag_beside_the_tool(&world, &node, &objects).await?);
    Ok(())
}

/// Stores so many windows of the synthetic data, all different and none with a gap.
async fn store(world: &World, count: usize) -> Result<Vec<(String, String)>> {
    let rows = read_csv(&std::fs::read(world.sample("sample.csv"))?, "sample.csv", 30)?;
    let starts = 0..rows.rows() - ROWS;
    let windows: Vec<Series> = starts.map(|start| rows.slice(start..start + ROWS)).filter(is_whole).collect();
    ensure!(count <= windows.len(), "the synthetic data has {} windows of {ROWS} rows", windows.len());
    let windows = (0..count).map(|at| (at, windows[at * windows.len() / count].clone()));
    let puts = futures::stream::iter(windows).map(|(at, window)| async move {
        let (key, bytes) = (format!("claims/{at}.parquet"), Bytes::from(write_parquet(&window, &[])?));
        let sha256 = sha256_hex(&bytes);
        world.objects.put(BUCKET, &key, bytes, Condition::Always).await?;
        Ok((key, sha256))
    });
    puts.buffered(8).collect::<Vec<Result<_>>>().await.into_iter().collect()
}

/// Whether a forecast can be made from these rows: none is missing, no cell is empty.
fn is_whole(window: &Series) -> bool {
    let is_even = window.step_ms().is_some_and(|step_ms| window.segments(step_ms).len() == 1);
    is_even && window.columns.iter().all(|column| column.values.iter().all(|value| value.is_finite()))
}

fn publish(bootstrap_servers: &str, count: usize, objects: &[(String, String)]) -> Result<()> {
    let settings = ClientConfig::new().set("bootstrap.servers", bootstrap_servers).set("linger.ms", "5").clone();
    let producer: BaseProducer = settings.create()?;
    for number in 0..count {
        let (object, sha256) = &objects[number % objects.len()];
        let claim = json!({"bucket": BUCKET, "object": object, "object_key": object, "sha256": sha256, "v": 1,
            "operation": "post: test data", "identifier": "default", "event_id": format!("claim-{number}")});
        let (payload, key) = (claim.to_string(), number.to_string());
        producer.send(BaseRecord::to(INFERENCE_DATA).payload(&payload).key(&key)).map_err(|(error, _)| error)?;
        producer.poll(Duration::ZERO);
    }
    Ok(producer.flush(Duration::from_secs(60))?)
}

/// What waits while no answer can be written down, by the metric and by the broker's own tool.
async fn lag_beside_the_tool(world: &World, node: &Node, objects: &[(String, String)]) -> Result<String> {
    world.minio.freeze()?;
    publish(&world.kafka.bootstrap_servers(), 5_000, objects)?;
    // the metric is a second old at most
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (metric, tool) = (told_by_the_node(node).await?, told_by_the_tool(world)?);
    world.minio.thaw()?;
    let off = (metric - tool).abs() / tool.max(1.0) * 100.0;
    Ok(format!("{metric} in /metrics, {tool} by the broker's tool, {off:.1} % off"))
}

fn told_by_the_tool(world: &World) -> Result<f64> {
    let told = world.kafka.tool(GROUPS, &["--describe", "--group", INFERENCE_GROUP])?;
    let lags = told.lines().filter(|line| line.contains(INFERENCE_DATA));
    Ok(lags.filter_map(|line| line.split_whitespace().nth(5)?.parse::<f64>().ok()).sum())
}

async fn told_by_the_node(node: &Node) -> Result<f64> {
    let text = reqwest::get(format!("{}/metrics", node.url)).await?.text().await?;
    let lags = text.lines().filter(|line| line.starts_with("flts_kafka_lag") && line.contains(INFERENCE_DATA));
    Ok(lags.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
}

fn cpu_seconds(node: &Node) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", node.pid()))?;
    let fields: Vec<&str> = stat.rsplit(')').next().context("no such process")?.split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

/// Hundredths of a second that all cores together were busy.
fn ticks() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let cpu: Vec<f64> =
        stat.lines().next().unwrap_or_default().split_whitespace().skip(1).flat_map(str::parse).collect();
    Ok(cpu.iter().sum::<f64>() - cpu.get(3).unwrap_or(&0.0) - cpu.get(4).unwrap_or(&0.0))
}
