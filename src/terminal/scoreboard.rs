//! The scoreboard of a round of judging, and the model that came out of it.

use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{Cell, CellAlignment, Table};

/// One candidate, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// Its family.
    pub model_type: String,
    /// Root mean squared error, in the scale of the scores.
    pub rmse: Option<f64>,
    /// Mean absolute error, in the scale of the scores.
    pub mae: Option<f64>,
    /// Share of the variance that is explained.
    pub r2: Option<f64>,
    /// Weighted score; lower wins.
    pub score: Option<f64>,
    /// Why it is not servable, or what else to know.
    pub note: Option<String>,
    /// Whether it is the one that was promoted.
    pub promoted: bool,
}

/// The model that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promoted {
    /// Its family.
    pub model_type: String,
    /// Its run.
    pub run_id: String,
    /// The series it forecasts.
    pub identifier: String,
    /// How often a model was promoted for that series.
    pub generation: u64,
    /// Why it was promoted, or kept.
    pub reason: String,
}

/// The candidates as a table; `fancy` draws lines for a terminal, else it is plain Markdown.
pub fn scoreboard(rows: &[ScoreRow], fancy: bool) -> String {
    let mut table = Table::new();
    table.load_style(if fancy { UTF8_FULL_CONDENSED } else { ASCII_MARKDOWN });
    table.set_header(["model", "rmse", "mae", "r2", "score", "note"]);
    for row in rows {
        let number = |value: Option<f64>| {
            Cell::new(value.map_or("-".into(), |value| format!("{value:.5}"))).set_alignment(CellAlignment::Right)
        };
        let note = match (row.promoted, row.note.as_deref()) {
            (true, None) => "promoted".into(),
            (true, Some(note)) => format!("promoted; {note}"),
            (false, note) => note.unwrap_or_default().into(),
        };
        table.add_row([
            Cell::new(&row.model_type),
            number(row.rmse),
            number(row.mae),
            number(row.r2),
            number(row.score),
            Cell::new(note),
        ]);
    }
    table.to_string()
}

/// The sentence that names the model served.
pub fn promoted(model: &Promoted) -> String {
    let Promoted { model_type, run_id, identifier, generation, reason } = model;
    format!("serving {model_type} for '{identifier}' (run {run_id}, generation {generation}): {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(model_type: &str, rmse: Option<f64>, promoted: bool, note: Option<&str>) -> ScoreRow {
        let note = note.map(String::from);
        ScoreRow { model_type: model_type.into(), rmse, mae: None, r2: None, score: rmse, note, promoted }
    }

    #[test]
    fn the_scoreboard_keeps_the_order_and_marks_the_promoted_one() {
        let rows = [row("GRU", Some(0.034612), true, None), row("LSTM", None, false, Some("training failed"))];
        let text = scoreboard(&rows, false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[2].contains("GRU") && lines[2].contains("0.03461") && lines[2].contains("promoted"), "{text}");
        assert!(
            lines[3].contains("LSTM") && lines[3].contains(" - ") && lines[3].contains("training failed"),
            "{text}"
        );
        assert!(text.is_ascii(), "plain text has no drawn lines: {text}");
    }

    #[test]
    fn a_note_of_the_promoted_model_is_not_lost() {
        let text = scoreboard(&[row("RIDGE", Some(0.1), true, Some("a baseline"))], true);
        assert!(text.contains("promoted; a baseline"), "{text}");
    }
}
