//! Which role runs what: one pure table, from which the children of a node are built, drawn and reported.
//!
//! Downstream starts first, so that nobody is handed work before those it hands work to are there:
//! serving, then batch inference, then evaluation, then training. Stopping goes the other way, in two stages: who takes in work that can wait
//! for a successor stops while the node still serves.

use crate::actors::batch::CLAIMS_IN_FLIGHT;
use crate::actors::evaluate::JUDGE;
use crate::actors::preprocess::PREPARER;
use crate::actors::serve::{LOADER, worker_name};
use crate::actors::shared::{Subscription, poll_thread};
use crate::actors::train::training_thread;
use crate::forecast::Family;
use crate::kafka::{
    EVALUATOR_GROUP, INFERENCE_DATA, INFERENCE_GROUP, MODEL_SELECTED, MODEL_TRAINING, TRAINING_DATA, trainer_group,
};

use super::roles::{Role, Roles};

/// One child of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Which part of the system it is.
    pub part: Part,
    /// The role it is there for; none where it is there for the node.
    pub role: Option<Role>,
    /// Its stable name.
    pub name: String,
    /// The group it restarts with.
    pub group: &'static str,
    /// What it reads from Kafka, if it is a consumer.
    pub consumes: Option<Subscription>,
    /// The threads that it owns at the start.
    pub threads: Vec<String>,
    /// What it does, for people.
    pub does: String,
}

/// What the plan of a node depends on.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// Its roles.
    pub roles: &'a Roles,
    /// The families that its trainer fits.
    pub families: &'a [Family],
    /// Where one is given, it takes the place of the fixed name of every consumer group.
    pub consumer_group: Option<&'a str>,
    /// Threads of its pool at the start.
    pub workers: usize,
    /// Trainings at the same time.
    pub trainings: usize,
}

/// The parts that children can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The inference pool.
    Pool,
    /// The promotion watcher.
    Watcher,
    /// Hints for the watcher.
    Hints,
    /// Batch inference.
    BatchForecaster,
    /// Claims for batch inference.
    InferenceClaims,
    /// The evaluator.
    Evaluator,
    /// Training events for the evaluator.
    TrainingEvents,
    /// The trainer.
    Trainer,
    /// Claims of one family for the trainer.
    TrainingClaims(Family),
    /// The preprocessor.
    Preprocessor,
    /// Whoever keeps this node joined to another one; the node itself builds it.
    JoinedNode,
}

/// When a child stops, in the drain of its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// At once: what it holds is handed back and waits for its successor.
    Intake,
    /// When the last request is answered.
    Serving,
}

impl Part {
    /// When it stops; the parts of a group stop together.
    pub fn stage(self) -> Stage {
        match self {
            Part::Pool | Part::Watcher | Part::Hints | Part::JoinedNode => Stage::Serving,
            Part::BatchForecaster | Part::InferenceClaims => Stage::Intake,
            Part::Evaluator | Part::TrainingEvents => Stage::Intake,
            Part::Trainer | Part::TrainingClaims(_) | Part::Preprocessor => Stage::Intake,
        }
    }
}

/// The groups that stop in this stage.
pub fn groups_of(stage: Stage, plan: &[Planned]) -> Vec<&'static str> {
    let mut groups: Vec<_> = plan.iter().filter(|child| child.part.stage() == stage).map(|child| child.group).collect();
    groups.dedup();
    groups
}

/// The order in which the children of roles start.
const START_ORDER: [Role; 4] = [Role::Inference, Role::Evaluator, Role::Trainer, Role::Preprocess];

/// The children that the roles of a node have, in the order of their start.
pub fn plan(scope: &Scope) -> Vec<Planned> {
    let roles = START_ORDER.into_iter().filter(|role| scope.roles.has(*role));
    let mut children: Vec<Planned> = roles.flat_map(|role| children(role, scope)).collect();
    if let Some(name) = scope.consumer_group {
        let groups = children.iter_mut().filter_map(|child| child.consumes.as_mut()?.group.as_mut());
        groups.for_each(|group| *group = name.to_owned());
    }
    children
}

/// The readiness latch that a role has to open.
pub fn latch(role: Role) -> &'static str {
    match role {
        Role::Inference => "model",
        Role::Evaluator => "evaluator",
        Role::Trainer => "trainer",
        Role::Preprocess => "preprocess",
    }
}

