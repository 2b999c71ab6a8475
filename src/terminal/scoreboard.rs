//! The scores of an evaluation round, and the promoted model.

use std::ops::RangeInclusive;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{Cell, CellAlignment, Table};
use console::Style;

use super::bar::{Bar, change_words};
use super::display::Display;
use super::plain::plain;

/// Cells on each side of a bar.
const BAR_CELLS: RangeInclusive<usize> = 8..=24;
/// Columns for the note about a candidate.
const NOTE_WIDTH: usize = 30;
/// From this width on, the errors behind the scores are shown too.
const WIDE: usize = 120;

/// One row of the scoreboard: a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// Its family, and its run if there are several of that family.
    pub model: String,
    /// Root mean squared error, in the scale of the scores.
    pub rmse: Option<f64>,
    /// Mean absolute error, in the scale of the scores.
    pub mae: Option<f64>,
    /// Share of the variance that is explained.
    pub r2: Option<f64>,
    /// Weighted score; lower wins.
    pub score: Option<f64>,
    /// Why it is not servable, or another remark.
    pub note: Option<String>,
    /// The result of the round for it.
    pub rank: Rank,
}

/// The result of an evaluation round for one candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// It is served from now on.
    Promoted,
    /// It was served before the round, and still is or was replaced.
    Champion,
    /// It was neither served nor promoted.
    Candidate,
}

/// The result of an evaluation round.
#[derive(Debug, Clone, PartialEq)]
pub struct Scoreboard {
    /// All candidates, best first.
    pub rows: Vec<ScoreRow>,
    /// The score of persistence, which a servable model must beat.
    pub persistence: Option<f64>,
    /// Share by which a challenger must beat the champion.
    pub margin: f64,
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
    /// How many models have been promoted for that series.
    pub generation: u64,
    /// Why it was promoted, or kept.
    pub reason: String,
}

/// Every candidate against persistence: bars at a terminal, a Markdown table elsewhere.
pub fn scoreboard(board: &Scoreboard, display: &Display) -> String {
    let mut text = if display.person { bars(board, display) } else { markdown(board) };
    if let Some(line) = board.champion_line() {
        text += &format!("\n{line}");
    }
    text
}

/// The sentence that names the model served.
pub fn promoted(model: &Promoted) -> String {
    let Promoted { model_type, run_id, identifier, generation, reason } = model;
    let reason = plain(reason);
    format!("serving {model_type} for '{identifier}' (run {run_id}, generation {generation}): {reason}")
}

impl Scoreboard {
    /// How much better than persistence a row scores, as a share; worse is negative.
    fn gain(&self, row: &ScoreRow) -> Option<f64> {
        let persistence = self.persistence.filter(|score| score.is_finite() && *score > 0.0)?;
        row.score.filter(|score| score.is_finite()).map(|score| 1.0 - score / persistence)
    }

    /// The sentence with the score that replaces the champion.
    fn champion_line(&self) -> Option<String> {
        let champion = self.rows.iter().find(|row| row.rank == Rank::Champion)?;
        let score = champion.score.filter(|score| score.is_finite())?;
        let percent = self.margin * 100.0;
        Some(format!(
            "to replace {} ({score:.5}) takes a score below {:.5}, {percent} % better",
            champion.model,
            score * (1.0 - self.margin)
        ))
    }
}

fn markdown(board: &Scoreboard) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["model", "score", "against persistence", "rmse", "mae", "r2", "note"]);
    for row in &board.rows {
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row([
            Cell::new(&row.model),
            right(number(row.score)),
            right(board.gain(row).map_or_else(|| "-".into(), change_words)),
            right(number(row.rmse)),
            right(number(row.mae)),
            right(number(row.r2)),
            Cell::new(note(row)),
        ]);
    }
    table.to_string()
}

/// One line for each candidate: mark, name, score, bar, change and note; a note without room comes below.
fn bars(board: &Scoreboard, display: &Display) -> String {
    let wide = display.width >= WIDE;
    let name_width = board.rows.iter().map(|row| row.model.chars().count()).max().unwrap_or(0).max(5);
    let errors_width = if wide { 3 * 10 } else { 0 };
    // mark, name, score, change and the spaces between them; bars and notes share what is left
    let left = display.width.saturating_sub(2 + name_width + 2 + 7 + 2 + 14 + errors_width);
    let cells = (left.saturating_sub(NOTE_WIDTH + 3) / 2).clamp(*BAR_CELLS.start(), *BAR_CELLS.end());
    let note_width = left.saturating_sub(2 * cells + 1 + 2);
    let gains = board.rows.iter().filter_map(|row| board.gain(row)).map(f64::abs);
    let bar = Bar { cells, full: gains.fold(0.0, f64::max).clamp(1e-9, 1.0), unicode: display.unicode };

    let bar_title = bar.title("worse", "better than persistence", 14);
    let errors_title = if wide { format!("  {:>8}  {:>8}  {:>8}", "rmse", "mae", "r2") } else { String::new() };
    let title = format!("  {:<name_width$}  {:>7}  {bar_title}{errors_title}", "model", "score");
    let mut lines = vec![display.style().dim().apply_to(title.trim_end()).to_string()];
    let mut below = Vec::new();
    for row in &board.rows {
        let gain = board.gain(row);
        let mark = match row.rank {
            Rank::Candidate => ' ',
            _ if !display.unicode => '>',
            Rank::Promoted => '▶',
            Rank::Champion => '●',
        };
        let errors = if wide {
            format!("  {:>8}  {:>8}  {:>8}", number(row.rmse), number(row.mae), number(row.r2))
        } else {
            String::new()
        };
        let mut note = note(row);
        if note.chars().count() > note_width {
            below.push(format!("  {}: {note}", row.model));
            note = String::new();
        }
        let drawn = colour(gain, display).apply_to(bar.draw(gain));
        let name = emphasis(row.rank, display).apply_to(format!("{mark} {:<name_width$}", row.model));
        let change = gain.map_or_else(|| "-".into(), change_words);
        let line = format!("{name}  {:>7}  {drawn}  {change:<12}{errors}  {note}", number(row.score));
        lines.push(line.trim_end().to_owned());
    }
    lines.extend(below);
    lines.join("\n")
}

