//! A file is forecast by the family that is best on it, and families are compared on it, without a node.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::shell::{Said, flts};

/// A file in a folder that holds nothing else.
fn file_of(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("my.csv");
    fs::write(&file, text).unwrap();
    (folder, file)
}

fn forecast(text: &str, more: &[&str]) -> Said {
    let (folder, file) = file_of(text);
    let said = flts(folder.path(), &[&["forecast", "--data", file.to_str().unwrap(), "--fit"], more].concat());
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["my.csv"], "no store is made");
    said
}

fn backtest(text: &str, more: &[&str]) -> Said {
    let (folder, file) = file_of(text);
    flts(folder.path(), &[&["backtest", file.to_str().unwrap()], more].concat())
}

/// The value of a month: a season of twelve on a line.
fn month_value(month: usize) -> f64 {
    100.0 + month as f64 + 30.0 * (month as f64 * std::f64::consts::TAU / 12.0).sin()
}

/// Twelve years of months.
fn months() -> String {
    let row = |month: usize| format!("{}-{:02},{:.3}\n", 1990 + month / 12, month % 12 + 1, month_value(month));
    "month,sales\n".to_owned() + &(0..144).map(row).collect::<String>()
}

/// Four weeks of hours with a season of a day and one of a week.
fn hours() -> String {
    let row = |hour: usize| {
        let day = (hour as f64 * std::f64::consts::TAU / 24.0).sin();
        let weekend = if (hour / 24) % 7 >= 5 { -20.0 } else { 0.0 };
        format!("2024-01-{:02} {:02}:00,{:.3}\n", hour / 24 + 1, hour % 24, 100.0 + 10.0 * day + weekend)
    };
    "time,load\n".to_owned() + &(0..28 * 24).map(row).collect::<String>()
}

fn values(csv: &str) -> Vec<f64> {
    csv.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn a_monthly_file_is_forecast_month_by_month_without_a_node() {
    let said = forecast(&months(), &["--horizon", "12"]);
    let lines: Vec<&str> = said.good().lines().collect();
    assert_eq!((lines[0], lines.len()), ("ts,sales", 13));
    assert!(lines[1].starts_with("2002-01,") && lines[12].starts_with("2002-12,"), "{said:?}");
    for (step, value) in values(&said.stdout).into_iter().enumerate() {
        assert!((value - month_value(144 + step)).abs() < 5.0, "step {step}: {value}");
    }
    assert_eq!(said.stderr.lines().count(), 1, "{said:?}");
    assert!(said.stderr.starts_with("fitted ") && said.stderr.contains("MASE"), "{said:?}");
}

#[test]
fn an_hourly_file_is_forecast_by_both_of_its_seasons() {
    let said = forecast(&hours(), &["--horizon", "48", "--format", "json"]).json();
    let predictions = said["predictions"].as_array().unwrap();
    assert_eq!((predictions.len(), &predictions[0]["ts"]), (48, &Value::from("2024-01-29T00:00:00")));
    assert!(said["mase"].as_f64().unwrap() < 0.5, "{said}");
    // a Monday follows a Sunday
    let noon = predictions[12]["load"].as_f64().unwrap();
    assert!((noon - 100.0).abs() < 8.0, "{noon}");
}

#[test]
fn a_constant_is_forecast_as_a_fallback() {
    let rows: String = (0..60).map(|day| format!("2024-{:02}-{:02},7\n", day / 28 + 1, day % 28 + 1)).collect();
    let said = forecast(&format!("date,level\n{rows}"), &["--horizon", "3", "--format", "json", "--freq", "D"]).json();
    assert_eq!(said["fallback"], true, "{said}");
    for step in said["predictions"].as_array().unwrap() {
        assert_eq!(step["level"], 7.0, "{said}");
    }
}

#[test]
fn twenty_rows_are_enough() {
    let rows: String = months().lines().take(21).map(|line| format!("{line}\n")).collect();
    let said = forecast(&rows, &["--horizon", "6"]);
    assert_eq!(said.good().lines().count(), 7);
    assert!(said.stdout.lines().nth(1).unwrap().starts_with("1991-09,"), "{said:?}");
    let few = forecast("month,sales\n1990-01,1\n1990-02,2\n1990-03,3\n", &[]);
    assert!(few.bad(1).contains("give at least 5"), "{few:?}");
}

#[test]
fn each_series_of_a_long_file_is_forecast_or_the_one_that_is_asked_for() {
    let of = |shop: &str, factor: f64| -> String {
        let row = |month: usize| {
            format!("{}-{:02},{shop},{:.3}\n", 1990 + month / 12, month % 12 + 1, factor * month_value(month))
        };
        (0..60).map(row).collect()
    };
    let text = format!("month,shop,sales\n{}{}", of("east", 1.0), of("west", 10.0));
    let all = forecast(&text, &["--horizon", "2"]);
    let lines: Vec<&str> = all.good().lines().collect();
    assert_eq!((lines[0], lines.len()), ("identifier,ts,sales", 5));
    assert!(lines[1].starts_with("east,1995-01,") && lines[4].starts_with("west,1995-02,"), "{all:?}");
    let one = forecast(&text, &["--horizon", "2", "--identifier", "west"]);
    assert_eq!(one.good().lines().skip(1).collect::<Vec<_>>(), lines[3..], "{one:?}");
    let nobody = forecast(&text, &["--identifier", "nobody"]);
    assert!(nobody.bad(1).contains("none of them `nobody`") && nobody.stderr.contains("east"), "{nobody:?}");
}

#[test]
fn a_backtest_compares_the_families_by_step_and_marks_the_winner() {
    let said = backtest(&months(), &[]);
    for family in ["PERSISTENCE", "SEASONAL_NAIVE", "DRIFT", "ETS", "THETA", "MSTL", "BLEND"] {
        assert!(said.good().contains(family), "{family} is missing: {said:?}");
    }
    assert_eq!(said.stdout.lines().filter(|line| line.contains("winner")).count(), 1, "{said:?}");
    let json = backtest(&months(), &["--json"]).json();
    assert_eq!(json["steps"][0], 1);
    let families = json["families"].as_array().unwrap();
    let winners: Vec<&Value> = families.iter().filter(|family| family["winner"] == true).collect();
    let persistence = families.iter().find(|family| family["model_type"] == "PERSISTENCE").unwrap();
    assert_eq!(winners.len(), 1, "{json}");
    assert!(winners[0]["score"].as_f64() < persistence["score"].as_f64(), "{json}");
    assert!(winners[0]["by_step"][0]["mae"].as_f64().unwrap() < 5.0, "{json}");
}
