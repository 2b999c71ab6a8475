//! The ledger: claims go in at a steady rate while processes, the broker and the store are killed, and at the end every one of
//! them is answered, every data set has one run a family and one decision, and no offset was ever committed ahead of its work.
//!
//! A minute by default; `make test-ledger` takes five (`LEDGER_SECONDS`, `LEDGER_CLAIMS`, `LEDGER_SEED`).

mod answers;
mod audit;
mod blows;
mod claims;
mod plan;
mod world;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use answers::Answers;
use audit::Audit;
use claims::Claims;
use plan::Plan;
use world::World;

/// How long after the last blow everything must be settled.
const SETTLING: Duration = Duration::from_secs(180);

#[test]
#[ignore = "needs a real broker and a real store: make test-real"]
fn every_claim_is_answered_and_every_data_set_decided_once_whoever_is_killed() {
    let plan = Plan::from_env();
    eprintln!("{plan}");
    let world = World::start();
    world.until_a_model_serves();
    let (claims, answers) = (Claims::new(&world), Answers::read(&world));
    let audit = Audit::new(&world, &claims, &answers);
    let (start, over) = (Instant::now(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let blows = blows::all(&plan, &world, &audit, start);
        let threads: Vec<_> = blows.into_iter().map(|blow| scope.spawn(blow)).collect();
        let publishing = scope.spawn(|| claims.publish(plan.claims, plan.length(), &over));
        for thread in threads {
            // a blow that fails is told once all others are over
            let failed = thread.join().is_err();
            over.fetch_or(failed, Ordering::SeqCst);
        }
        publishing.join().unwrap();
    });
    assert!(!over.load(Ordering::SeqCst), "a blow or an audit failed (above)");
    audit.until_all_is_settled(Instant::now() + SETTLING);
    audit.check_the_end();
}
