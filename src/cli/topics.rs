//! `flts topics`: the topics of FLTS and whether they exist; `--create` creates the missing ones.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Arg, ArgAction, ArgMatches};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::config::Config;
use crate::kafka::{
    BrokerAccess, NotCreated, Presence, TOPICS, Topic, TopicLayout, TopicsError, create_topics, lacking, look_at_topics,
};

use super::backends::find_broker;
use super::command::{Command, TopicsOptions};
use super::exit::Exit;
use super::flags::Environment;
use super::print::{print, table};
use super::{flags, help};

/// How long the broker may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
const CREATE_TIMEOUT: Duration = Duration::from_secs(30);

/// The command and its flags.
pub fn command() -> clap::Command {
    clap::Command::new("topics")
        .about("Show the topics that should exist, and whether they do")
        .after_help(help::RULES)
        .arg(Arg::new("create").long("create").action(ArgAction::SetTrue).help("Create those that are missing"))
        .arg(flags::json())
        .args(flags::settings(flags::is_place))
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    let options = TopicsOptions { create: matches.get_flag("create"), json: matches.get_flag("json") };
    Ok(Command::Topics { config: flags::config(matches, environment, None)?, options })
}

/// A topic and its state.
struct TopicRow {
    topic: Topic,
    state: TopicState,
}

enum TopicState {
    /// No broker is configured.
    NoBroker,
    Reported(Presence),
    Created,
    NotCreated(NotCreated),
}

/// The topics as text.
///
/// # Errors
/// The broker does not answer, or a topic could not be created.
pub async fn work(config: &Config, options: TopicsOptions) -> anyhow::Result<String> {
    let access = find_broker(config)?;
    let layout = config.kafka.topics;
    let rows = match access {
        Some(access) => {
            let work = move || rows(&access, layout, options.create);
            spawn_blocking(work).await.context("the question to the broker died")??
        }
        None if options.create => {
            bail!("there is no broker to create topics on; set KAFKA_BOOTSTRAP_SERVERS")
        }
        None => TOPICS.into_iter().map(|topic| TopicRow { topic, state: TopicState::NoBroker }).collect(),
    };
    let text = match options.json {
        true => format!("{:#}", Value::Array(rows.iter().map(|row| row.json(layout)).collect())),
        false => {
            table(["topic", "partitions", "replication", "state", "for"], rows.iter().map(|row| row.cells(layout)))
        }
    };
    let failed: Vec<&str> = rows.iter().filter(|row| row.has_failed()).map(|row| row.topic.name).collect();
    if failed.is_empty() {
        return Ok(text);
    }
    print(&text);
    bail!("not created: {}", failed.join(", "))
}

fn rows(access: &BrokerAccess, layout: TopicLayout, create: bool) -> Result<Vec<TopicRow>, TopicsError> {
    let looked = look_at_topics(access, &TOPICS, ANSWER_TIMEOUT)?;
    let lacking = lacking(&looked);
    let created = match create && !lacking.is_empty() {
        true => create_topics(access, &lacking, layout, CREATE_TIMEOUT)?,
        false => Vec::new(),
    };
    let row = |(topic, presence): (Topic, Presence)| {
        let outcome = created.iter().find(|(created, _)| *created == topic).map(|(_, outcome)| *outcome);
        let state = match outcome {
            Some(Ok(())) => TopicState::Created,
            Some(Err(why)) => TopicState::NotCreated(why),
            None => TopicState::Reported(presence),
        };
        TopicRow { topic, state }
    };
    Ok(looked.into_iter().map(row).collect())
}

impl TopicRow {
    fn has_failed(&self) -> bool {
        matches!(self.state, TopicState::NotCreated(_))
    }

    /// Partitions and replication factor: the actual ones, or those of a topic to create.
    fn layout(&self, layout: TopicLayout) -> (usize, Option<usize>) {
        match self.state {
            TopicState::Reported(Presence::There { partitions, replication }) => (partitions, Some(replication)),
            _ => {
                let copies = layout.replication.and_then(|copies| usize::try_from(copies).ok());
                (usize::try_from(self.topic.partitions(layout)).unwrap_or_default(), copies)
            }
        }
    }

    fn state_text(&self) -> String {
        match self.state {
            TopicState::NoBroker => "no broker configured".into(),
            TopicState::Reported(Presence::There { .. }) => "there".into(),
            TopicState::Reported(Presence::Missing) => "missing".into(),
            TopicState::Reported(Presence::Hidden) => "not for this user to see".into(),
            TopicState::Created => "created".into(),
            TopicState::NotCreated(why) => format!("not created: {why}"),
        }
    }

    fn cells(&self, layout: TopicLayout) -> [String; 5] {
        let (partitions, copies) = self.layout(layout);
        let copies = copies.map_or_else(|| "broker's default".to_owned(), |copies| copies.to_string());
        [self.topic.name.to_owned(), partitions.to_string(), copies, self.state_text(), self.topic.about.to_owned()]
    }

    fn json(&self, layout: TopicLayout) -> Value {
        let (partitions, copies) = self.layout(layout);
        let exists = match self.state {
            TopicState::NoBroker | TopicState::Reported(Presence::Hidden) => None,
            TopicState::Reported(Presence::There { .. }) | TopicState::Created => Some(true),
            TopicState::Reported(Presence::Missing) | TopicState::NotCreated(_) => Some(false),
        };
        json!({
            "topic": self.topic.name,
            "partitions": partitions,
            "replication": copies,
            "exists": exists,
            "state": self.state_text(),
            "about": self.topic.about,
        })
    }
}
