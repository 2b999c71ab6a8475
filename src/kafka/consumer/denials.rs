//! What the brokers deny a consumer, told until it reads again: a group or a topic that it may not read, a topic that is not there.
//!
//! Pure. The client tells each denial once only, and goes on trying in silence.

use rdkafka::error::RDKafkaErrorCode;

/// What is denied just now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Denials {
    group: Option<Denial>,
    topic: Option<Denial>,
}

#[derive(Debug, Clone)]
struct Denial {
    text: String,
    /// How far reading was when it was told.
    at: Reading,
}

/// How far reading is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// How often partitions were assigned, be it none.
    pub assignments: u64,
    /// Partitions that are assigned now.
    pub assigned: usize,
    /// Records read.
    pub read: u64,
}

impl Denials {
    /// Takes note of the error if it is a denial, and gives what to do about it.
    pub fn note(&mut self, code: RDKafkaErrorCode, topic: &str, group: &str, at: Reading) -> Option<&str> {
        use RDKafkaErrorCode::{
            GroupAuthorizationFailed, TopicAuthorizationFailed, UnknownTopic, UnknownTopicOrPartition,
        };
        let (slot, text) = match code {
            GroupAuthorizationFailed => {
                (&mut self.group, format!("this user may not read as the group {group}; allow it Read on the group"))
            }
            TopicAuthorizationFailed => {
                let text = format!("this user may not read the topic {topic}; allow it Read and Describe on the topic");
                (&mut self.topic, text)
            }
            UnknownTopic | UnknownTopicOrPartition => {
                (&mut self.topic, format!("there is no topic {topic}; create it with flts topics --create"))
            }
            _ => return None,
        };
        Some(&slot.insert(Denial { text, at }).text)
    }

    /// Forgets what is over, now that reading is so far; true when something was.
    pub fn review(&mut self, now: Reading) -> bool {
        let assigned_anew = |denial: &mut Denial| now.assignments > denial.at.assignments;
        // whoever is not let into the group is assigned nothing, not even no partitions
        let group = self.group.take_if(assigned_anew);
        let topic = self.topic.take_if(|denial| {
            now.read > denial.at.read || (now.assigned > 0 && now.assignments > denial.at.assignments)
        });
        group.is_some() || topic.is_some()
    }

    /// The broker shows the topic to a consumer that has no partition of it; true when that is news.
    pub fn topic_is_shown(&mut self) -> bool {
        self.topic.take().is_some()
    }

    /// What is denied, and what to do about it.
    pub fn told(&self) -> Option<String> {
        let denials: Vec<&str> = [&self.topic, &self.group].into_iter().flatten().map(|denial| &*denial.text).collect();
        (!denials.is_empty()).then(|| denials.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RDKafkaErrorCode::{
        GroupAuthorizationFailed, OperationTimedOut, TopicAuthorizationFailed, UnknownTopicOrPartition,
    };

    const BEFORE: Reading = Reading { assignments: 1, assigned: 1, read: 5 };

    fn denied(code: RDKafkaErrorCode) -> Denials {
        let mut denials = Denials::default();
        assert!(denials.note(code, "work", "g", BEFORE).is_some());
        denials
    }

    #[test]
    fn a_denial_is_told_with_what_to_do_and_silence_is_none() {
        let told = |code| denied(code).told().expect("it is told");
        assert!(told(GroupAuthorizationFailed).contains("group g; allow it Read on the group"));
        assert!(told(TopicAuthorizationFailed).contains("topic work; allow it Read and Describe"));
        assert!(told(UnknownTopicOrPartition).contains("no topic work; create it"));
        assert_eq!(Denials::default().note(OperationTimedOut, "work", "g", BEFORE), None);
    }

    #[test]
    fn a_group_denies_until_it_assigns_and_a_topic_until_it_is_read() {
        let assigned = |assigned| Reading { assignments: 2, assigned, ..BEFORE };
        let read = Reading { read: 6, ..BEFORE };
        let over = |code, now| denied(code).review(now);
        assert!(!over(GroupAuthorizationFailed, BEFORE) && !over(GroupAuthorizationFailed, read));
        assert!(over(GroupAuthorizationFailed, assigned(0)));
        assert!(!over(TopicAuthorizationFailed, BEFORE) && !over(TopicAuthorizationFailed, assigned(0)));
        assert!(over(TopicAuthorizationFailed, assigned(1)) && over(TopicAuthorizationFailed, read));
    }

    #[test]
    fn a_topic_that_is_shown_says_nothing_about_the_group() {
        let mut denials = denied(GroupAuthorizationFailed);
        denials.note(UnknownTopicOrPartition, "work", "g", BEFORE);
        assert!(denials.told().is_some_and(|told| told.contains("topic work") && told.contains("group g")));
        assert!(denials.topic_is_shown() && !denials.topic_is_shown());
        assert!(denials.told().is_some_and(|told| told.contains("group g")));
    }
}
