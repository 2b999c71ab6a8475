//! What a person at the terminal sees of a node: progress, the scoreboard, the served model, one forecast.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::actors::{Event, PointerFault, Services, Serving};
use crate::forecast::{Candidate, Family, RequestRows, Series, prepare_request};
use crate::node::data_dir::private_file;
use crate::storage::{Decision, DecisionKind, Pointer};
use crate::terminal::{
    ForecastRow, Point, Promoted, Rank, ScoreRow, Scoreboard, Terminal, chart, curl_line, forecast, plain, promoted,
    scoreboard,
};

/// Steps that the table shows and that the request asks for.
const SHOWN_STEPS: usize = 5;
/// Measured rows on a chart for each forecast row.
pub const HISTORY_PER_STEP: usize = 3;
const FORECAST_DEADLINE: Duration = Duration::from_secs(10);

/// Whether stdout is a terminal.
pub fn is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stdout())
}

/// Prints events of a node for a person.
pub struct Console {
    /// The terminal that it prints to.
    pub terminal: Terminal,
    /// Stores and events.
    pub services: Services,
    /// The served model.
    pub serving: Serving,
    /// Share by which a challenger must beat the champion.
    pub promotion_margin: f64,
    /// The scheme of the API: http or https.
    pub scheme: &'static str,
    /// The address of the API.
    pub addr: SocketAddr,
    /// The folder for the example request.
    pub data_dir: PathBuf,
}

