//! The times of a request: in the forms that files may have, and answered in the form in which they were sent.

use crate::forecast::data::{CellTimes, CellTimesError, LocalClock, TimeForm, TimeWriter, cell_times, parse_time};
use crate::forecast::model::Manifest;
use crate::limits::ERROR_QUOTE;

use super::request_error::{RequestError, refused};
use super::time_texts::TimeTexts;

/// The times of the rows.
pub struct RequestTimes {
    /// Time in ms since 1970 and place in the request of each row, oldest first.
    pub order: Vec<(i64, usize)>,
    /// Writes times in the form in which they were sent.
    pub writer: TimeWriter,
}

/// Reads the times of all rows, and puts the rows in order.
///
/// # Errors
/// Unreadable, mixed or repeated times, times without a zone for a model of times with one.
pub fn read_times(manifest: &Manifest, times: &TimeTexts) -> Result<RequestTimes, RequestError> {
    let Some(first) = times.iter().next() else {
        return refused("no rows sent; `data` must hold a time column and the model's columns".into());
    };
    let is_plain = manifest.time_axis.clock == LocalClock::AsWritten && is_plain_iso(first);
    let (mut order, writer) = if is_plain { plain_times(manifest, times)? } else { other_times(manifest, times)? };
    order.sort_unstable();
    if let Some(pair) = order.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return refused(format!(
            "the time {} appears twice (rows {} and {}); send each time once",
            writer.write(pair[0].0),
            pair[0].1,
            pair[1].1
        ));
    }
    Ok(RequestTimes { order, writer })
}

/// Whether it is a date and a time of day in ISO 8601, without an offset other than `Z`.
fn is_plain_iso(text: &str) -> bool {
    let text = text.trim();
    let has_offset = text.len() > 19 && text.contains('+') || text.get(11..).is_some_and(|time| time.contains('-'));
    text.len() > 10 && !has_offset && parse_time(text).is_some()
}

/// Times in ISO 8601: no clock is needed for them.
fn plain_times(manifest: &Manifest, times: &TimeTexts) -> Result<(Vec<(i64, usize)>, TimeWriter), RequestError> {
    let mut order = Vec::with_capacity(times.len());
    let mut form = None;
    for (row, text) in times.iter().enumerate() {
        let Some((ms, found)) = parse_time(text) else { return unreadable(row, text) };
        if *form.get_or_insert(found) != found {
            return mixed(row);
        }
        order.push((ms, row));
    }
    let form = form.unwrap_or(TimeForm::Naive);
    check_zone(manifest, form == TimeForm::Naive)?;
    Ok((order, form.into()))
}

fn other_times(manifest: &Manifest, times: &TimeTexts) -> Result<(Vec<(i64, usize)>, TimeWriter), RequestError> {
    let axis = &manifest.time_axis;
    let clock = axis.clock;
    let read = match cell_times(times.iter(), axis.format.as_ref(), None, clock) {
        Ok(read) => read,
        Err(CellTimesError::Unreadable(row)) => {
            return unreadable(row, times.iter().nth(row).unwrap_or_default());
        }
        Err(CellTimesError::TwoOrders) => {
            return refused(
                "the times fit with the day first and with the month first; write them like 2018-02-28T03:32:00".into(),
            );
        }
        Err(CellTimesError::Clock(cause)) => return refused(cause),
    };
    let CellTimes { times_ms, format, naive_row, zoned_row } = read;
    if let (Some(naive), Some(zoned)) = (naive_row, zoned_row)
        && !axis.is_zone_set
    {
        return mixed(naive.max(zoned));
    }
    check_zone(manifest, naive_row.is_some())?;
    let has_zone = zoned_row.is_some() || clock != LocalClock::AsWritten;
    let form = if has_zone { TimeForm::Utc } else { TimeForm::Naive };
    let writer = match format.is_plain_iso() && clock == LocalClock::AsWritten {
        true => form.into(),
        false => TimeWriter::in_format(form, format, clock),
    };
    Ok((times_ms.into_iter().zip(0..).collect(), writer))
}

/// Refuses times without a zone where they could mean several instants.
fn check_zone(manifest: &Manifest, is_naive: bool) -> Result<(), RequestError> {
    let axis = &manifest.time_axis;
    let is_trained_naive = axis.format.as_ref().is_some_and(|format| !format.has_zone());
    if is_naive && manifest.time_form == TimeForm::Utc && !axis.is_zone_set && !is_trained_naive {
        return refused(
            "the times have no offset, but the model was trained on times with one; add Z or an offset".into(),
        );
    }
    Ok(())
}

fn unreadable<T>(row: usize, text: &str) -> Result<T, RequestError> {
    let text = ERROR_QUOTE.cut(text);
    refused(format!("row {row} has the unreadable time {text:?}; write it like 2018-02-28T03:32:00"))
}

fn mixed<T>(row: usize) -> Result<T, RequestError> {
    refused(format!("row {row} mixes times with and without an offset; use one form for all rows"))
}
