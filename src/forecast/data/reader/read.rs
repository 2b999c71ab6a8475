//! From bytes to series.

use crate::forecast::data::reader::mistakes::Mistakes;
use crate::forecast::data::reader::options::ReadOptions;
use crate::forecast::data::reader::reading::Reading;
use crate::forecast::data::reader::series_of_table::{Parts, series_of};
use crate::forecast::data::reader::table::{
    Pass, Plan, SAMPLE_ROWS, Survey, Table, extract, groups, keep_columns, plan, repeated_ids, survey,
};
use crate::forecast::data::reader::text::{Layout, Source, find_layout};
use crate::forecast::data::reader::times::{LocalClock, NAIVE, TimeFormat};
use crate::forecast::data::reader::understanding::{ColumnUnderstanding, Repairs, TimeUnderstanding, Understanding};

/// Reads a file. All mistakes that could be found come together, grouped by kind.
pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<Reading, Mistakes> {
    if options.resample.is_some() && options.freq.is_none() {
        return Err(Mistakes::of_file("RESAMPLE needs FREQ: set FREQ to the step you want (such as h or D)"));
    }
    let source = Source::new(bytes, options.max_cells)?;
    let layout = find_layout(&source)?;
    let (plan, mut table) = read_table(&source, &layout, options, |plan| plan)?;
    let (clock, form, clock_warning) = clock_and_form(&table, &plan, options)?;
    let (groups, id) = groups(&table, &layout.names, options)?;
    let numeric_ids = if id.is_none() { repeated_ids(&table, &layout.names, options.series_max) } else { Vec::new() };
    let kept = keep_columns(&mut table, &layout.names, &plan, id, options)?;
    let marks = marks(&plan);
    let mut understanding = Understanding {
        is_parquet: source.is_parquet(),
        compression: source.compression,
        encoding: source.encoding,
        separator: char::from(layout.separator),
        comment_lines: layout.comment_lines,
        decimal_mark: marks.0,
        thousands_mark: marks.1,
        time: TimeUnderstanding {
            columns: plan.time.pieces.iter().map(|piece| layout.names[piece.column].clone()).collect(),
            format: form.described(),
            clock,
            has_zone: form.has_zone(),
            is_zone_guessed: options.time_zone.is_none() && matches!(clock, LocalClock::Zone(_)),
        },
        steps: Vec::new(),
        rows: table.times.walls_ms.len(),
        rows_read: 0,
        series: 0,
        repairs: Repairs::default(),
        columns: layout
            .names
            .iter()
            .zip(kept.fates)
            .map(|(name, fate)| ColumnUnderstanding { name: name.clone(), fate })
            .collect(),
        warnings: clock_warning.into_iter().chain(kept.warnings).collect(),
    };
    let parts = Parts {
        times: table.times,
        width: kept.columns.len(),
        columns: kept.columns,
        words: kept.words,
        clock,
        form: &form,
        numeric_ids,
        options,
    };
    let (series, refused) = series_of(parts, groups, &mut understanding)?;
    Ok(Reading { series, refused, form, understanding })
}

/// Reads the rows as a sample of them suggests; where one does not fit, as all of them do. `narrow` may leave columns out.
pub(super) fn read_table(
    source: &Source<'_>,
    layout: &Layout,
    options: &ReadOptions,
    narrow: impl Fn(Plan) -> Plan,
) -> Result<(Plan, Table), Mistakes> {
    let sample = survey(source, layout, options, SAMPLE_ROWS)?;
    if sample.rows == 0 {
        return Err(empty());
    }
    let read = |survey: &Survey, pass| {
        let plan = narrow(plan(layout, survey, options)?);
        Ok(extract(source, layout, &plan, options, pass)?.map(|table| (plan, table)))
    };
    if sample.is_complete {
        let table: Result<_, Mistakes> = read(&sample, Pass::Final);
        return table?.ok_or_else(empty);
    }
    // a sample may leave open what all rows settle
    let tried: Result<_, Mistakes> = read(&sample, Pass::Sampled);
    if let Ok(Some(found)) = tried {
        return Ok(found);
    }
    let all: Result<_, Mistakes> = read(&survey(source, layout, options, usize::MAX)?, Pass::Final);
    all?.ok_or_else(empty)
}

fn empty() -> Mistakes {
    Mistakes::of_file("the file has no rows below the header: give it some")
}

/// The clock of the times and how they are written, and a warning where offsets are those of no zone.
pub(super) fn clock_and_form(
    table: &Table,
    plan: &Plan,
    options: &ReadOptions,
) -> Result<(LocalClock, TimeFormat, Option<String>), Mistakes> {
    let times = &table.times;
    let naive = times.offsets.iter().filter(|&&offset| offset == NAIVE).count();
    if naive > 0 && naive < times.offsets.len() && options.time_zone.is_none() {
        let row = |is_naive: bool| times.offsets.iter().position(|&offset| (offset == NAIVE) == is_naive);
        let line = |row: Option<usize>| row.and_then(|row| times.lines.get(row)).copied().unwrap_or(0);
        return Err(Mistakes::of_file(format!(
            "some times have a zone and others not (lines {} and {}): set TIME_ZONE, or write all the same way",
            line(row(false)),
            line(row(true))
        )));
    }
    let clock = times.clock(options.time_zone);
    let last = times.offsets.iter().rev().find(|&&offset| offset != NAIVE).copied();
    let form = TimeFormat {
        shape: plan.time.shape.clone(),
        style: table.style,
        is_joined: plan.time.pieces.len() > 1,
        last_offset: last,
    };
    let warning =
        "the offsets of the times change and are those of no zone: set TIME_ZONE, so that later times have theirs";
    let warning = clock.is_none().then(|| warning.to_owned());
    Ok((clock.unwrap_or(LocalClock::AsWritten), form, warning))
}

/// The marks of the first column of numbers that are not plain.
fn marks(plan: &Plan) -> (char, Option<char>) {
    plan.number_forms()
        .find(|form| form.decimal != '.' || form.thousands.is_some())
        .map_or(('.', None), |form| (form.decimal, form.thousands))
}
