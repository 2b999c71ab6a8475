//! The broker and its topics.

use std::time::Duration;

use tokio::task::spawn_blocking;

use crate::config::Config;
use crate::kafka::{Presence, TOPICS, look_at_topics};

use super::super::backends::find_broker;
use super::finding::Finding;

/// How long the broker may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
const SUBJECT: &str = "broker";

/// Whether the broker answers, and has the topics.
pub async fn check(config: &Config) -> Vec<Finding> {
    let access = match find_broker(config) {
        Ok(Some(access)) => access,
        Ok(None) => {
            let text = "none is configured, and no node runs on DATA_DIR: a node would start one in memory";
            return vec![Finding::ok(SUBJECT, text)];
        }
        Err(error) => return vec![Finding::broken(SUBJECT, format!("{error:#}"))],
    };
    let servers = access.bootstrap_servers.clone();
    let looked = match spawn_blocking(move || look_at_topics(&access, &TOPICS, ANSWER_TIMEOUT)).await {
        Ok(Ok(looked)) => looked,
        Ok(Err(error)) => return vec![Finding::broken(SUBJECT, error.to_string())],
        Err(error) => return vec![Finding::broken(SUBJECT, format!("the question died: {error}"))],
    };
    let named = |wanted: Presence| -> Vec<&str> {
        looked.iter().filter(|(_, presence)| *presence == wanted).map(|(topic, _)| topic.name).collect()
    };
    let (missing, hidden) = (named(Presence::Missing), named(Presence::Hidden));
    let mut findings = vec![Finding::ok(SUBJECT, format!("{servers} answers"))];
    if !missing.is_empty() {
        let text = format!("missing: {}; create them with flts topics --create", missing.join(", "));
        findings.push(Finding::broken("topics", text));
    }
    if !hidden.is_empty() {
        let text = format!("not for this user to see: {}; grant Describe on them", hidden.join(", "));
        findings.push(Finding::warning("topics", text));
    }
    if missing.is_empty() && hidden.is_empty() {
        findings.push(Finding::ok("topics", format!("all {} are there", looked.len())));
    }
    findings
}