fn emphasis(rank: Rank, display: &Display) -> Style {
    match rank {
        Rank::Candidate => display.style(),
        Rank::Promoted => display.style().green().bold(),
        Rank::Champion => display.style().bold(),
    }
}

fn colour(gain: Option<f64>, display: &Display) -> Style {
    match gain {
        Some(gain) if gain > 0.0 => display.style().green(),
        Some(gain) if gain < 0.0 => display.style().red(),
        _ => display.style().dim(),
    }
}

/// The note, after the result of the candidate.
fn note(row: &ScoreRow) -> String {
    match (row.rank, row.note.as_deref()) {
        (Rank::Promoted, None) => "promoted".into(),
        (Rank::Promoted, Some(note)) => format!("promoted; {note}"),
        (Rank::Champion, None) => "champion".into(),
        (_, note) => note.unwrap_or_default().into(),
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.5}"))
}

#[cfg(test)]
mod tests {
    use super::super::pictures;
    use super::*;

    fn row(model: &str, score: Option<f64>, rank: Rank, note: Option<&str>) -> ScoreRow {
        let note = note.map(String::from);
        ScoreRow { model: model.into(), rmse: score, mae: None, r2: None, score, note, rank }
    }

    fn board() -> Scoreboard {
        Scoreboard {
            rows: vec![
                row("GRU", Some(0.0142), Rank::Promoted, None),
                row("LSTM", Some(0.0146), Rank::Champion, Some("champion")),
                row("PERSISTENCE", Some(0.0190), Rank::Candidate, Some("the bar that others must beat")),
                row("SEASONAL_NAIVE", Some(0.0300), Rank::Candidate, Some("does not beat persistence")),
                row("RIDGE", None, Rank::Candidate, Some("not servable: its weights are not those of its manifest")),
            ],
            persistence: Some(0.0190),
            margin: 0.01,
        }
    }

    #[test]
    fn at_a_terminal_each_candidate_is_a_bar_from_persistence() {
        let display = Display { width: 100, person: true, unicode: true, colour: false };
        let drawn = scoreboard(&board(), &display);
        pictures::compare("scoreboard", &drawn);
        assert!(drawn.lines().all(|line| console::measure_text_width(line) <= 100), "{drawn}");
    }

    #[test]
    fn in_a_narrow_terminal_long_notes_come_below() {
        let display = Display { width: 72, person: true, unicode: true, colour: false };
        let drawn = scoreboard(&board(), &display);
        pictures::compare("scoreboard-narrow", &drawn);
    }

    #[test]
    fn without_blocks_the_bars_are_ascii() {
        let display = Display { width: 100, person: true, unicode: false, colour: false };
        let drawn = scoreboard(&board(), &display);
        pictures::compare("scoreboard-ascii", &drawn);
        assert!(drawn.is_ascii());
    }

    #[test]
    fn elsewhere_the_scoreboard_is_a_markdown_table_in_the_same_order() {
        let text = scoreboard(&board(), &Display::PLAIN);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 8, "{text}");
        assert!(lines[2].starts_with("| GRU ") && lines[2].contains("25 % better"), "{text}");
        assert!(lines[2].contains("promoted"), "{text}");
        assert!(lines[6].contains("RIDGE") && lines[6].contains("not servable"), "{text}");
        assert_eq!(lines[7], "to replace LSTM (0.01460) takes a score below 0.01445, 1 % better");
        assert!(text.is_ascii(), "plain text has no drawn lines: {text}");
    }

    #[test]
    fn without_a_score_of_persistence_there_is_nothing_to_compare_with() {
        let text = scoreboard(&Scoreboard { persistence: None, ..board() }, &Display::PLAIN);
        assert!(!text.contains("better |") && text.contains("0.01420"), "{text}");
    }

    #[test]
    fn colours_go_to_the_bars_only_where_they_are_wanted() {
        let display = Display { width: 120, person: true, unicode: true, colour: true };
        let drawn = scoreboard(&board(), &display);
        assert!(drawn.contains("\u{1b}[32m") && drawn.contains("\u{1b}[31m"), "{drawn:?}");
        let plain = scoreboard(&board(), &Display { colour: false, ..display });
        assert_eq!(console::strip_ansi_codes(&drawn), plain, "colours change no character");
    }
}
