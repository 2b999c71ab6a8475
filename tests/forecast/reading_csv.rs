//! Files as people write them: what is read, and what is refused with which words.

use flts::forecast::{GridRules, Series, Shape, TimeForm, csv_shape, format_time, read_csv, read_csv_within};
use flts::limits::DATA_CELLS;

const MAX_GAP_ROWS: usize = 3;

fn read(text: impl AsRef<[u8]>) -> Result<Series, String> {
    read_csv(text.as_ref(), "x.csv", MAX_GAP_ROWS).map_err(|error| error.to_string())
}

fn times(series: &Series) -> Vec<String> {
    let text = |&ms| format_time(ms, series.form)[11..16].to_owned();
    series.times_ms.iter().map(text).collect()
}

fn values(series: &Series, name: &str) -> Vec<Option<f64>> {
    let column = series.column(name).expect("the column");
    let present = |&value: &f64| (!value.is_nan()).then_some(value);
    column.values.iter().map(present).collect()
}

/// Bad files, and the whole message that each one gets.
const REFUSED: &[(&[u8], &str)] = &[
    // What is no CSV at all.
    (b"", "x.csv: is empty: it needs a header with a time column and numeric columns"),
    (b"\n\n", "x.csv: is empty: it needs a header with a time column and numeric columns"),
    (b"\xEF\xBB\xBF", "x.csv: is empty: it needs a header with a time column and numeric columns"),
    (b"PAR1\x15\x04", "x.csv: is a Parquet file: give it as CSV"),
    (b"\x1F\x8B\x08\x00", "x.csv: is compressed with gzip: unpack it first"),
    (b"\x28\xB5\x2F\xFD\x00", "x.csv: is compressed with zstd: unpack it first"),
    (b"PK\x03\x04\x00", "x.csv: is a zip archive or a spreadsheet: save it as CSV"),
    (b"\xFF\xFEt\x00i\x00", "x.csv: is written in UTF-16: save it as UTF-8"),
    (b"\xFE\xFF\x00t\x00i", "x.csv: is written in UTF-16: save it as UTF-8"),
    (b"\x00\x01\x02", "x.csv: no time column in the header `\\0\\u{1}\\u{2}`: name the time column ts, timestamp, time or date"),
    (b"<html><body>404</body></html>", "x.csv: no time column in the header `<html><body>404</body></html>`: name the time column ts, timestamp, time or date"),
    // Headers.
    (b"when,down\n2018-01-01,1\n", "x.csv: no time column in the header `when,down`: name the time column ts, timestamp, time or date"),
    (b"2018-01-01 00:00:00,1\n", "x.csv: no time column in the header `2018-01-01 00:00:00,1`: name the time column ts, timestamp, time or date"),
    (b"time;down\n2018-01-01;1\n", "x.csv: no time column in the header `time;down`: separate the fields by commas"),
    (b"time\tdown\n2018-01-01\t1\n", "x.csv: no time column in the header `time\\tdown`: separate the fields by commas"),
    (b"time,temp\xE9rature\n", "x.csv: the header is not UTF-8: save the file as UTF-8"),
    (b"time\n2018-01-01\n", "x.csv: no column besides time: it needs at least one numeric column"),
    (b"time,down,\n", "x.csv: the header is wrong: column 3 has no name"),
    (b",time,down\n", "x.csv: the header is wrong: column 1 has no name"),
    (b"time,down,up,down\n", "x.csv: the header is wrong: columns 2 and 4 are both called down"),
    (b"time,down,ts\n", "x.csv: the header is wrong: column 1 (time) is a second time column: remove or rename it"),
    (b"time,day_of_week_sin,,a,a\n", "x.csv: the header is wrong: column 2 (day_of_week_sin) has the name of a calendar column: rename it; column 3 has no name; columns 4 and 5 are both called a"),
    (b"time,\"do\nwn\"\n", "x.csv: the header is wrong: column 2 has a control character in its name"),
    // No rows.
    (b"time,down", "x.csv: no rows below the header"),
    (b"time,down\r\n\r\n", "x.csv: no rows below the header"),
    // Cells and fields.
    (b"time,down\n2018-01-01,abc\n", "x.csv: 1 mistake: line 2, column 2 (down): `abc` is not a number: write it like 1234.5, or leave the cell empty"),
    (b"down,time\nabc,2018-01-01\n", "x.csv: 1 mistake: line 2, column 1 (down): `abc` is not a number: write it like 1234.5, or leave the cell empty"),
    (b"time,down\n2018-01-01,\"1,5\"\n", "x.csv: 1 mistake: line 2, column 2 (down): `1,5` is not a number: write it like 1234.5, or leave the cell empty"),
    (b"time,down\n2018-01-01,1_000\n", "x.csv: 1 mistake: line 2, column 2 (down): `1_000` is not a number: write it like 1234.5, or leave the cell empty"),
    (b"time,down\n2018-01-01,true\n", "x.csv: 1 mistake: line 2, column 2 (down): `true` is not a number: write it like 1234.5, or leave the cell empty"),
    (b"time,down\n2018-01-01,\xFF\n", "x.csv: 1 mistake: line 2, column 2 (down): `\u{FFFD}` is not a number: write it like 1234.5, or leave the cell empty"),
    (b"time,down\n2018-01-01,inf\n", "x.csv: 1 mistake: line 2, column 2 (down): `inf` is too large: values lie within +-1e18"),
    (b"time,down\n2018-01-01,-1e999\n", "x.csv: 1 mistake: line 2, column 2 (down): `-1e999` is too large: values lie within +-1e18"),
    (b"time,down\n2018-01-01,1\n2018-01-02\n", "x.csv: 1 mistake: line 3: 1 fields where the header has 2"),
    (b"time,down\n2018-01-01,1,\n", "x.csv: 1 mistake: line 2: 3 fields where the header has 2"),
    (b"time,down\n2018-01-01,1,5\n", "x.csv: 1 mistake: line 2: 3 fields where the header has 2"),
    (b"time,down\n2018-01-01,\"1\n2018-01-02,2\n", "x.csv: 1 mistake: line 2, column 2 (down): `1\\n2018-01-02,2\\n` is not a number: write it like 1234.5, or leave the cell empty"),
    // Times.
    (b"time,down\n,1\n", "x.csv: 1 mistake: line 2, column 1 (time): `` is not a time: write it like 2018-02-28 03:32:00"),
    (b"time,down\n1517875200,1\n", "x.csv: 1 mistake: line 2, column 1 (time): `1517875200` is not a time: write it like 2018-02-28 03:32:00"),
    (b"time,down\n31/12/2018,1\n", "x.csv: 1 mistake: line 2, column 1 (time): `31/12/2018` is not a time: write it like 2018-02-28 03:32:00"),
    (b"time,down\n2018-02-30 00:00:00,1\n", "x.csv: 1 mistake: line 2, column 1 (time): `2018-02-30 00:00:00` is not a time: write it like 2018-02-28 03:32:00"),
    (b"time,down\n2018-02-28 24:00:00,1\n", "x.csv: 1 mistake: line 2, column 1 (time): `2018-02-28 24:00:00` is not a time: write it like 2018-02-28 03:32:00"),
    (b"time,down\n2018-01-01 00:00,1\ntime,down\n2018-01-01 00:01,2\n", "x.csv: 2 mistakes: line 3, column 1 (time): `time` is not a time: write it like 2018-02-28 03:32:00; line 3, column 2 (down): `down` is not a number: write it like 1234.5, or leave the cell empty"),
    (b"time,down\n2018-01-01T00:00:00,1\n2018-01-01T00:01:00Z,2\n", "x.csv: 1 mistake: line 3, column 1 (time): `2018-01-01T00:01:00Z` is one of the times with a zone among times without a zone: write all the same way"),
    (b"time,down\n2018-01-01,1\n2018-01-01,2\n", "x.csv: times must increase from row to row: line 3, column 1 (time): 2018-01-01T00:00:00 stands twice"),
    (b"time,down\n2018-01-02,1\n2018-01-01,2\n", "x.csv: times must increase from row to row: line 3, column 1 (time): 2018-01-01T00:00:00 is earlier than the row above"),
    (b"down,date\n1,2018-01-01T00:00Z\n2,2018-01-01T01:00+01:00\n", "x.csv: times must increase from row to row: line 3, column 2 (date): 2018-01-01T00:00:00Z stands twice"),
    (b"time,down\n2018-01-01 00:00,1\n2018-01-01 00:02,1\n2018-01-01 00:03,1\n2018-01-01 00:04,1\n2018-01-01 00:06,1\n2018-01-01 00:08,1\n", "x.csv: rows must be regularly spaced, the commonest step is 120 s: line 4, column 1 (time): 2018-01-01T00:03:00 is off the grid"),
    (b"time,down\n2018-01-01 00:01,1\n2018-01-01 00:02,1\n2018-01-01 00:04,1\n2018-01-01 00:06,1\n", "x.csv: rows must be regularly spaced, the commonest step is 120 s: line 2, column 1 (time): 2018-01-01T00:01:00 is off the grid"),
    (b"time,down\n2018-01-01 00:00:00.0,1\n2018-01-01 00:00:00.5,1\n2018-01-01 00:00:01.0,1\n2018-01-01 00:00:01.6,1\n", "x.csv: rows must be regularly spaced, the commonest step is 0.5 s: line 5, column 1 (time): 2018-01-01T00:00:01.600 is off the grid"),
];

