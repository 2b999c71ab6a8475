//! Properties: no bytes make the reader panic, and times that are written in a form are read back the same.

use flts::forecast::{DateOrder, Duplicates, ReadOptions, Resample, read_file, time_zone};
use proptest::prelude::*;

/// Text of the characters that tables are made of.
fn tables() -> impl Strategy<Value = String> {
    let cell = prop_oneof![
        "[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}( [0-9]{1,2}:[0-9]{2})?",
        "[-+]?[0-9]{0,12}[.,']?[0-9]{0,6}",
        "[A-Za-zäQW\" ]{0,8}",
        "[0-9]{8,19}",
        Just("2024-01-01T00:00:00+01:00".to_owned()),
        Just(String::new()),
    ];
    let separator = prop_oneof![Just(","), Just(";"), Just("\t"), Just("|")];
    let rows = proptest::collection::vec(proptest::collection::vec(cell, 1..5), 0..12);
    let header = prop_oneof![Just("ts,y,id"), Just("date;time;y"), Just("year,month,y"), Just("#a\nts\ty"), Just("")];
    (header, rows, separator).prop_map(|(header, rows, separator)| {
        let rows: Vec<String> = rows.into_iter().map(|row| row.join(separator)).collect();
        format!("{header}\n{}", rows.join("\n"))
    })
}

fn all_options() -> [ReadOptions; 3] {
    let zoned = ReadOptions {
        time_zone: time_zone("America/Sao_Paulo").ok(),
        date_order: Some(DateOrder::Dmy),
        ..ReadOptions::default()
    };
    let resampled = ReadOptions {
        freq: "W".parse().ok(),
        resample: Some(Resample::Sum),
        duplicates: Some(Duplicates::Mean),
        max_cells: 1000,
        ..ReadOptions::default()
    };
    [ReadOptions::default(), zoned, resampled]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for options in all_options() {
            let _ = read_file(&bytes, &options);
        }
    }

    #[test]
    fn no_compressed_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), which in 0..2usize) {
        let magic: &[u8] = [&b"\x1F\x8B\x08\x00"[..], &b"\x28\xB5\x2F\xFD"[..]][which];
        let _ = read_file(&[magic, &bytes].concat(), &ReadOptions::default());
    }

    #[test]
    fn no_table_makes_the_reader_panic(text in tables()) {
        for options in all_options() {
            if let Ok(reading) = read_file(text.as_bytes(), &options) {
                for series in &reading.series {
                    prop_assert!(series.times_ms.windows(2).all(|pair| pair[0] < pair[1]));
                    prop_assert!(series.columns.iter().all(|column| column.values.len() == series.rows()));
                }
            }
        }
    }

    #[test]
    fn times_that_are_written_in_a_form_are_read_back(
        form in prop_oneof![
            Just("2024-01-31"), Just("2024-01-31 23:59:58"), Just("2024-01-31T23:59:58.250Z"), Just("2024-01-31T23:59+05:30"),
            Just("31/01/2024 23:59"), Just("1/31/2024 11:59:58 PM"), Just("31-Jan-2024"), Just("January 31, 2024"),
            Just("20240131"), Just("20240131T235958Z"), Just("2024-W05"), Just("2024-01"), Just("1970 Q1"), Just("Jan 1995"), Just("1995"),
            Just("1704067200"), Just("1704067200123"), Just("Wed, 31 Jan 2024"),
        ],
        seconds in 300_000_000..4_000_000_000i64,
    ) {
        let text = format!("ts,y\n\"{form}\",1\n");
        let reading = read_file(text.as_bytes(), &ReadOptions::default()).expect("a known form");
        let clock = reading.understanding.time.clock;
        let again = reading.form.write(reading.series[0].times_ms[0], clock);
        prop_assert_eq!(&again, form);
        let written = reading.form.write(seconds * 1000, clock);
        let (wall_ms, offset) = reading.form.read(&written).expect("a time in the form");
        let instant = wall_ms - i64::from(offset.unwrap_or(0)) * 60_000;
        prop_assert_eq!(reading.form.write(instant, clock), written);
    }
}
