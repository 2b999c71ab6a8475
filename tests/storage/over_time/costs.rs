//! What is read of a log and of runs does not grow with them: entries never change, and new ones are found behind the known ones.

use flts::storage::{Appended, Datasets, Decision, Decisions, Runs};

use crate::common::long_history::{self, RUNS_A_DATASET};
use crate::fixture::decision;

use super::fixture::{World, back};

/// Requests of one search of an evaluator that finds nothing to do, and of what else a process asks of a log.
#[derive(Debug, PartialEq, Eq)]
struct Costs {
    /// The first search of a process.
    first_search: usize,
    /// Each further one.
    search: usize,
    /// What a judgement must know of the log, after one more decision.
    judgement: usize,
    /// The same in a new process, from the snapshot of the one before.
    judgement_after_restart: usize,
    /// The model before the present one, in a new process.
    rollback: usize,
}

async fn costs_after(length: usize) -> Costs {
    let world = World::with_past(length).await;
    let newest = long_history::dataset((length - 1) / RUNS_A_DATASET);
    let process = || {
        (Datasets::new(world.objects.clone()), Decisions::new(world.objects.clone()), Runs::new(world.objects.clone()))
    };
    let (datasets, decisions, runs) = process();
    // as an evaluator searches
    let search = async || {
        assert_eq!(datasets.newest().await.unwrap(), std::slice::from_ref(&newest));
        assert_eq!(runs.list_for("default", &newest.dataset_id).await.unwrap().len(), RUNS_A_DATASET);
        assert_eq!(decisions.newest("default", 4).await.unwrap()[0].seq, length as u64);
        assert_eq!(decisions.identifiers().await.unwrap(), ["default"]);
        decisions.project("default").await.unwrap();
    };
    // every record of a data set is read once
    datasets.list().await.unwrap();
    let first_search = world.cost(search()).await;
    let one = world.cost(search()).await;

    assert_eq!(decisions.summary("default").await.unwrap().next_seq(), length as u64 + 1);
    let mut last = long_history::decision(length);
    for winner in ["a", "b"] {
        last = decision(Some(&last), Some(winner));
        assert_eq!(decisions.append(&last).await.unwrap(), Appended::Done);
    }
    let judgement = world.cost(decisions.summary("default")).await;
    let saved = decisions.saved_summaries();
    let (_, successor, _) = process();
    successor.restore_summaries(saved);
    let judgement_after_restart = world.cost(successor.summary("default")).await;
    assert_eq!(successor.summary("default").await.unwrap(), decisions.summary("default").await.unwrap());
    decisions.project("default").await.unwrap();

    let (_, by_hand, _) = process();
    let found = |log: &[Decision]| back(log, None).is_ok();
    let rollback = world.cost(by_hand.promotions("default", found)).await;
    Costs { first_search, search: one, judgement, judgement_after_restart, rollback }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_a_judgement_and_a_rollback_cost_the_same_after_ten_and_after_two_thousand_decisions_and_runs() {
    let (short, long) = (costs_after(10).await, costs_after(2_000).await);
    println!("after 10: {short:?}\nafter 2,000: {long:?}");
    // three requests find the end of a log that no pointer tells of
    assert!(long.first_search <= short.first_search + 3, "{long:?}");
    assert_eq!(Costs { first_search: 0, ..long }, Costs { first_search: 0, ..short });
}
