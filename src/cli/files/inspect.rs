//! `flts inspect`: what the reader makes of a file, with a small chart of what would be forecast.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Arg, ArgMatches, value_parser};
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde_json::json;

use crate::config::{Config, Group};
use crate::forecast::{Fate, Mistakes, ReadOptions, Reading, Series, Understanding, file_shape, read_file, series_of};
use crate::node::{last_points, memory_budget, read_input_file};
use crate::terminal::{Display, chart};

use crate::cli::command::{Command, InspectOptions};
use crate::cli::exit::Exit;
use crate::cli::flags::Environment;
use crate::cli::print::print;
use crate::cli::{flags, help};

/// Rows that the chart shows.
const CHART_ROWS: usize = 200;
/// Columns that are listed.
const COLUMNS_MAX: usize = 60;

/// The command and its flags.
pub fn command() -> clap::Command {
    let file = Arg::new("FILE")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help("the file: CSV in any of its dialects, plain, gzip or zstd, or Parquet");
    clap::Command::new("inspect")
        .about("Show what is understood of a file: format, times, steps, columns, gaps; exit 1 with its mistakes")
        .after_help(help::RULES)
        .args([file, flags::json()])
        .args(flags::settings(|setting| setting.group == Group::Preprocess))
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    let options =
        InspectOptions { file: flags::path(matches, "FILE").unwrap_or_default(), json: matches.get_flag("json") };
    Ok(Command::Inspect { config: flags::config(matches, environment, None)?, options })
}

