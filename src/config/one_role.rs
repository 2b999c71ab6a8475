//! `CONSUMER_GROUP_ID`, `CONSUMER_TOPIC` and `PRODUCER_TOPIC`. In the original each process had one role, so these names
//! needed no role in them. Here they apply if exactly one role of the process uses them; with several roles they are mistakes.

use crate::actors::Role;

use super::names::spellings_of;
use super::originals::{ROLE_TOPICS, RoleTopics};
use super::reader::Reader;
use super::tree::Config;

/// Checks the names, and sets the consumer group of `config`.
pub fn check(reader: &mut Reader, config: &mut Config) {
    let roles: Vec<&RoleTopics> = ROLE_TOPICS.iter().filter(|topics| config.roles.has(topics.role)).collect();
    let consuming: Vec<&RoleTopics> = roles.iter().copied().filter(|topics| topics.consumes.is_some()).collect();
    topic(reader, "CONSUMER_TOPIC", &consuming, |topics| topics.consumes.unwrap_or_default());
    topic(reader, "PRODUCER_TOPIC", &roles, |topics| topics.produces);
    let consuming: Vec<Role> = consuming.iter().map(|topics| topics.role).collect();
    config.kafka.consumer_group = group(reader, &consuming, config.training.model_types.len());
}

/// A topic must be the fixed topic of the role.
fn topic(reader: &mut Reader, name: &str, roles: &[&RoleTopics], of: impl Fn(&RoleTopics) -> &'static str) {
    for (spelling, value) in spellings_of(reader, name) {
        let value = value.trim();
        match roles {
            [] => reader.note(format!("{spelling} has no effect: no role of this node has such a topic")),
            [only] if of(only) == value => {}
            [only] => reader.mistake(format!(
                "{spelling} is '{value}', but topics have fixed names, here '{}'; remove it",
                of(only)
            )),
            several => ambiguous(reader, &spelling, &several.iter().map(|topics| topics.role).collect::<Vec<_>>()),
        }
    }
}

/// The consumer group, if one consumer of this process can use it.
fn group(reader: &mut Reader, consuming: &[Role], families: usize) -> Option<String> {
    let mut group: Option<(String, String)> = None;
    let names = ["CONSUMER_GROUP_ID", "EVAL_GROUP_ID"].into_iter().flat_map(|name| spellings_of(reader, name));
    for (spelling, value) in names.collect::<Vec<_>>() {
        let is_of_evaluator = spelling.ends_with("EVAL_GROUP_ID");
        let value = value.trim().to_owned();
        match consuming {
            [Role::Trainer] if families > 1 && !is_of_evaluator => {
                reader.mistake(format!(
                    "{spelling} names one group, but each of the {families} families of MODEL_TYPE needs its own; remove it, \
                     or train one family a process"
                ));
            }
            [Role::Trainer] if !is_of_evaluator => group = taken(reader, group, spelling, value),
            [Role::Evaluator] => group = taken(reader, group, spelling, value),
            // only the claims are read in a group; promotions are read without one
            [Role::Inference] if !is_of_evaluator => group = taken(reader, group, spelling, value),
            [] | [_] => reader.note(format!("{spelling} has no effect: this node has no such consumer")),
            several => ambiguous(reader, &spelling, several),
        }
    }
    group.map(|(_, value)| value)
}

fn taken(
    reader: &mut Reader,
    group: Option<(String, String)>,
    spelling: String,
    value: String,
) -> Option<(String, String)> {
    let Some((first, known)) = group else {
        reader.note(format!("{spelling} is the consumer group of this node"));
        return Some((spelling, value));
    };
    if known != value {
        reader.mistake(format!("{first} and {spelling} mean the same, but differ; set one of them"));
    }
    Some((first, known))
}

fn ambiguous(reader: &mut Reader, spelling: &str, roles: &[Role]) {
    let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    reader.mistake(format!(
        "{spelling} means one thing only where one role has it, but this node has {}; remove it, or give each role a process \
         of its own",
        roles.join(", ")
    ));
}
