//! Which topics each role reads and writes.

use crate::kafka::{
    DlqEnvelope, INFERENCE_DATA, MODEL_SELECTED, MODEL_TRAINING, PERFORMANCE_EVAL, RETRY_INFERENCE_DATA, TOPICS,
    TRAINING_DATA, Topic,
};

use super::roles::{Role, Roles};
use super::table::{ROWS, ReadBy, Reads};

/// The topics that a node with these roles cannot do without, in the order of [`TOPICS`].
pub fn topics_of(roles: &Roles) -> Vec<Topic> {
    let needed = |topic: &Topic| roles.iter().any(|role| writes(role).contains(&topic.name) || reads(role, topic.name));
    TOPICS.into_iter().filter(needed).collect()
}

/// The topics that the actors of a role write, beside the dead letters of what they read.
fn writes(role: Role) -> &'static [&'static str] {
    match role {
        Role::Preprocess => &[TRAINING_DATA, INFERENCE_DATA, "DLQ-preprocess"],
        Role::Trainer => &[MODEL_TRAINING],
        Role::Evaluator => &[MODEL_SELECTED],
        Role::Inference => &[PERFORMANCE_EVAL, RETRY_INFERENCE_DATA],
        Role::Gateway => &[],
    }
}

/// Whether a consumer of the role reads this topic, or has its dead letters there; only consumers in a group have some.
fn reads(role: Role, topic: &str) -> bool {
    let mut consumers = ROWS.iter().filter(|row| row.role == role).filter_map(|row| row.reads.as_ref());
    consumers.any(|reads| reads.topic == topic || has_dead_letters_in(reads, topic))
}

fn has_dead_letters_in(reads: &Reads, topic: &str) -> bool {
    !matches!(reads.by, ReadBy::EveryNode) && DlqEnvelope::topic(reads.topic) == topic
}

#[cfg(test)]
mod tests {
    use super::super::plan::plan;
    use super::super::planned::Scope;
    use super::*;
    use crate::forecast::Family;

    #[test]
    fn a_role_has_the_topics_that_its_children_read_and_those_of_their_dead_letters() {
        for role in Role::ALL {
            let roles = Roles::named(&[role.as_str().to_owned()]);
            let topics: Vec<&str> = topics_of(&roles).iter().map(|topic| topic.name).collect();
            let families = [Family::GRU];
            let scope = Scope { roles: &roles, families: &families, consumer_group: None, workers: 1, trainings: 1 };
            for reads in plan(&scope).into_iter().filter_map(|child| child.consumes) {
                assert!(topics.contains(&reads.topic.as_str()), "{role} reads {}", reads.topic);
                let dead_letters = DlqEnvelope::topic(&reads.topic);
                assert!(
                    reads.group.is_none() || topics.contains(&dead_letters.as_str()),
                    "{role} sends dead letters to {dead_letters}"
                );
            }
        }
    }

    #[test]
    fn every_topic_is_there_for_some_role() {
        assert_eq!(topics_of(&Roles::named(&["all".to_owned()])), TOPICS);
    }
}
