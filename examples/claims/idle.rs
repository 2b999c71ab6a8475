//! How long an idle trainer takes from a claim to the beginning of its training.

use anyhow::Result;
use flts::kafka::{MODEL_TRAINING, TRAINING_DATA};

use crate::listening::Listening;
use crate::world::World;

/// Prints the times from record to record, as their producers stamped them.
pub async fn measure(times: usize) -> Result<()> {
    let world = World::start()?;
    let small = [("ROLES", "trainer"), ("MODEL_TYPE", "GRU"), ("MAX_STEPS", "5")];
    let _node = world.node(&small, false).await?;
    let servers = world.kafka.bootstrap_servers();
    let (claims, events) = (Listening::to(&servers, TRAINING_DATA)?, Listening::to(&servers, MODEL_TRAINING)?);
    let mut waited_ms = Vec::new();
    for number in 0..times {
        world.announce(&format!("idle-{number}"))?;
        let (claim, announced_at) = claims.next()?;
        let of_this = |status: &str| {
            loop {
                let (event, at) = events.next()?;
                if event["status"] == status && event["dataset_id"] == claim["dataset_id"] {
                    return Ok::<i64, anyhow::Error>(at);
                }
            }
        };
        waited_ms.push(of_this("RUNNING")? - announced_at);
        // the next one finds it idle again
        of_this("SUCCESS")?;
    }
    let slow = waited_ms.iter().enumerate().filter(|(_, waited)| **waited > 50);
    let slow: Vec<String> = slow.map(|(at, waited)| format!("{waited} ms at {at}")).collect();
    waited_ms.sort_unstable();
    let quantile =
        |share: f64| waited_ms[((waited_ms.len() as f64 * share).ceil() as usize).clamp(1, waited_ms.len()) - 1];
    println!("{times} trainings, from the record of training-data to that of their beginning:");
    println!("  over 50 ms: {}", slow.join(", "));
    println!("  p50 {} ms, p99 {} ms, longest {} ms", quantile(0.5), quantile(0.99), quantile(1.0));
    Ok(())
}