#[test]
fn a_bad_file_is_refused_with_what_is_wrong_and_where() {
    assert!(REFUSED.len() >= 40);
    for (bytes, message) in REFUSED {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(read(bytes).as_ref().map_err(String::as_str), Err(*message), "{text}");
    }
}

#[test]
fn only_the_first_ten_mistakes_are_listed_and_the_rest_are_counted() {
    let mut text = String::from("time,down\n");
    for day in 1..=25 {
        text.push_str(&format!("2018-01-{day:02},bad\n"));
    }
    let error = read_csv(text.as_bytes(), "x.csv", MAX_GAP_ROWS).expect_err("mistakes");
    assert_eq!(error.problems().len(), 10);
    assert_eq!(error.problem_count(), 25);
    assert!(error.to_string().starts_with("x.csv: 25 mistakes: line 2, "));
    assert!(error.to_string().ends_with("; and 15 more"));
}

#[test]
fn a_long_cell_is_shown_by_its_beginning() {
    let text = format!("time,down\n2018-01-01,{}\n", "9x".repeat(5000));
    let message = read(text).expect_err("a mistake");
    assert!(message.contains(&format!("`{}…` is not a number", "9x".repeat(20))), "{message}");
}

#[test]
fn more_columns_than_a_model_can_use_are_refused() {
    assert_eq!(
        read(format!("time{}\n", ",x".repeat(5000))).expect_err("a refusal"),
        "x.csv: the data has 5001 columns, and the limit is 1000 columns; leave out columns, or split the file by columns"
    );
}

