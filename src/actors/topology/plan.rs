//! Which children a node has: pure, from the table of all children and the scope of the node. They are built, drawn and reported from it.

use crate::actors::shared::{Subscription, poll_thread};
use crate::forecast::Family;
use crate::kafka::RETRY_INFERENCE_DATA;

use super::planned::{Planned, Scope, StopStage};
use super::table::{ROWS, ReadBy, Reads, Row};

/// What a group of the settings is called on a retry topic.
const RETRY_SUFFIX: &str = "-retry";

/// The children that the roles of a node have, in the order of their start.
pub fn plan(scope: &Scope) -> Vec<Planned> {
    ROWS.iter().filter(|row| scope.roles.has(row.role)).flat_map(|row| children(row, scope)).collect()
}

/// The groups that stop in this stage.
pub fn groups_of(stage: StopStage, plan: &[Planned]) -> Vec<&'static str> {
    let mut groups: Vec<_> = plan.iter().filter(|child| child.stops == stage).map(|child| child.group).collect();
    groups.dedup();
    groups
}

/// The child of a row, or one for each family.
fn children(row: &Row, scope: &Scope) -> Vec<Planned> {
    match row.reads {
        Some(Reads { by: ReadBy::GroupOfEachFamily(_), .. }) => {
            scope.families.iter().map(|&family| child(row, Some(family), scope)).collect()
        }
        _ => vec![child(row, None, scope)],
    }
}

fn child(row: &Row, family: Option<Family>, scope: &Scope) -> Planned {
    let name = match family {
        Some(family) => format!("{}-{}", row.name, family.as_str().to_lowercase()),
        None => row.name.to_owned(),
    };
    let poll = row.reads.as_ref().map(|_| poll_thread(&name));
    Planned {
        row: Some(row.name),
        role: Some(row.role),
        group: row.group,
        stops: row.stops,
        family,
        consumes: row.reads.as_ref().map(|reads| subscription(reads, family, scope)),
        threads: (row.threads)(scope).into_iter().chain(poll).collect(),
        does: row.does.to_owned(),
        name,
    }
}

fn subscription(reads: &Reads, family: Option<Family>, scope: &Scope) -> Subscription {
    let group = match reads.by {
        ReadBy::EveryNode => None,
        ReadBy::Group(name) => Some(name.to_owned()),
        ReadBy::GroupOfEachFamily(name) => family.map(|family| name(family.as_str())),
    };
    // the group of the settings takes the place of every fixed one; a retry topic has a group of its own
    let suffix = if reads.topic == RETRY_INFERENCE_DATA { RETRY_SUFFIX } else { "" };
    let group = group.map(|group| scope.consumer_group.map_or(group, |given| format!("{given}{suffix}")));
    Subscription { topic: reads.topic.to_owned(), group, max_in_flight: reads.max_in_flight }
}

#[cfg(test)]
mod tests {
    use super::super::roles::Roles;
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
        assert_eq!(all.len(), 12, "{all:?}");
    }

    #[test]
    fn a_role_alone_has_its_own_children_and_a_family_its_own_group() {
        let pool = [
            "inference-pool",
            "promotion-watcher",
            "model-selected-hints",
            "batch-forecaster",
            "inference-claims",
            "parked-claims",
        ];
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
        let (intake, serving) = (groups_of(StopStage::Intake, &plan), groups_of(StopStage::Serving, &plan));
        assert_eq!(
            (intake.as_slice(), serving.as_slice()),
            (&["batch", "evaluation", "training"][..], &["serving"][..])
        );
        assert!(plan.is_sorted_by_key(|child| std::cmp::Reverse(child.stops)), "the stop reverses the start");
    }
}