/// The only branch on roles.
fn children(role: Role, scope: &Scope) -> Vec<Planned> {
    let child = |part, name: &str, group, does: &str| Planned {
        part,
        role: Some(role),
        name: name.into(),
        group,
        consumes: None,
        threads: Vec::new(),
        does: does.into(),
    };
    match role {
        Role::Inference => vec![
            child(Part::Pool, "inference-pool", "serving", "answers forecasts from worker threads, loads models")
                .owning((0..scope.workers).map(worker_name).chain([LOADER.into()])),
            child(Part::Watcher, "promotion-watcher", "serving", "follows the pointer of its identifier"),
            child(Part::Hints, "model-selected-hints", "serving", "tells the watcher to look sooner")
                .reading(MODEL_SELECTED, None),
            child(Part::BatchForecaster, "batch-forecaster", "batch", "answers claims: forecast, log segment, event"),
            child(Part::InferenceClaims, "inference-claims", "batch", "brings claims to the batch forecaster")
                .reading(INFERENCE_DATA, Some(INFERENCE_GROUP.into()))
                .holding(CLAIMS_IN_FLIGHT),
        ],
        Role::Evaluator => vec![
            child(Part::Evaluator, "evaluator", "evaluation", "judges data sets, decides on promotions")
                .owning([JUDGE.into()]),
            child(Part::TrainingEvents, "training-events", "evaluation", "brings ended trainings to the evaluator")
                .reading(MODEL_TRAINING, Some(EVALUATOR_GROUP.into())),
        ],
        Role::Trainer => {
            let trainer = child(Part::Trainer, "trainer", "training", "fits model families on its own threads")
                .owning((0..scope.trainings).map(training_thread));
            let claims = scope.families.iter().map(|&family| {
                let name = format!("training-claims-{}", family.as_str().to_lowercase());
                child(Part::TrainingClaims(family), &name, "training", "brings data sets to the trainer")
                    .reading(TRAINING_DATA, Some(trainer_group(family.as_str())))
            });
            std::iter::once(trainer).chain(claims).collect()
        }
        Role::Preprocess => vec![
            child(
                Part::Preprocessor,
                "preprocessor",
                "training",
                "turns two files of bucket dataset into a data set, and announces it",
            )
            .owning([PREPARER.into()]),
        ],
    }
}

impl Planned {
    fn reading(self, topic: &str, group: Option<String>) -> Self {
        let poll = poll_thread(&self.name);
        let subscription = Subscription { topic: topic.to_owned(), group, max_in_flight: Subscription::MAX_IN_FLIGHT };
        Self { consumes: Some(subscription), ..self }.owning([poll])
    }

    /// With this many records in flight at most.
    fn holding(mut self, max_in_flight: usize) -> Self {
        if let Some(subscription) = &mut self.consumes {
            subscription.max_in_flight = max_in_flight;
        }
        self
    }

    fn owning(self, threads: impl IntoIterator<Item = String>) -> Self {
        Self { threads: threads.into_iter().collect(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(roles: &[&str], families: &[Family]) -> Vec<Planned> {
        let roles = Roles::named(&roles.iter().map(|role| role.to_string()).collect::<Vec<_>>());
        plan(&Scope { roles: &roles, families, consumer_group: None, workers: 2, trainings: 1 })
    }

    fn names(roles: &[&str], families: &[Family]) -> Vec<String> {
        planned(roles, families).into_iter().map(|child| child.name).collect()
    }

    #[test]
    fn downstream_starts_before_upstream() {
        let all = names(&["all"], &[Family::GRU, Family::LSTM]);
        let place = |name: &str| all.iter().position(|known| known == name);
        assert!(place("inference-pool") < place("evaluator"));
        assert!(place("model-selected-hints") < place("batch-forecaster"), "claims find a pool");
        assert!(place("batch-forecaster") < place("inference-claims"), "claims find who answers them");
        assert!(place("evaluator") < place("training-events"), "events find their evaluator");
        assert!(place("training-events") < place("trainer"));
        assert!(place("trainer") < place("training-claims-lstm"), "claims find their trainer");
        assert!(place("training-claims-lstm") < place("preprocessor"));
        assert_eq!(all.len(), 11, "{all:?}");
    }

    #[test]
    fn a_role_alone_has_its_own_children_and_a_family_its_own_group() {
        let pool =
            ["inference-pool", "promotion-watcher", "model-selected-hints", "batch-forecaster", "inference-claims"];
        assert_eq!(names(&["inference"], &[Family::GRU]), pool);
        let group = |child: &Planned| child.consumes.clone().and_then(|reads| reads.group);
        let groups: Vec<_> = planned(&["trainer"], &[Family::GRU, Family::LSTM]).iter().filter_map(group).collect();
        assert_eq!(groups, ["train-gru", "train-lstm"]);
    }

    #[test]
    fn every_child_names_the_threads_that_it_owns() {
        let all = planned(&["all"], &[Family::GRU]);
        let of = |name: &str| all.iter().find(|child| child.name == name).map(|child| child.threads.join(" "));
        assert_eq!(of("inference-pool").as_deref(), Some("inference-worker-0 inference-worker-1 model-loader"));
        assert_eq!(of("training-claims-gru").as_deref(), Some("training-claims-gru-poll"));
        assert_eq!(of("trainer").as_deref(), Some("trainer-0"));
        assert_eq!(of("promotion-watcher").as_deref(), Some(""));
    }

    #[test]
    fn a_group_stops_as_a_whole_and_what_serves_stops_last() {
        let plan = planned(&["all"], &[Family::GRU, Family::LSTM]);
        let (intake, serving) = (groups_of(Stage::Intake, &plan), groups_of(Stage::Serving, &plan));
        assert_eq!(
            (intake.as_slice(), serving.as_slice()),
            (&["batch", "evaluation", "training"][..], &["serving"][..])
        );
        assert!(plan.is_sorted_by_key(|child| std::cmp::Reverse(child.part.stage())), "the stop reverses the start");
    }
}