impl Console {
    /// Shows events until the node ends.
    pub async fn run(self, mut events: Receiver<Event>) {
        loop {
            match events.recv().await {
                Ok(event) => self.show(event).await,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    async fn show(&self, event: Event) {
        let terminal = &self.terminal;
        match event {
            Event::DatasetPublished { dataset_id, train_rows, test_rows, fresh, .. } => {
                let word = if fresh { "prepared" } else { "found" };
                terminal.print(&format!(
                    "data set {} {word}: {train_rows} rows to learn from, {test_rows} to judge on",
                    short(&dataset_id)
                ));
            }
            Event::DatasetRefused { error } => {
                let listed = error.replace("; ", "\n  ");
                terminal.print(&format!("the data cannot be used: {listed}\nmend the file and start again with it"));
            }
            Event::TrainingProgress { family, ratio } => terminal.progress(family.as_str(), ratio),
            Event::TrainingFinished { family, run_id, took, fresh } => {
                let word = if fresh {
                    format!("trained in {:.1} s, run {}", took.as_secs_f64(), short(&run_id))
                } else {
                    format!("was trained before, run {}", short(&run_id))
                };
                terminal.finish(family.as_str(), &word);
            }
            Event::TrainingFailed { family, error, .. } => {
                terminal.finish(family.as_str(), &format!("failed: {error}"));
            }
            // no candidates, as when an earlier model is served again because the present one is gone
            Event::Decided { decision } if decision.scoreboard.is_empty() => terminal.print(&plain(&decision.reason)),
            Event::Decided { decision } => {
                terminal.print(&self.scoreboard(&decision));
                if decision.pointer.as_ref().is_none_or(|pointer| pointer.seq != decision.seq) {
                    terminal.print(&format!("not promoted: {}", plain(&decision.reason)));
                }
            }
            Event::JudgingFailed { error } => terminal.print(&format!("judging failed and is tried again: {error}")),
            Event::PointerRefused { fault, error } => {
                let served = self.serving.served().map(|served| served.manifest.model_type);
                terminal.print(&refusal(fault, &error, served));
            }
            Event::ModelLoaded { pointer, .. } => {
                if let Err(error) = self.show_model(&pointer).await {
                    terminal.print(&format!("the first forecast could not be shown: {error:#}"));
                }
            }
            Event::WorkerDied { worker, cause } => terminal.print(&format!("{worker} died and was replaced: {cause}")),
            Event::TrainingResumed { family, step } => terminal.print(&format!("{family} goes on at step {step}")),
            Event::LeaseAcquired { .. }
            | Event::LeaseTakenOver { .. }
            | Event::LeaseLost { .. }
            | Event::ArtifactRestored { .. }
            | Event::ArtifactLost { .. }
            | Event::TrainingStarted { .. }
            | Event::CheckpointUnusable { .. }
            | Event::CheckpointKept { .. }
            | Event::CheckpointNotKept { .. }
            | Event::WaitingForModels { .. }
            | Event::PointerParsed { .. } => {}
        }
    }

    fn scoreboard(&self, decision: &Decision) -> String {
        let promoted = decision.decision == DecisionKind::Promoted;
        let pointer = decision.pointer.as_ref();
        let winner = pointer.filter(|_| promoted).map(|pointer| &pointer.run_id);
        let champion = pointer.and_then(|now| if promoted { now.previous.as_ref() } else { Some(&now.run_id) });
        let is_only_one = |family: Family| decision.scoreboard.iter().filter(|c| c.model_type == family).count() == 1;
        let row = |candidate: &Candidate| ScoreRow {
            model: match candidate.model_type {
                family if is_only_one(family) => family.to_string(),
                family => format!("{family} {}", short(&candidate.run_id)),
            },
            rmse: candidate.metrics.map(|metrics| metrics.rmse),
            mae: candidate.metrics.map(|metrics| metrics.mae),
            r2: candidate.metrics.map(|metrics| metrics.r2),
            score: candidate.score,
            note: candidate.note.clone(),
            rank: match Some(&candidate.run_id) {
                run if run == winner => Rank::Promoted,
                run if run == champion => Rank::Champion,
                _ => Rank::Candidate,
            },
        };
        let persistence = decision.scoreboard.iter().find(|candidate| candidate.model_type == Family::PERSISTENCE);
        let board = Scoreboard {
            rows: decision.scoreboard.iter().map(row).collect(),
            persistence: persistence.and_then(|candidate| candidate.score),
            margin: self.promotion_margin,
        };
        scoreboard(&board, self.terminal.look())
    }

    async fn show_model(&self, pointer: &Pointer) -> anyhow::Result<()> {
        let decision = self.services.decisions.find(&pointer.identifier, pointer.seq).await?;
        let reason = decision.map(|decision| decision.reason).unwrap_or_default();
        self.terminal.print(&promoted(&Promoted {
            model_type: pointer.model_type.to_string(),
            run_id: pointer.run_id.clone(),
            identifier: pointer.identifier.clone(),
            generation: pointer.generation,
            reason,
        }));
        let served = self.serving.served().context("no model is in service")?;
        let manifest = &served.manifest;
        let Some(record) =
            self.services.datasets.newest().await?.into_iter().find(|record| record.identifier == pointer.identifier)
        else {
            return Ok(());
        };
        let test = self.services.datasets.load(&record).await?.test;
        let rows = last_rows(&test, &manifest.columns, manifest.input_rows);
        let prepared = prepare_request(manifest, &rows)?;
        let (last_ms, form) = (prepared.context.last_ms, prepared.form);
        let steps = manifest.output_rows.max(SHOWN_STEPS);
        let deadline = Instant::now() + FORECAST_DEADLINE;
        let values = self.serving.predict(served.clone(), prepared.context, steps, deadline).await?;
        let steps_of_time = manifest.steps();
        let time_of = |step: i64| steps_of_time.after(last_ms, step);
        let ahead: Vec<(i64, &[f64])> = (1..).map(time_of).zip(values.chunks(manifest.targets.len())).collect();
        if let Some(target) = manifest.targets.first() {
            let history = last_points(&test, target, steps * HISTORY_PER_STEP);
            let forecast: Vec<Point> =
                ahead.iter().map(|(time_ms, row)| Point { time_ms: *time_ms, value: row[0] }).collect();
            self.terminal.print(&chart(target, &history, &forecast, self.terminal.look()));
        }
        let table: Vec<ForecastRow> = ahead
            .iter()
            .take(SHOWN_STEPS)
            .map(|(time_ms, row)| ForecastRow { ts: form.write(*time_ms), values: row.to_vec() })
            .collect();
        let request = self.data_dir.join("request.json");
        private_file::write(&request, &request_body(&rows).to_string())
            .with_context(|| format!("cannot write {}", request.display()))?;
        self.terminal.print(&forecast(&manifest.targets, &table, self.terminal.look()));
        self.terminal.print(&format!("ask for it again:\n  {}", curl_line(self.scheme, self.addr, &request)));
        self.terminal.print("serving until Ctrl-C");
        Ok(())
    }
}

/// The text for a pointer that cannot be followed, and the model that is served meanwhile.
fn refusal(fault: PointerFault, error: &str, served: Option<Family>) -> String {
    let what = match fault {
        PointerFault::Absent | PointerFault::Store => "the promoted model cannot be looked up",
        PointerFault::Unreadable | PointerFault::NotLoaded => "the promoted model is not loaded",
    };
    let meanwhile = match served {
        Some(family) => format!("{family} is still served"),
        None => "no model is served".into(),
    };
    format!("{what}: {}; {meanwhile}", plain(error))
}

/// The last `count` measured values of a column.
pub fn last_points(series: &Series, column: &str, count: usize) -> Vec<Point> {
    let first = series.rows().saturating_sub(count);
    let values = series.column(column).map_or(&[][..], |column| &column.values[first..]);
    series.times_ms[first..]
        .iter()
        .zip(values)
        .map(|(time_ms, value)| Point { time_ms: *time_ms, value: *value })
        .collect()
}

/// The last `count` rows of a series, in the form of a request.
fn last_rows(series: &Series, columns: &[String], count: usize) -> RequestRows {
    let (first, writer) = (series.rows().saturating_sub(count), series.writer());
    let cells = |name: &String| {
        series.column(name).map(|column| {
            (
                name.clone(),
                column.values[first..].iter().map(|value| if value.is_finite() { *value } else { f64::NAN }).collect(),
            )
        })
    };
    RequestRows {
        times: series.times_ms[first..].iter().map(|ms| writer.write(*ms)).collect(),
        columns: columns.iter().filter_map(cells).collect(),
    }
}

/// The body of `POST /predict` for these rows.
fn request_body(rows: &RequestRows) -> Value {
    let mut data = Map::from_iter([("ts".to_owned(), json!(rows.times.iter().collect::<Vec<_>>()))]);
    data.extend(rows.columns.iter().map(|(name, cells)| (name.clone(), json!(cells))));
    json!({"data": data, "inference_length": SHOWN_STEPS})
}

fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_that_is_not_followed_is_told_with_what_is_served() {
        let text = refusal(PointerFault::Store, "the object store is away", Some(Family::GRU));
        assert_eq!(text, "the promoted model cannot be looked up: the object store is away; GRU is still served");
        let text = refusal(PointerFault::NotLoaded, "the weights are not those of the manifest", None);
        assert!(
            text.starts_with("the promoted model is not loaded: ") && text.ends_with("no model is served"),
            "{text}"
        );
    }
}
