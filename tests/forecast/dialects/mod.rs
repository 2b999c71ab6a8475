//! One table of dialects: each file is read rightly, or refused with its sentence.

mod cases;
mod large;
mod properties;

use flts::forecast::{ReadOptions, read_file, time_zone};

use cases::{CASES, Case, bytes_of};

#[test]
fn every_dialect_is_read_rightly_or_refused_with_its_sentence() {
    let wrong: Vec<String> = CASES.iter().filter_map(|case| wrong(case).err()).collect();
    assert!(CASES.len() >= 80, "{} cases", CASES.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

/// What differs from the table.
fn wrong(case: &Case) -> Result<(), String> {
    let name = case.name;
    let options = options(case.settings);
    let expected = case.expected;
    match read_file(&bytes_of(case), &options) {
        Err(mistakes) => {
            let text = mistakes.to_string();
            match expected.strip_prefix("refused: ") {
                Some(sentence) if text.contains(sentence) => Ok(()),
                _ => Err(format!("{name}: refused: {text}\n    wanted: {expected}")),
            }
        }
        Ok(reading) => {
            let mut found = Vec::new();
            for series in &reading.series {
                let write = |ms: i64| reading.form.write(ms, reading.understanding.time.clock);
                let last = series.times_ms.last().copied().unwrap_or(0);
                let next = series.grid.and_then(|grid| grid.after(last, 1)).map(write).unwrap_or_default();
                let columns: Vec<String> = series
                    .columns
                    .iter()
                    .map(|column| {
                        let values: Vec<String> = column.values.iter().map(f64::to_string).collect();
                        format!("{}={}", column.name, values.join(" "))
                    })
                    .collect();
                let step = series.grid.map(|grid| grid.step.to_string()).unwrap_or_default();
                let id = series.id.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
                found.push(format!("{id}{} .. {next} | {step} | {}", write(series.times_ms[0]), columns.join("; ")));
            }
            let found = found.join(" || ");
            if found == expected { Ok(()) } else { Err(format!("{name}: {found}\n    wanted: {expected}")) }
        }
    }
}

fn options(settings: &str) -> ReadOptions {
    let mut options = ReadOptions::default();
    for (name, value) in settings.split_whitespace().filter_map(|setting| setting.split_once('=')) {
        let list = || value.split(',').map(str::to_owned).collect();
        match name {
            "TIME_COLUMN" => options.time_columns = list(),
            "DATE_ORDER" => options.date_order = value.parse().ok(),
            "TIME_ZONE" => options.time_zone = time_zone(value).ok(),
            "FREQ" => options.freq = value.parse().ok(),
            "RESAMPLE" => options.resample = value.parse().ok(),
            "DUPLICATES" => options.duplicates = value.parse().ok(),
            "CATEGORIES" => options.categories = list(),
            "IGNORE_COLUMNS" => options.ignore_columns = list(),
            "ID_COLUMN" => options.id_column = Some(value.to_owned()),
            "MAX_CELLS" => options.max_cells = value.parse().unwrap_or(0),
            "SERIES_MAX" => options.series_max = value.parse().unwrap_or(0),
            "MAX_GAP_ROWS" => options.max_gap_rows = value.parse().unwrap_or(0),
            _ => panic!("{name} is no setting"),
        }
    }
    options
}
