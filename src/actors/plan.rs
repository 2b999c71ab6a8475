//! Which role runs what: one pure table, from which the children of a node are built and drawn.
//!
//! Downstream starts first, so that nobody is handed work before those it hands work to are there:
//! serving, then evaluation, then training. Stopping goes the other way, in two stages: who takes in work that can wait
//! for a successor stops while the node still serves.

use crate::forecast::Family;
use crate::transport::{EVALUATOR_GROUP, MODEL_SELECTED, MODEL_TRAINING, TRAINING_DATA, trainer_group};

use super::consumer::Subscription;
use super::roles::{Role, Roles};

/// One child of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Which part of the system it is.
    pub part: Part,
    /// The role it is there for.
    pub role: Role,
    /// Its stable name.
    pub name: String,
    /// The group it restarts with.
    pub group: &'static str,
    /// What it reads from Kafka, if it is a consumer.
    pub consumes: Option<Subscription>,
    /// What it does, for people.
    pub does: &'static str,
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
            Part::Pool | Part::Watcher | Part::Hints => Stage::Serving,
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

/// The children of a node with these roles that trains these families, in the order of their start.
///
/// `consumer_group`, where one is given, takes the place of the fixed name of every group.
pub fn plan(roles: &Roles, families: &[Family], consumer_group: Option<&str>) -> Vec<Planned> {
    let roles = START_ORDER.into_iter().filter(|role| roles.has(*role));
    let mut children: Vec<Planned> = roles.flat_map(|role| children(role, families)).collect();
    if let Some(name) = consumer_group {
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
fn children(role: Role, families: &[Family]) -> Vec<Planned> {
    let child = |part, name: &str, group, does| Planned { part, role, name: name.into(), group, consumes: None, does };
    match role {
        Role::Inference => vec![
            child(Part::Pool, "inference-pool", "serving", "answers forecasts from worker threads, loads models"),
            child(Part::Watcher, "promotion-watcher", "serving", "follows the pointer of its identifier"),
            child(Part::Hints, "model-selected-hints", "serving", "tells the watcher to look sooner")
                .reading(MODEL_SELECTED, None),
        ],
        Role::Evaluator => vec![
            child(Part::Evaluator, "evaluator", "evaluation", "judges data sets, decides on promotions"),
            child(Part::TrainingEvents, "training-events", "evaluation", "brings ended trainings to the evaluator")
                .reading(MODEL_TRAINING, Some(EVALUATOR_GROUP.into())),
        ],
        Role::Trainer => {
            let trainer = child(Part::Trainer, "trainer", "training", "fits model families on its own threads");
            let claims = families.iter().map(|&family| {
                let name = format!("training-claims-{}", family.as_str().to_lowercase());
                child(Part::TrainingClaims(family), &name, "training", "brings data sets to the trainer")
                    .reading(TRAINING_DATA, Some(trainer_group(family.as_str())))
            });
            std::iter::once(trainer).chain(claims).collect()
        }
        Role::Preprocess => vec![child(
            Part::Preprocessor,
            "preprocessor",
            "training",
            "turns two files of bucket dataset into a data set, and announces it",
        )],
    }
}

impl Planned {
    fn reading(self, topic: &str, group: Option<String>) -> Self {
        Self { consumes: Some(Subscription { topic: topic.to_owned(), group }), ..self }
    }
}

/// The children as a tree under their groups, for people.
pub fn draw(plan: &[Planned]) -> String {
    let width = plan.iter().map(|child| child.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for group in plan.chunk_by(|one, next| one.group == next.group) {
        let mut roles: Vec<&str> = group.iter().map(|child| child.role.as_str()).collect();
        roles.dedup();
        text += &format!("{} ({})\n", group[0].group, roles.join(", "));
        for (at, child) in group.iter().enumerate() {
            let branch = if at + 1 == group.len() { "└─" } else { "├─" };
            text += &format!("{branch} {:width$}  {}{}\n", child.name, child.does, reads(child.consumes.as_ref()));
        }
    }
    text
}

fn reads(consumes: Option<&Subscription>) -> String {
    match consumes {
        None => String::new(),
        Some(Subscription { topic, group: Some(group) }) => format!(" (topic {topic}, group {group})"),
        Some(Subscription { topic, group: None }) => format!(" (topic {topic}, every record)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(roles: &[&str], families: &[Family]) -> Vec<String> {
        let roles = Roles::named(&roles.iter().map(|role| role.to_string()).collect::<Vec<_>>());
        plan(&roles, families, None).into_iter().map(|child| child.name).collect()
    }

    #[test]
    fn downstream_starts_before_upstream() {
        let all = names(&["all"], &[Family::Gru, Family::Lstm]);
        let place = |name: &str| all.iter().position(|known| known == name);
        assert!(place("inference-pool") < place("evaluator"));
        assert!(place("evaluator") < place("training-events"), "events find their evaluator");
        assert!(place("training-events") < place("trainer"));
        assert!(place("trainer") < place("training-claims-lstm"), "claims find their trainer");
        assert!(place("training-claims-lstm") < place("preprocessor"));
        assert_eq!(all.len(), 9, "{all:?}");
    }

    #[test]
    fn a_role_alone_has_its_own_children_and_a_family_its_own_group() {
        let pool = ["inference-pool", "promotion-watcher", "model-selected-hints"];
        assert_eq!(names(&["inference"], &[Family::Gru]), pool);
        let roles = Roles::named(&["trainer".into()]);
        let group = |child: &Planned| child.consumes.clone().and_then(|reads| reads.group);
        let groups: Vec<_> = plan(&roles, &[Family::Gru, Family::Lstm], None).iter().filter_map(group).collect();
        assert_eq!(groups, ["train-gru", "train-lstm"]);
    }

    #[test]
    fn a_group_stops_as_a_whole_and_what_serves_stops_last() {
        let plan = plan(&Roles::named(&["all".into()]), &[Family::Gru, Family::Lstm], None);
        let (intake, serving) = (groups_of(Stage::Intake, &plan), groups_of(Stage::Serving, &plan));
        assert_eq!((intake.as_slice(), serving.as_slice()), (&["evaluation", "training"][..], &["serving"][..]));
        assert!(plan.is_sorted_by_key(|child| std::cmp::Reverse(child.part.stage())), "the stop reverses the start");
    }

    #[test]
    fn the_drawing_names_every_child_with_its_group_and_what_it_reads() {
        let plan = plan(&Roles::named(&["all".into()]), &[Family::Gru], None);
        let text = draw(&plan);
        for child in &plan {
            assert!(text.contains(&child.name), "{} is not in\n{text}", child.name);
        }
        assert!(text.contains("training (trainer, preprocess)\n├─ trainer "), "{text}");
        assert!(text.contains("(topic model-selected, every record)"), "{text}");
    }
}
