//! What hits the system, each kind on a thread of its own.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::audit::Audit;
use super::plan::Plan;
use super::world::{FAMILIES, World};

type Blow<'a> = Box<dyn FnOnce() + Send + 'a>;

/// How long a guest stays in the group.
const VISIT: Duration = Duration::from_secs(8);

/// Every kind of blow at its times after `start`.
pub fn all<'a>(plan: &'a Plan, world: &'a World, audit: &'a Audit<'a>, start: Instant) -> Vec<Blow<'a>> {
    let at = move |times: Vec<Duration>, mut strike: Box<dyn FnMut(usize) + Send + 'a>| -> Blow<'a> {
        Box::new(move || {
            for (turn, due) in times.into_iter().enumerate() {
                std::thread::sleep((start + due).saturating_duration_since(Instant::now()));
                strike(turn);
            }
        })
    };
    let mut random = StdRng::seed_from_u64(plan.seed);
    let kill = move |turn| {
        // one evaluator among them, whatever the seed says
        let victim = if turn == 1 { 5 } else { random.random_range(0..6) };
        audit.before_a_blow();
        let name = world.kill_one(victim);
        audit.after_a_kill(&name);
    };
    let store_outage = plan.store_outage();
    vec![
        at(plan.kills(), Box::new(kill)),
        at(
            plan.broker_kills(),
            Box::new(|_| {
                audit.before_a_blow();
                let mut kafka = world.kafka.lock().unwrap();
                kafka.restart().unwrap();
            }),
        ),
        at(
            plan.store_outages(),
            Box::new(move |_| {
                let mut minio = world.minio.lock().unwrap();
                minio.kill().unwrap();
                std::thread::sleep(store_outage);
                minio.restart().unwrap();
            }),
        ),
        at(
            plan.rebalances(),
            Box::new(|_| {
                audit.before_a_blow();
                let guest = world.member("inference-guest", "inference");
                std::thread::sleep(VISIT);
                audit.before_a_blow();
                guest.stop();
            }),
        ),
        at(
            plan.datasets(),
            Box::new(|turn| {
                // some follow one another in a series, some are a series of their own
                let identifier = if turn % 2 == 0 { "default".to_owned() } else { format!("site-{turn}") };
                let salt = format!("round-{turn}");
                world.announce(&identifier, &salt);
                // the same again is no other work
                world.announce(&identifier, &salt);
            }),
        ),
        at(plan.moves(), Box::new(|turn| world.serve(&audit.a_run_of("default", FAMILIES[turn % 2])))),
    ]
}
