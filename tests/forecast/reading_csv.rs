//! Files as people write them: what is read, and what is refused with which words.

use flts::forecast::{ReadOptions, Series, Shape, TimeForm, file_shape, format_time, read_csv, read_series};

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

/// Bad files, and a part of the message that each one gets.
const REFUSED: &[(&[u8], &str)] = &[
    // What is no table at all.
    (b"", "x.csv: the file is empty: it needs a line of names, a time column and columns of numbers"),
    (b"\n\n", "x.csv: the file is empty: it needs a line of names, a time column and columns of numbers"),
    (b"\xEF\xBB\xBF", "x.csv: the file is empty: it needs a line of names, a time column and columns of numbers"),
    (b"PAR1\x15\x04", "x.csv: the Parquet file cannot be read: "),
    (b"\x1F\x8B\x08\x00", "x.csv: the file does not decompress as gzip: send it again"),
    (b"\x28\xB5\x2F\xFD\x00", "x.csv: the file does not decompress as zstd: send it again"),
    (b"PK\x03\x04\x00", "x.csv: the file is a zip archive or a spreadsheet: save it as CSV"),
    (b"time,down\n2018-01-01,\x00\n", "x.csv: the file is no text, it has bytes of zero: give it as CSV"),
    (b"<html><body>404</body></html>", "x.csv: the file is HTML or XML: give the table as CSV"),
    // Headers.
    (b"when,down\nsoon,1\n", "x.csv: no column reads as times among `when`, `down`: set TIME_COLUMN"),
    (b"2018-01-01 00:00:00,1\n", "x.csv: the first line reads as data, `2018-01-01 00:00:00,1`: put a line of names above it"),
    (b"time\n2018-01-01\n", "x.csv: the file has no column of numbers besides the time: give it one"),
    (b"time,down,up,down\n2018-01-01,1,2,3\n", "columns have the same name: rename one of them (columns 2 and 4 are both called down)"),
    (b"time,day_of_week_sin,down\n2018-01-01,1,2\n", "columns have the name of a calendar column: rename them"),
    (b"time,\"do\nwn\"\n2018-01-01,1\n", "names of columns have control characters: rename them"),
    // No rows.
    (b"time,down", "x.csv: the file has no rows below the header: give it some"),
    (b"time,down\r\n\r\n", "x.csv: the file has no rows below the header: give it some"),
    // Cells.
    (b"time,down\n2018-01-01,abc\n", "x.csv: the file has no column of numbers besides the time: give it one; left out: `down` (words such as `abc`"),
    (b"time,down\n2018-01-01,1\n2018-01-02,2\n2018-01-03,abc\n", "x.csv: cells are no numbers: write them like 1234.5, leave them empty, or name the column in IGNORE_COLUMNS (line 4, down: `abc`)"),
    (b"time,down\n2018-01-01,inf\n", "values are too large, they lie within +-1e18: mend them (line 2, down: `inf`)"),
    (b"time,down\n2018-01-01,-1e999\n", "values are too large, they lie within +-1e18: mend them (line 2, down: `-1e999`)"),
    (b"time,down\n2018-01-01,1\n2018-01-02\n", "rows have more or fewer cells than the header: mend them, or quote cells that contain the separator (line 3: 1 cells where the header has 2)"),
    // Times.
    (b"time,down\n2018-01-01,1\n,2\n", "rows have no time: complete or remove them (line 3)"),
    (b"time,down\n2018-02-27 00:00:00,1\n2018-02-30 00:00:00,1\n", "x.csv: no column reads as times among `time`, `down`"),
    (b"time,down\n2018-01-01T00:00:00,1\n2018-01-01T00:01:00Z,2\n", "some times have a zone and others not (lines 3 and 2): set TIME_ZONE, or write all the same way"),
    (b"time,down\n2018-01-01,1\n2018-01-01,2\n", "rows of one time differ: set DUPLICATES=first, last or mean to choose, or remove all but one (lines 2 and 3: 2018-01-01)"),
    (b"time,down\n2018-01-01 00:00,1\n2018-01-01 00:02,1\n2018-01-01 00:03,1\n2018-01-01 00:04,1\n2018-01-01 00:06,1\n2018-01-01 00:08,1\n", "rows are off the grid of 2 min: set FREQ to the step you want"),
];

