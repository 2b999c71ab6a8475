//! Steps of the calendar and of local clocks, from the file to the answer: the times of forecasts are those that a person expects.

use flts::forecast::{
    Family, Manifest, Prepared, PreprocessConfig, ReadOptions, RequestRows, Series, TrainSettings, forecast_times,
    measured_columns, prepare, prepare_request, read_parquet, read_parts, read_series, time_zone, write_parquet,
};

use crate::common::training::{data_of, served, trained};

const ROWS: usize = 60;
const INPUT_ROWS: usize = 4;

/// How a series starts, the settings, and the three times after its row 60.
struct Case {
    name: &'static str,
    zone: Option<&'static str>,
    first: [&'static str; 3],
    next: [&'static str; 3],
}

const CASES: &[Case] = &[
    Case {
        name: "months",
        zone: None,
        first: ["1949-01", "1949-02", "1949-03"],
        next: ["1954-01", "1954-02", "1954-03"],
    },
    Case {
        name: "month ends",
        zone: None,
        first: ["2019-01-31", "2019-02-28", "2019-03-31"],
        next: ["2024-01-31", "2024-02-29", "2024-03-31"],
    },
    Case {
        name: "quarters",
        zone: None,
        first: ["1970 Q1", "1970 Q2", "1970 Q3"],
        next: ["1985 Q1", "1985 Q2", "1985 Q3"],
    },
    Case { name: "years", zone: None, first: ["1900", "1901", "1902"], next: ["1960", "1961", "1962"] },
    Case {
        name: "weeks",
        zone: None,
        first: ["2024-W01", "2024-W02", "2024-W03"],
        next: ["2025-W09", "2025-W10", "2025-W11"],
    },
    Case {
        name: "days, day first",
        zone: None,
        first: ["30/12/2023", "31/12/2023", "01/01/2024"],
        next: ["28/02/2024", "29/02/2024", "01/03/2024"],
    },
    Case {
        name: "hours over the spring change of the clock",
        zone: Some("Europe/Madrid"),
        first: ["2023-03-23 14:00", "2023-03-23 15:00", "2023-03-23 16:00"],
        next: ["2023-03-26 03:00", "2023-03-26 04:00", "2023-03-26 05:00"],
    },
    Case {
        name: "hours over the autumn change of the clock",
        zone: Some("Europe/Madrid"),
        first: ["2023-10-26 15:00", "2023-10-26 16:00", "2023-10-26 17:00"],
        next: ["2023-10-29 02:00", "2023-10-29 03:00", "2023-10-29 04:00"],
    },
    Case {
        name: "local days with offsets",
        zone: None,
        first: ["2023-03-25T00:00:00+01:00", "2023-03-26T00:00:00+01:00", "2023-03-27T00:00:00+02:00"],
        next: ["2023-05-24T00:00:00+02:00", "2023-05-25T00:00:00+02:00", "2023-05-26T00:00:00+02:00"],
    },
    Case {
        name: "seconds since 1970",
        zone: None,
        first: ["1704067200", "1704070800", "1704074400"],
        next: ["1704283200", "1704286800", "1704290400"],
    },
];

fn options(case: &Case) -> ReadOptions {
    ReadOptions { time_zone: case.zone.and_then(|zone| time_zone(zone).ok()), ..ReadOptions::default() }
}

/// The series of a case with its 60 rows: the first three times tell how it goes on.
fn rows_of(case: &Case) -> (String, Series) {
    let table = |times: &[String]| {
        let rows = times.iter().zip(0..).map(|(time, row)| format!("{time},{}\n", row * 7 % 11));
        format!("ts,y\n{}", rows.collect::<String>())
    };
    let start = read_series(table(&case.first.map(str::to_owned)).as_bytes(), case.name, &options(case));
    let start = start.expect(case.name);
    let (steps, writer) = (start.steps().expect("three rows"), start.writer());
    let times: Vec<String> = (0..ROWS as i64).map(|row| writer.write(steps.after(start.times_ms[0], row))).collect();
    let text = table(&times);
    let series = read_series(text.as_bytes(), case.name, &options(case)).expect(case.name);
    assert_eq!(series.rows(), ROWS, "{}", case.name);
    (text, series)
}

fn manifest_of(prepared: &Prepared) -> Manifest {
    let settings = TrainSettings { input_rows: INPUT_ROWS, output_rows: 2, ..TrainSettings::default() };
    let manifest = served(&trained(Family::PERSISTENCE, &data_of(prepared, &["y"]), &settings)).manifest.clone();
    let stored = Manifest::from_json(&manifest.to_json()).expect("a manifest is read as it was written");
    assert_eq!(stored.time_axis, manifest.time_axis);
    stored
}

#[test]
fn forecasts_of_every_calendar_have_its_times_in_the_form_that_was_sent() {
    for case in CASES {
        let (text, series) = rows_of(case);
        let parts = read_parts((text.as_bytes(), "a"), (text.as_bytes(), "a"), &options(case)).expect(case.name);
        let (train, test) = parts.series.into_iter().next().expect("one series").parts.expect(case.name);
        assert_eq!((train.rows(), test.rows()), (48, 12), "{}", case.name);
        let prepared = prepare(train, test, &PreprocessConfig::default()).expect(case.name);
        assert_eq!(measured_columns(&prepared.train), ["y"]);

        let (kept, _) = read_parquet(write_parquet(&prepared.train, &[]).expect("a file").into()).expect("a series");
        assert_eq!(kept, prepared.train, "{}: Parquet keeps grid, clock and form", case.name);

        let manifest = manifest_of(&prepared);
        let last: Vec<&str> = text.lines().skip(1 + ROWS - INPUT_ROWS).collect();
        let rows = RequestRows {
            times: last.iter().map(|line| line.rsplit_once(',').expect("two cells").0).collect(),
            columns: [("y".to_owned(), vec![1.0; INPUT_ROWS])].into(),
        };
        let request = prepare_request(&manifest, &rows).expect(case.name);
        assert_eq!(Some(&request.context.last_ms), series.times_ms.last(), "{}", case.name);
        let times: Vec<String> = forecast_times(&manifest, request.context.last_ms, request.form).take(3).collect();
        assert_eq!(times, case.next, "{}", case.name);
    }
}

#[test]
fn business_days_have_no_weekend() {
    let mut text = "date,y\n".to_owned();
    // Monday 1 January to Friday 26 January 2024
    for day in (1..=26).filter(|day| day % 7 != 6 && day % 7 != 0) {
        text += &format!("2024-01-{day:02},{day}\n");
    }
    let series = read_series(text.as_bytes(), "x", &ReadOptions::default()).expect("a series");
    assert_eq!(series.rows(), 20, "no weekend is filled in");
    assert_eq!(series.segments(series.steps().expect("steps")).len(), 1);
    let next = series.steps().expect("steps").after(series.times_ms[19], 1);
    assert_eq!(series.writer().write(next), "2024-01-29");
}

#[test]
fn times_within_a_tenth_of_a_step_are_taken_for_the_step_and_others_are_refused() {
    let (_, series) = rows_of(&CASES[0]);
    let train = series.slice(0..48);
    let manifest = manifest_of(&prepare(train, series.slice(48..60), &PreprocessConfig::default()).expect("sound"));
    let request = |times: [&str; INPUT_ROWS]| {
        let columns = [("y".to_owned(), vec![1.0; INPUT_ROWS])].into();
        prepare_request(&manifest, &RequestRows { times: times.into_iter().collect(), columns })
    };
    let near =
        request(["1953-09-01", "1953-10-02", "1953-11-01", "1953-12-01"]).expect("a day of 31 is within a tenth");
    let next = forecast_times(&manifest, near.context.last_ms, near.form).next();
    assert_eq!(next.as_deref(), Some("1954-01-01"), "dates are answered as dates");
    let error = request(["1953-09-01", "1953-10-09", "1953-11-01", "1953-12-01"]).expect_err("eight days off");
    assert!(error.to_string().contains("the model's step is 1 month, first day"), "{error}");
}

#[test]
fn a_test_file_goes_on_with_the_grid_and_the_form_of_its_train_file() {
    let train = "date,y,words\n31.01.2023,1,a\n28.02.2023,2,b\n31.03.2023,4,c\n";
    // one row tells neither step nor order of dates
    let test = "date,y,words\n30.04.2023,3,a\n";
    let parts = read_parts((train.as_bytes(), "a"), (test.as_bytes(), "b"), &ReadOptions::default()).expect("parts");
    let (train, test) = parts.series.into_iter().next().expect("one").parts.expect("both parts");
    assert_eq!(train.axis, test.axis);
    let joined = train.concat(&test).expect("one follows the other");
    assert_eq!(joined.segments(joined.steps().expect("steps")).len(), 1);
    let off = "date,y,words\n15.04.2023,3,a\n";
    let error = read_parts(
        ("date,y\n31.01.2023,1\n28.02.2023,2\n31.03.2023,4\n".as_bytes(), "a"),
        (off.as_bytes(), "b"),
        &ReadOptions::default(),
    );
    let error = error.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("b: rows are off the grid of 1 month, last day"), "{error}");
}

#[test]
fn a_long_file_is_one_pair_of_parts_a_series_and_one_bad_series_harms_no_other() {
    let mut text = "unique_id,ds,y\n".to_owned();
    for day in 1..=20 {
        text += &format!("Shop 1,2024-01-{day:02},{day}\nshop-2,2024-01-{day:02},{}\n", 40 - day);
    }
    text += "shop-2,2024-01-20,77\n";
    let whole = (text.as_bytes(), "long.csv");
    let parts = read_parts(whole, whole, &ReadOptions::default()).expect("a long file");
    let names: Vec<Option<&str>> = parts.series.iter().map(|one| one.name.as_deref()).collect();
    assert_eq!(names, [Some("Shop 1"), Some("shop-2")]);
    let mut series = parts.series.into_iter();
    let (train, test) = series.next().expect("the first").parts.expect("it is sound");
    assert_eq!((train.rows(), test.rows()), (16, 4));
    let error = series.next().expect("the second").parts.expect_err("one time has two values");
    assert!(error.to_string().contains("set DUPLICATES"), "{error}");
}