/// Prints what is understood of the file on stdout, or its mistakes on stderr.
pub fn run(config: &Config, options: &InspectOptions) -> ExitCode {
    match inspect(config, options) {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn inspect(config: &Config, options: &InspectOptions) -> anyhow::Result<String> {
    let bytes = read_input_file("FILE", &options.file)?;
    let (file, read) = (options.file.display().to_string(), &config.data.read);
    // mistakes of times are found here, in fewer words than those of all columns
    let memory = match file_shape(&bytes, &file, read) {
        Ok(shape) => Some(memory_budget(config).datasets.try_reserve(shape.bytes()).context(file)?),
        Err(_) => None,
    };
    let reading = read_file(&bytes, read).map_err(|mistakes| anyhow::anyhow!(listed(&options.file, &mistakes)))?;
    let text = match options.json {
        true => format!("{:#}", to_json(&reading)),
        false => to_text(&options.file, reading, read),
    };
    drop(memory);
    Ok(text)
}

/// A line a kind of mistake.
fn listed(file: &Path, mistakes: &Mistakes) -> String {
    let kinds: Vec<String> = mistakes.kinds().iter().map(|kind| format!("  {kind}")).collect();
    format!("{} cannot be used:\n{}", file.display(), kinds.join("\n"))
}

fn to_json(reading: &Reading) -> serde_json::Value {
    let refused = |(name, mistakes): &(String, Mistakes)| json!({"series": name, "mistakes": mistakes.to_string()});
    json!({
        "understood": reading.understanding,
        "refused": reading.refused.iter().map(refused).collect::<Vec<_>>(),
    })
}

fn to_text(file: &Path, reading: Reading, options: &ReadOptions) -> String {
    let understanding = reading.understanding.clone();
    let display = Display::detect();
    let all = series_of(reading, options);
    let mut parts = vec![facts(file, &understanding, &all, &display), columns(&understanding, &display)];
    if !understanding.warnings.is_empty() {
        let lines: Vec<String> = understanding.warnings.iter().map(|warning| format!("  {warning}")).collect();
        parts.push(format!("look at\n{}", lines.join("\n")));
    }
    if let Some((_, series)) = all.first()
        && let Some(target) = series.columns.first()
    {
        parts.push(chart(&target.name, &last_points(series, &target.name, CHART_ROWS), &[], &display));
    }
    parts.join("\n\n")
}

/// A line a fact about the file.
fn facts(file: &Path, all: &Understanding, series: &[(Option<String>, Series)], display: &Display) -> String {
    let mut rows: Vec<[String; 2]> = vec![["file".into(), file.display().to_string()], ["format".into(), format(all)]];
    let time = &all.time;
    rows.push(["time".into(), format!("{}, written {}", time.columns.join(" and "), time.format)]);
    let guessed = if time.is_zone_guessed { ", told by the offsets" } else { "" };
    rows.push(["clock".into(), time.clock.described() + guessed]);
    let step = |(step, count): &(String, usize)| match all.series {
        0 | 1 => step.clone(),
        _ => format!("{step} ({count} series)"),
    };
    let steps: Vec<String> = all.steps.iter().map(step).collect();
    rows.push(["step".into(), if steps.is_empty() { "one row has none".into() } else { steps.join(", ") }]);
    if let Some((_, first)) = series.first()
        && let (Some(start), Some(end)) = (first.times_ms.first(), first.times_ms.last())
    {
        let writer = first.writer();
        let next = first.steps().map(|steps| format!(", next {}", writer.write(steps.after(*end, 1))));
        rows.push([
            "range".into(),
            format!("{} to {}{}", writer.write(*start), writer.write(*end), next.unwrap_or_default()),
        ]);
    }
    if all.series > 1 {
        let names: Vec<&str> = series.iter().take(5).filter_map(|(name, _)| name.as_deref()).collect();
        let more = if all.series > names.len() { ", ..." } else { "" };
        rows.push(["series".into(), format!("{}: {}{more}", all.series, names.join(", "))]);
    }
    let repairs = &all.repairs;
    let gaps = format!(
        "{} filled with {} rows, {} too long to be filled",
        repairs.filled_gaps, repairs.filled_rows, repairs.long_gaps
    );
    let duplicates = format!("{} identical rows left out, {} merged", repairs.identical_rows, repairs.merged_rows);
    rows.push(["rows".into(), format!("{} in the file, {} on the grid", all.rows, all.rows_read)]);
    rows.push(["gaps".into(), gaps]);
    rows.push(["duplicates".into(), duplicates]);
    table(rows, display)
}

fn format(all: &Understanding) -> String {
    if all.is_parquet {
        return "Parquet".to_owned();
    }
    let separator = match all.separator {
        ',' => "comma".to_owned(),
        ';' => "semicolon".to_owned(),
        '\t' => "tab".to_owned(),
        '|' => "pipe".to_owned(),
        other => format!("{other:?}"),
    };
    let thousands = all.thousands_mark.map_or_else(String::new, |mark| format!(", thousands {mark:?}"));
    let comments = match all.comment_lines {
        0 => String::new(),
        count => format!(", {count} lines above the header"),
    };
    format!(
        "{}{}, separator {separator}, decimals {:?}{thousands}{comments}",
        all.compression.described(),
        all.encoding.described(),
        all.decimal_mark
    )
}

/// What becomes of each column.
fn columns(all: &Understanding, display: &Display) -> String {
    let fate = |fate: &Fate| match fate {
        Fate::TargetCandidate => "first column of numbers: the target, unless TARGETS names others".to_owned(),
        other => other.to_string(),
    };
    let mut rows: Vec<[String; 2]> = vec![["column".into(), "becomes".into()]];
    let named = |name: &str| if name.is_empty() { "(no name)".to_owned() } else { name.to_owned() };
    rows.extend(all.columns.iter().take(COLUMNS_MAX).map(|column| [named(&column.name), fate(&column.fate)]));
    if all.columns.len() > COLUMNS_MAX {
        rows.push(["...".into(), format!("{} more", all.columns.len() - COLUMNS_MAX)]);
    }
    table(rows, display)
}

fn table(rows: Vec<[String; 2]>, display: &Display) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    if display.person {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(display.width).unwrap_or(u16::MAX));
    }
    table.add_rows(rows);
    let text = table.to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