#[test]
fn a_bad_file_is_refused_with_what_is_wrong_and_where() {
    let wrong = |(bytes, message): &(&[u8], &str)| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        match read(bytes) {
            Err(error) if error.contains(message) => None,
            Err(error) => Some(format!("{text:?}: {error}")),
            Ok(_) => Some(format!("{text:?} was read")),
        }
    };
    let wrong: Vec<String> = REFUSED.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn of_one_kind_of_mistake_three_places_are_listed_and_the_rest_are_counted() {
    let mut text = String::from("time,down\n");
    for day in 1..=31 {
        let cell = if day < 20 { "1" } else { "bad" };
        text.push_str(&format!("2018-01-{day:02},{cell}\n"));
    }
    let error = read_csv(text.as_bytes(), "x.csv", MAX_GAP_ROWS).expect_err("mistakes");
    assert_eq!(error.problem_count(), 1);
    assert!(error.to_string().starts_with("x.csv: cells are no numbers: "), "{error}");
    assert!(
        error.to_string().ends_with("(line 21, down: `bad`; line 22, down: `bad`; line 23, down: `bad`), and 9 more"),
        "{error}"
    );
}

#[test]
fn a_long_cell_is_shown_by_its_beginning() {
    let text = format!("time,down\n2018-01-01,1\n2018-01-02,2\n2018-01-03,{}\n", "9x".repeat(5000));
    let message = read(text).expect_err("a mistake");
    assert!(message.contains(&format!("(line 4, down: `{}…`)", "9x".repeat(20))), "{message}");
}

#[test]
fn more_columns_than_a_model_can_use_are_refused() {
    assert_eq!(
        read(format!("time{}\n", ",x".repeat(5000))).expect_err("a refusal"),
        "x.csv: line 1: the data has 1001 columns, and the limit is 1000 columns; leave out columns, or split the file by columns"
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
        "time,down\n\n2018-01-01,1\n\n\n2018-01-02,x\n2018-01-03,2\n",
        "time,down\r\n\r\n2018-01-01,1\r\n\r\n\r\n2018-01-02,x\r\n2018-01-03,2\r\n",
        "time,down\r\r2018-01-01,1\r\r\r2018-01-02,x\r2018-01-03,2\r",
        "time,down\n\n2018-01-01,\"1\"\n\n\n2018-01-02,\"x\"\n2018-01-03,2",
    ] {
        let message = read(text).expect_err("a mistake");
        assert!(message.contains("(line 6, down: `x`)"), "{message}");
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
    for row in 0..rows as i64 {
        let minutes = row / 2 * 32 + row % 2;
        let cells = format!(",{}", row % 7).repeat(columns);
        text += &format!("{}{cells}\n", format_time(minutes * 60_000, TimeForm::Naive));
    }
    text
}

#[test]
fn rows_on_no_grid_are_refused_before_memory_is_taken_for_their_cells() {
    let mut text = String::from("time,x\n");
    let mut ms = 0;
    for row in 0..70_000 {
        ms += 1_000 + row;
        text += &format!("{},1\n", format_time(ms, TimeForm::Naive));
    }
    let error = file_shape(text.as_bytes(), "x.csv", &ReadOptions::default()).expect_err("as many steps as rows");
    assert!(error.to_string().contains("set FREQ"), "{error}");
}

#[test]
fn cells_are_counted_with_gaps_filled_before_memory_is_taken_for_them() {
    let text = exploding(1000, 9);
    let options = |max_cells| ReadOptions { max_gap_rows: 30, max_cells, ..ReadOptions::default() };
    let shape = file_shape(text.as_bytes(), "x.csv", &options(143_730)).expect("a shape");
    assert_eq!(shape, Shape { rows: 15_970, columns: 10 });
    let series = read_series(text.as_bytes(), "x.csv", &options(143_730)).expect("within the limit");
    assert_eq!((series.rows(), series.columns.len() + 1), (shape.rows, shape.columns));
    let error = read_series(text.as_bytes(), "x.csv", &options(143_729)).expect_err("above the limit");
    assert_eq!(
        error.to_string(),
        "x.csv: the data has 143730 cells (rows x columns), and the limit is 143729 cells (rows x columns); set MAX_CELLS to allow more"
    );
    // 16 MB of text, and 1 GB of cells
    let error = read_csv(exploding(8_000, 999).as_bytes(), "x.csv", 30).expect_err("above the default");
    assert!(error.to_string().contains("set MAX_CELLS"), "{error}");
}
