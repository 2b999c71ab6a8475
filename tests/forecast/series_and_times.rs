//! Series and their times: reading, writing, cutting and joining.

use flts::forecast::{Column, Series, TimeForm, format_time, parse_time};

fn series(times_ms: &[i64]) -> Series {
    Series {
        form: TimeForm::Naive,
        axis: Default::default(),
        times_ms: times_ms.to_vec(),
        columns: vec![Column { name: "down".into(), values: times_ms.iter().map(|&ms| ms as f64).collect() }],
    }
}

#[test]
fn times_are_read_in_every_form_and_written_in_one() {
    let cases = [
        ("2018-02-28 03:32:00", "2018-02-28T03:32:00"),
        ("2018-02-28T03:32:00", "2018-02-28T03:32:00"),
        ("2018-02-28 03:32", "2018-02-28T03:32:00"),
        ("2018-02-28", "2018-02-28T00:00:00"),
        (" 2018-02-28 03:32:00 ", "2018-02-28T03:32:00"),
        ("2018-02-28 03:32:00.5", "2018-02-28T03:32:00.500"),
        ("2018-02-28 03:32:00.123456789", "2018-02-28T03:32:00.123"),
        ("2018-02-28 03:32:00.000000", "2018-02-28T03:32:00"),
        ("2018-02-28T03:32:00Z", "2018-02-28T03:32:00Z"),
        ("2018-02-28T03:32:00.25z", "2018-02-28T03:32:00.250Z"),
        ("2018-02-28T03:32:00+01:00", "2018-02-28T02:32:00Z"),
        ("2018-02-28 03:32:00 -0130", "2018-02-28T05:02:00Z"),
        ("2018-02-28T03:32:00+01", "2018-02-28T02:32:00Z"),
        ("1969-12-31 23:59:59.999", "1969-12-31T23:59:59.999"),
        ("2016-02-29", "2016-02-29T00:00:00"),
    ];
    for (text, expected) in cases {
        let (ms, form) = parse_time(text).unwrap_or_else(|| panic!("{text} is a time"));
        assert_eq!(format_time(ms, form), expected, "{text}");
    }
    assert_eq!(parse_time("1970-01-02"), Some((86_400_000, TimeForm::Naive)));
}

#[test]
fn what_is_no_time_is_refused() {
    let cases = [
        "",
        " ",
        "now",
        "1519788720",
        "2018",
        "2018-02",
        "2018-2-8",
        "2018-02-30",
        "2017-02-29",
        "2018-13-01",
        "2018-00-01",
        "28.02.2018",
        "02/28/2018",
        "2018-02-28T",
        "2018-02-28 24:00:00",
        "2018-02-28 03:60:00",
        "2018-02-28 03:32:60",
        "2018-02-28 03:32:",
        "2018-02-28 03:32:00.",
        "2018-02-28 03:32:00+",
        "2018-02-28 03:32:00+1",
        "2018-02-28 03:32:00+24:00",
        "2018-02-28 03:32:00Z0",
        "2018-02-28 03:32:00 UTC",
        "2018-02-28 03:32:00+01:0",
        "-018-02-28",
        "2018-02-28x03:32:00",
        "٢٠١٨-02-28",
    ];
    for text in cases {
        assert_eq!(parse_time(text), None, "{text}");
    }
}

#[test]
fn times_beyond_the_calendar_are_still_written() {
    assert_eq!(format_time(i64::MAX, TimeForm::Utc), format!("{} ms since 1970", i64::MAX));
}

#[test]
fn the_step_is_the_commonest_difference_and_the_smaller_one_on_a_tie() {
    assert_eq!(series(&[]).step_ms(), None);
    assert_eq!(series(&[5]).step_ms(), None);
    assert_eq!(series(&[0, 2, 4, 10, 12]).step_ms(), Some(2));
    assert_eq!(series(&[0, 3, 5]).step_ms(), Some(2));
}

#[test]
fn segments_are_the_runs_between_gaps() {
    assert!(series(&[]).segments(2).is_empty());
    assert_eq!(series(&[0, 2, 4, 10, 12, 20]).segments(2), vec![0..3, 3..5, 5..6]);
}

#[test]
fn slices_join_to_the_whole() {
    let whole = series(&[0, 2, 4, 10]);
    let joined = whole.slice(0..3).concat(&whole.slice(3..4));
    assert_eq!(joined, Ok(whole));
}

#[test]
fn parts_that_do_not_follow_each_other_are_refused_with_the_reason() {
    let whole = series(&[0, 2000, 4000]);
    let refusal = |later: &Series| whole.concat(later).expect_err("a refusal").to_string();
    assert_eq!(
        refusal(&series(&[4000, 6000])),
        "the later part starts at 1970-01-01T00:00:04, which is not after the end of the earlier part at 1970-01-01T00:00:04: the later part must follow in time"
    );
    let mut utc = series(&[6000]);
    utc.form = TimeForm::Utc;
    assert_eq!(
        refusal(&utc),
        "the earlier part has times without a zone and the later part has times with a zone: write both the same way"
    );
    let mut renamed = series(&[6000]);
    renamed.columns[0].name = "up".into();
    assert_eq!(
        refusal(&renamed),
        "the earlier part and the later part must have the same columns: only in the earlier part: down; only in the later part: up"
    );
}
