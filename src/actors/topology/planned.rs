//! What the plan of a node says of each child, and what it depends on.

use crate::actors::shared::Subscription;
use crate::actors::telemetry::ActorLabels;
use crate::forecast::Family;

use super::roles::{Role, Roles};

/// One child of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The row of the table that it is built from; none where the node builds it itself.
    pub row: Option<&'static str>,
    /// The role it is there for; none where it is there for the node.
    pub role: Option<Role>,
    /// Its stable name.
    pub name: String,
    /// The group it restarts with.
    pub group: &'static str,
    /// When it stops.
    pub stops: StopStage,
    /// The family that it is for, where there is one child for each.
    pub family: Option<Family>,
    /// What it reads from Kafka, if it is a consumer.
    pub consumes: Option<Subscription>,
    /// The threads that it owns at the start.
    pub threads: Vec<String>,
    /// What it does, for people.
    pub does: String,
}

/// When a child stops, in the drain of its node. The children of a group stop together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopStage {
    /// At once: what it holds is handed back and waits for its successor.
    Intake,
    /// When the last request is answered.
    Serving,
}

/// What the plan of a node depends on.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// Its roles.
    pub roles: &'a Roles,
    /// The families that its trainer fits.
    pub families: &'a [Family],
    /// The consumer group of every consumer; without one each has its own fixed one.
    pub consumer_group: Option<&'a str>,
    /// Threads of its pool at the start.
    pub workers: usize,
    /// Trainings at the same time.
    pub trainings: usize,
}

impl Planned {
    /// A child that the node builds itself, out of what actors know nothing of; it stops with what serves.
    pub fn built_by_the_node(name: &str, group: &'static str, does: String) -> Self {
        Self {
            row: None,
            role: None,
            name: name.to_owned(),
            group,
            stops: StopStage::Serving,
            family: None,
            consumes: None,
            threads: Vec::new(),
            does,
        }
    }

    /// What its series are labelled with.
    pub fn labels(&self) -> ActorLabels<'_> {
        let reads = self.consumes.as_ref().map(|reads| (reads.topic.as_str(), reads.group.as_deref()));
        ActorLabels { actor: &self.name, threads: &self.threads, reads }
    }
}