#[test]
fn columns_keep_their_order_wherever_the_time_stands() {
    let series = read("up,time,down\n1,2018-01-01,2\n3,2018-01-02,4\n").expect("a series");
    let names: Vec<&str> = series.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["up", "down"]);
    assert_eq!(values(&series, "down"), [Some(2.0), Some(4.0)]);
    assert_eq!(series.form, TimeForm::Naive);
}

#[test]
fn the_time_column_may_have_any_of_four_names_in_any_case() {
    for name in ["ts", "timestamp", "time", "date", "Time", "TIMESTAMP", " Date "] {
        let series = read(format!("{name},down\n2018-01-01 10:00,1\n")).expect(name);
        assert_eq!(times(&series), ["10:00"]);
    }
}

#[test]
fn byte_order_marks_line_ends_blank_lines_quotes_and_spaces_do_no_harm() {
    let expected = read("time,down\n2018-01-01 00:00,1.5\n2018-01-01 00:02,2\n");
    assert!(expected.is_ok());
    for text in [
        "\u{FEFF}time,down\n2018-01-01 00:00,1.5\n2018-01-01 00:02,2\n",
        "time,down\r\n2018-01-01 00:00,1.5\r\n2018-01-01 00:02,2\r\n",
        "time,down\r2018-01-01 00:00,1.5\r2018-01-01 00:02,2\r",
        "\ntime,down\n\n2018-01-01 00:00,1.5\n\n2018-01-01 00:02,2",
        "\"time\",\"down\"\n\"2018-01-01 00:00\",\"1.5\"\n\"2018-01-01 00:02\",\"2\"\n",
        " time , down \n 2018-01-01 00:00 , 1.5 \n2018-01-01T00:02:00.000,+2e0\n",
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn blank_lines_and_line_ends_do_not_shift_the_lines_told() {
    for text in [
        "time,down\n\n2018-01-01,1\n\n\n2018-01-02,x\n",
        "time,down\r\n\r\n2018-01-01,1\r\n\r\n\r\n2018-01-02,x\r\n",
        "time,down\r\r2018-01-01,1\r\r\r2018-01-02,x\r",
        "time,down\n\n2018-01-01,\"1\"\n\n\n2018-01-02,\"x\"",
    ] {
        let message = read(text).expect_err("a mistake");
        assert!(message.contains("line 6, column 2"), "{message}");
    }
}

#[test]
fn missing_cells_may_be_written_in_every_usual_way() {
    for word in ["", "NaN", "nan", "null", "NULL", "None", "NA", "n/a", "  ", "-nan"] {
        let text = format!("time,down,up\n2018-01-01,1,1\n2018-01-02,{word},1\n");
        let series = read(text).expect(word);
        assert_eq!(values(&series, "down"), [Some(1.0), None], "{word}");
    }
}

#[test]
fn short_gaps_become_missing_rows_and_long_ones_stay_gaps() {
    let series = read(
        "time,down\n2018-01-01 00:00,0\n2018-01-01 00:02,1\n2018-01-01 00:04,2\n2018-01-01 00:12,6\n2018-01-01 00:14,7\n2018-01-01 00:24,12\n2018-01-01 00:26,13\n",
    )
    .expect("a series");
    assert_eq!(
        times(&series),
        ["00:00", "00:02", "00:04", "00:06", "00:08", "00:10", "00:12", "00:14", "00:24", "00:26"]
    );
    assert_eq!(
        values(&series, "down"),
        [Some(0.0), Some(1.0), Some(2.0), None, None, None, Some(6.0), Some(7.0), Some(12.0), Some(13.0)]
    );
    assert_eq!(series.segments(120_000), [0..8, 8..10]);
}

#[test]
fn times_with_offsets_are_kept_in_utc() {
    let series = read("ts,down\n2018-01-01T01:00:00+01:00,1\n2018-01-01T00:02:00Z,2\n").expect("a series");
    assert_eq!(series.form, TimeForm::Utc);
    assert_eq!(times(&series), ["00:00", "00:02"]);
}

#[test]
fn one_row_is_a_series_without_a_step() {
    let series = read("time,down\n2018-01-01,1").expect("a series");
    assert_eq!((series.rows(), series.step_ms()), (1, None));
}

#[test]
fn no_mutilated_file_makes_the_reader_panic() {
    let good =
        b"time,down,up\r\n2018-01-01 00:00:00,1.5,\"2\"\r\n2018-01-01 00:02:00,,3\r\n2018-01-01 00:06:00,nan,4\r\n";
    for end in 0..good.len() {
        let _ = read(&good[..end]);
    }
    for place in 0..good.len() {
        for byte in [0, b'"', b',', b'\n', b'-', b'9', b'Z', 0xFF] {
            let mut bad = good.to_vec();
            bad[place] = byte;
            let _ = read(&bad);
        }
    }
}

/// Steps of 1 and 31 minutes in turn: 30 of 32 rows are filled in.
fn exploding(rows: usize, columns: usize) -> String {
    let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
    let mut text = format!("time,{}\n", names.join(","));
    let cells = ",".repeat(columns);
    for row in 0..rows as i64 {
        let minutes = row / 2 * 32 + row % 2;
        text += &format!("{}{cells}\n", format_time(minutes * 60_000, TimeForm::Naive));
    }
    text
}

#[test]
fn rows_on_no_grid_are_refused_before_each_of_their_steps_is_kept() {
    let mut text = String::from("time,x\n");
    let mut ms = 0;
    for row in 0..70_000 {
        ms += 1_000 + row;
        text += &format!("{},1\n", format_time(ms, TimeForm::Naive));
    }
    let rules = GridRules { max_gap_rows: 30, cells: DATA_CELLS };
    let error = csv_shape(text.as_bytes(), "x.csv", rules).expect_err("as many steps as rows").to_string();
    assert!(error.contains("more than 65536 different steps"), "{error}");
}

#[test]
fn cells_are_counted_with_gaps_filled_before_memory_is_taken_for_them() {
    let text = exploding(1000, 9);
    let rules = |cells| GridRules { max_gap_rows: 30, cells: DATA_CELLS.with_max(cells) };
    let shape = csv_shape(text.as_bytes(), "x.csv", rules(159_700)).expect("a shape");
    assert_eq!(shape, Shape { rows: 15_970, columns: 10 });
    let series = read_csv_within(text.as_bytes(), "x.csv", rules(159_700)).expect("within the limit");
    assert_eq!((series.rows(), series.columns.len() + 1), (shape.rows, shape.columns));
    let error = read_csv_within(text.as_bytes(), "x.csv", rules(159_699)).expect_err("above the limit");
    assert_eq!(
        error.to_string(),
        "x.csv: the data has 159700 cells (rows x columns), and the limit is 159699 cells (rows x columns); set MAX_CELLS to allow more"
    );
    // 3.4 MB of text, and 4 GB of cells
    let error = read_csv(exploding(33_000, 999).as_bytes(), "x.csv", 30).expect_err("above the default");
    assert!(error.to_string().contains("set MAX_CELLS"), "{error}");
}
