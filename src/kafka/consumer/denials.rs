//! What the brokers deny a consumer: a group or a topic that the user may not read, or a topic that does not exist.
//!
//! Pure. librdkafka reports a denial once and then retries silently, so a denial is kept until the consumer reads again.

use rdkafka::error::RDKafkaErrorCode;

/// The present denials of a consumer.
#[derive(Debug, Clone, Default)]
pub(super) struct Denials {
    group: Option<Denial>,
    topic: Option<Denial>,
}

#[derive(Debug, Clone)]
struct Denial {
    text: String,
    /// The progress of reading when it was reported.
    at: ReadProgress,
}

/// The progress of a consumer's reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ReadProgress {
    /// The number of assignments so far, those of no partitions included.
    pub assignments: u64,
    /// The number of partitions that are assigned now.
    pub assigned: usize,
    /// The number of records read.
    pub read: u64,
}

impl Denials {
    /// Keeps the error if it is a denial; answers with its text, which says what to do.
    pub fn note(&mut self, code: RDKafkaErrorCode, topic: &str, group: &str, at: ReadProgress) -> Option<&str> {
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

    /// Forgets the denials that the progress of reading refutes; true if there was one.
    pub fn review(&mut self, now: ReadProgress) -> bool {
        let assigned_anew = |denial: &mut Denial| now.assignments > denial.at.assignments;
        // a consumer that is not in the group gets no assignment, not even one of no partitions
        let group = self.group.take_if(assigned_anew);
        let topic = self.topic.take_if(|denial| {
            now.read > denial.at.read || (now.assigned > 0 && now.assignments > denial.at.assignments)
        });
        group.is_some() || topic.is_some()
    }

    /// Forgets the denial of the topic, because a broker shows the topic; true if there was one.
    pub fn topic_is_shown(&mut self) -> bool {
        self.topic.take().is_some()
    }

    /// What is denied, and what to do about it; none if nothing is denied.
    pub fn message(&self) -> Option<String> {
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

    const BEFORE: ReadProgress = ReadProgress { assignments: 1, assigned: 1, read: 5 };

    fn denied(code: RDKafkaErrorCode) -> Denials {
        let mut denials = Denials::default();
        assert!(denials.note(code, "work", "g", BEFORE).is_some());
        denials
    }

    #[test]
    fn a_denial_is_told_with_what_to_do_and_silence_is_none() {
        let told = |code| denied(code).message().expect("it is told");
        assert!(told(GroupAuthorizationFailed).contains("group g; allow it Read on the group"));
        assert!(told(TopicAuthorizationFailed).contains("topic work; allow it Read and Describe"));
        assert!(told(UnknownTopicOrPartition).contains("no topic work; create it"));
        assert_eq!(Denials::default().note(OperationTimedOut, "work", "g", BEFORE), None);
    }

    #[test]
    fn a_group_denies_until_it_assigns_and_a_topic_until_it_is_read() {
        let assigned = |assigned| ReadProgress { assignments: 2, assigned, ..BEFORE };
        let read = ReadProgress { read: 6, ..BEFORE };
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
        assert!(denials.message().is_some_and(|told| told.contains("topic work") && told.contains("group g")));
        assert!(denials.topic_is_shown() && !denials.topic_is_shown());
        assert!(denials.message().is_some_and(|told| told.contains("group g")));
    }
}
