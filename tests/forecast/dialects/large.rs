//! Files that are longer than the sample: what the sample leaves open, all rows settle.

use std::fmt::Write;

use flts::forecast::{Fate, ReadOptions, Step, read_file};

/// Rows before and after which something changes; the sample has 2000.
const LATE: usize = 3000;

const ROWS: usize = 4000;

/// A file of hours whose rows `row` writes.
fn file(header: &str, row: impl Fn(usize, &str) -> String) -> String {
    let mut text = format!("{header}\n");
    for hour in 0..ROWS {
        let time = chrono::DateTime::from_timestamp(1_704_067_200 + hour as i64 * 3600, 0).expect("a time");
        writeln!(text, "{}", row(hour, &time.format("%Y-%m-%d %H:%M").to_string())).expect("text");
    }
    text
}

#[test]
fn forms_of_numbers_that_come_late_count_for_all_rows() {
    let text = file("ts;y", |hour, time| if hour < LATE { format!("{time};1.234") } else { format!("{time};1.234,5") });
    let reading = read_file(text.as_bytes(), &ReadOptions::default()).expect("a table");
    let values = &reading.series[0].columns[0].values;
    assert_eq!((values[0], values[LATE]), (1234.0, 1234.5));
    assert_eq!(reading.understanding.decimal_mark, ',');
}

#[test]
fn a_late_day_tells_the_order_of_dates() {
    let mut text = "date,y\n".to_owned();
    for minute in 0..ROWS {
        // from 12 March 2024 23:00 on: the 13th comes within the rows, not within the first ones
        let time = chrono::DateTime::from_timestamp(1_710_284_400 - 3600 * 40 + minute as i64 * 60, 0).expect("a time");
        writeln!(text, "{},{}", time.format("%d/%m/%Y %H:%M"), minute % 9).expect("text");
    }
    let reading = read_file(text.as_bytes(), &ReadOptions::default()).expect("a table");
    assert_eq!(reading.understanding.time.format, "DD/MM/YYYY hh:mm");
    assert_eq!(reading.series[0].rows(), ROWS);
}

#[test]
fn late_mistakes_are_found_and_grouped() {
    let text = file("ts,y", |hour, time| if hour < LATE { format!("{time},1.5") } else { format!("{time},x{hour}") });
    let mistakes = read_file(text.as_bytes(), &ReadOptions::default()).expect_err("words among numbers");
    assert_eq!(mistakes.kinds().len(), 1);
    assert_eq!((mistakes.kinds()[0].places.len(), mistakes.kinds()[0].count), (3, ROWS - LATE));
    assert!(mistakes.to_string().contains("line 3002, y: `x3000`"), "{mistakes}");
}

#[test]
fn a_column_that_fills_late_is_kept() {
    let text =
        file("ts,a,y", |hour, time| if hour < LATE { format!("{time},,{hour}.5") } else { format!("{time},2,7") });
    let reading = read_file(text.as_bytes(), &ReadOptions::default()).expect("a table");
    assert_eq!(reading.understanding.columns[1].fate, Fate::TargetCandidate);
}

#[test]
fn a_thousand_series_are_read_and_one_bad_one_harms_no_other() {
    let mut text = "unique_id,ds,y\n".to_owned();
    for series in 0..1000 {
        for day in 1..=20 {
            let day = if series == 500 && day == 20 { 19 } else { day };
            writeln!(text, "s{series},2024-01-{day:02},{}", series * day % 13).expect("text");
        }
    }
    text += "s500,2024-01-19,77\n";
    let reading = read_file(text.as_bytes(), &ReadOptions::default()).expect("a table");
    assert_eq!((reading.series.len(), reading.refused.len()), (999, 1));
    assert_eq!(reading.refused[0].0, "s500");
    assert_eq!(reading.understanding.steps, [("1 day".to_owned(), 999)]);
}

#[test]
fn rows_that_go_on_with_a_data_set_keep_its_grid_and_its_columns() {
    let train = read_file(b"ts,y,z\n2023-12-31,1,5\n2024-01-31,2,6\n2024-02-29,3,7\n", &ReadOptions::default())
        .expect("a table");
    let grid = train.series[0].grid.expect("a grid");
    assert!(matches!(grid.step, Step::Months(1, _)));
    let options =
        ReadOptions { grid: Some(grid), keep_columns: vec!["y".to_owned(), "z".to_owned()], ..ReadOptions::default() };
    let more = read_file(b"ts,y,z\n2024-03-30,4,7\n", &options).expect("a row");
    assert_eq!(more.form.write(more.series[0].times_ms[0], grid.clock), "2024-03-31");
    assert_eq!(more.series[0].columns.len(), 2);
    let off = read_file(b"ts,y,z\n2024-03-15,4,7\n", &options).expect_err("half a month");
    assert!(off.to_string().contains("it is the step of the data set"), "{off}");
    // two rows of a data set may well have one value
    let same = read_file(b"ts,y,z\n2024-03-31,4,7\n2024-04-30,4,7\n", &options).expect("rows");
    assert_eq!(same.series[0].columns.len(), 2);
}
