//! The decision log and the pointer: every kind of decision says what it said, and the log goes on.

use flts::forecast::{Family, ScoreWeights, Standing};
use flts::storage::{
    Appended, Audit, Decision, DecisionKind, Decisions, FetchedPointer, PROMOTION_BUCKET, Pointer, Runs,
};

use super::fixture::{bytes, stored};

#[tokio::test]
async fn every_decision_of_the_first_format_says_who_is_served_and_why() {
    let stored = stored().await;
    let decisions = Decisions::new(stored.objects.clone());
    assert_eq!(decisions.identifiers().await.unwrap(), ["default", "short"]);
    let history = decisions.history("default").await.unwrap();
    let told: Vec<(u64, DecisionKind, u64, Family)> = history.iter().map(summary).collect();
    assert_eq!(
        told,
        [
            (1, DecisionKind::Promoted, 1, Family::RIDGE),
            (2, DecisionKind::Refused, 1, Family::RIDGE),
            (3, DecisionKind::Set, 2, Family::GRU),
            (4, DecisionKind::Set, 3, Family::LSTM),
            (5, DecisionKind::RolledBack, 4, Family::GRU),
        ]
    );
    let audits: Vec<Option<Audit>> = history.iter().map(|decision| decision.audit.clone()).collect();
    let by = |who: &str, why: &str| Some(Audit { who: who.into(), why: why.into() });
    let ada = |why| by("ada", why);
    assert_eq!(
        audits,
        [None, None, ada("it follows bursts sooner"), ada("a second try"), by("grace", "worse at night")]
    );
    for decision in &history {
        assert_eq!((decision.v, decision.identifier.as_str()), (1, "default"));
        assert_eq!(decision.weights, Some(ScoreWeights::default()));
        assert_eq!(decision.standing, Standing::default(), "neither a fallback nor provisional");
        let pointer = decision.pointer.as_ref().unwrap();
        assert_eq!((pointer.generation, pointer.experiment.as_str()), (decision.generation, "Default"));
        let judged = decision.audit.is_none();
        assert_eq!((decision.scoreboard.is_empty(), decision.judged_runs.is_empty()), (!judged, !judged));
    }
    let lstm = &history[3].pointer.as_ref().unwrap().run_id;
    assert!(Decision::is_withdrawn(&history, lstm), "what a person took out of service stays out");
    assert!(!Decision::is_withdrawn(&history, &history[2].pointer.as_ref().unwrap().run_id));

    let short = decisions.history("short").await.unwrap();
    assert_eq!((short.len(), short[0].decision, short[0].generation), (1, DecisionKind::Refused, 0));
    assert_eq!(short[0].pointer, None, "nobody was ever promoted for it");
}

fn summary(decision: &Decision) -> (u64, DecisionKind, u64, Family) {
    (decision.seq, decision.decision, decision.generation, decision.pointer.as_ref().unwrap().model_type)
}

#[tokio::test]
async fn a_pointer_of_the_first_format_is_followed_and_is_what_the_log_says() {
    let stored = stored().await;
    let decisions = Decisions::new(stored.objects.clone());
    let FetchedPointer::New { pointer, .. } = decisions.pointer("default", None).await.unwrap() else {
        panic!("it can be followed")
    };
    let history = decisions.history("default").await.unwrap();
    assert_eq!(Some(&*pointer), history[4].pointer.as_ref());
    assert_eq!(pointer.previous, history[3].pointer.as_ref().map(|pointer| pointer.run_id.clone()));
    assert_eq!(pointer.score, history[0].scoreboard.iter().find(|c| c.run_id == pointer.run_id).unwrap().score);
    let run = Runs::new(stored.objects.clone()).find_by_id("default", &pointer.run_id).await.unwrap().unwrap();
    assert_eq!(run.artifact(), Some(pointer.artifact()));

    // whoever makes up for a crash leaves it as it lies there
    decisions.project("default").await.unwrap();
    let current = stored.objects.get(PROMOTION_BUCKET, "default/current.json").await.unwrap().unwrap();
    assert_eq!(&current.bytes[..], bytes("objects/model-promotion/default/current.json"));
    assert_eq!(Pointer::parse(&current.bytes), Ok(*pointer));
}

#[tokio::test]
async fn the_log_of_the_first_format_goes_on_with_a_rollback_to_any_generation_of_it() {
    let stored = stored().await;
    let decisions = Decisions::new(stored.objects.clone());
    let mut history = decisions.history("default").await.unwrap();
    let audit = || Audit { who: "ops".into(), why: "a test".into() };
    for generation in [1, 3, 2] {
        let next = Decision::rolling_back(&history, "default", Some(generation), audit()).unwrap();
        assert_eq!(decisions.append(&next).await.unwrap(), Appended::Done);
        let pointer = decisions.project("default").await.unwrap().unwrap();
        let then = history.iter().find(|decision| decision.generation == generation).unwrap().pointer.clone().unwrap();
        assert_eq!((&pointer.run_id, &pointer.manifest_sha256), (&then.run_id, &then.manifest_sha256));
        assert_eq!(pointer.seq, history.len() as u64 + 1);
        history.push(next);
    }
    assert_eq!(decisions.history("default").await.unwrap(), history);
}
