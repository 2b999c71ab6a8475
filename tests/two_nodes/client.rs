//! A client that sends at a steady pace whatever the answers do.

#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::common::PATIENCE;

/// One request every so often.
const PACE: Duration = Duration::from_millis(25);

/// What came of one request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// None: no answer at all.
    pub status: Option<u16>,
    pub generation: Option<u64>,
    pub at: DateTime<Utc>,
}

/// An open loop of `POST /predict`.
pub struct SteadyClient {
    answers: watch::Sender<Vec<Answer>>,
    pacing: JoinHandle<Vec<JoinHandle<()>>>,
    stop: watch::Sender<bool>,
}

impl SteadyClient {
    pub fn start(base: &str, body: &Value) -> Self {
        let (url, body) = (format!("{base}/predict"), body.clone());
        let (answers, stop) = (watch::Sender::new(Vec::new()), watch::Sender::new(false));
        let (told, stopping) = (answers.clone(), stop.subscribe());
        let pacing = tokio::spawn(async move {
            let http = reqwest::Client::new();
            let mut pace = tokio::time::interval(PACE);
            let mut sent = Vec::new();
            while !*stopping.borrow() {
                pace.tick().await;
                let (request, told) = (http.post(&url).json(&body).send(), told.clone());
                sent.push(tokio::spawn(async move {
                    let response = request.await.ok();
                    let status = response.as_ref().map(|response| response.status().as_u16());
                    let body = match response {
                        Some(response) => response.text().await.unwrap_or_default(),
                        None => String::new(),
                    };
                    let body: Value = serde_json::from_str(&body).unwrap_or_default();
                    let answer = Answer { status, generation: body["generation"].as_u64(), at: Utc::now() };
                    told.send_modify(|answers| answers.push(answer));
                }));
            }
            sent
        });
        Self { answers, pacing, stop }
    }

    /// When this generation first answered.
    pub async fn first_answer_of(&self, generation: u64) -> DateTime<Utc> {
        let of = |answers: &Vec<Answer>| {
            answers.iter().filter(|answer| answer.generation == Some(generation)).map(|answer| answer.at).min()
        };
        let mut answers = self.answers.subscribe();
        let arrived = tokio::time::timeout(PATIENCE, answers.wait_for(|answers| of(answers).is_some())).await;
        of(&arrived.unwrap_or_else(|_| panic!("generation {generation} was never served")).unwrap()).unwrap()
    }

    /// Every answer, those to the last requests included.
    pub async fn stop(self) -> Vec<Answer> {
        self.stop.send_replace(true);
        for request in self.pacing.await.unwrap() {
            request.await.unwrap();
        }
        self.answers.borrow().clone()
    }
}
