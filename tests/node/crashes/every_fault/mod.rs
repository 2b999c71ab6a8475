//! One table: every actor and every thread of a node, broken in every way, at its start, when idle and under load. Each time the
//! cause, message and place are told, and the node does its whole job again by itself, from a new data set to a decision.
//!
//! `make test-faults` runs all of it (some 20 minutes) and prints the time from fault to service of each cell; without `FAULT_TABLE=all`
//! idle actors and threads are broken in every way but a hang, and one thread hangs.

mod cell;
mod world;

use cell::{Cell, FAULTS, When};
use world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_breaks_comes_back_with_its_cause_told_and_does_its_job() {
    let whole = std::env::var("FAULT_TABLE").is_ok_and(|wanted| wanted == "all");
    let whens: &[When] = if whole { &When::ALL } else { &[When::Idle] };
    let mut world = World::start().await;
    println!("{}", Cell::header());
    println!("{}", world.baseline().await);
    for target in world.targets().await {
        for fault in FAULTS.into_iter().filter(|fault| *fault != "hang") {
            for when in whens {
                let cell = Cell { target: target.clone(), fault, when: *when };
                let told = world.suffer(&cell).await;
                // the short table looks at the whole job once, at its end
                let service = if whole { Some(world.does_its_job(*when).await) } else { None };
                println!("{}", told.row(&cell, service));
            }
        }
    }
    world.does_its_job(When::Idle).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_hangs_is_found_and_named_and_the_next_process_goes_on() {
    let whole = std::env::var("FAULT_TABLE").is_ok_and(|wanted| wanted == "all");
    let mut world = World::start().await;
    let targets = match whole {
        true => world.targets().await,
        false => vec!["inference-worker-0".to_owned()],
    };
    let whens: &[When] = if whole { &When::ALL } else { &[When::Load] };
    println!("{}", Cell::header());
    for target in targets {
        for when in whens {
            let cell = Cell { target: target.clone(), fault: "hang", when: *when };
            let told = world.hang(&cell).await;
            let service = world.does_its_job(When::Idle).await;
            println!("{}", told.row(&cell, Some(service)));
        }
    }
}
