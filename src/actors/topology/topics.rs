//! Which topics each role reads and writes.

use crate::kafka::{INFERENCE_DATA, MODEL_SELECTED, MODEL_TRAINING, PERFORMANCE_EVAL, TOPICS, TRAINING_DATA, Topic};

use super::roles::{Role, Roles};

/// The topics that a node with these roles cannot do without, in the order of [`TOPICS`].
pub fn topics_of(roles: &Roles) -> Vec<Topic> {
    let needed = |topic: &Topic| roles.iter().any(|role| topic_names(role).contains(&topic.name));
    TOPICS.into_iter().filter(needed).collect()
}

fn topic_names(role: Role) -> &'static [&'static str] {
    match role {
        Role::Preprocess => &[TRAINING_DATA, INFERENCE_DATA, "DLQ-preprocess"],
        Role::Trainer => &[TRAINING_DATA, MODEL_TRAINING, "DLQ-training-data"],
        Role::Evaluator => &[MODEL_TRAINING, MODEL_SELECTED, "DLQ-model-training"],
        Role::Inference => &[MODEL_SELECTED, INFERENCE_DATA, PERFORMANCE_EVAL, "DLQ-inference-data"],
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::plan;
    use super::super::planned::Scope;
    use super::*;
    use crate::forecast::Family;
    use crate::kafka::DlqEnvelope;

    #[test]
    fn a_role_has_the_topics_that_its_children_read_and_those_of_their_dead_letters() {
        for role in Role::ALL {
            let roles = Roles::named(&[role.as_str().to_owned()]);
            let topics: Vec<&str> = topics_of(&roles).iter().map(|topic| topic.name).collect();
            let families = [Family::Gru];
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
