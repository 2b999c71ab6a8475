//! A forecast as a table, and the command that asks for it again.

use std::net::SocketAddr;
use std::path::Path;

use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{Cell, CellAlignment, Table};

use super::display::Display;

/// One step of a forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastRow {
    /// The time, in the form that was sent.
    pub ts: String,
    /// One value for each target, in the unit of its column.
    pub values: Vec<f64>,
}

/// The first rows of a forecast as a table, with drawn lines at a terminal.
pub fn forecast(targets: &[String], rows: &[ForecastRow], display: &Display) -> String {
    let mut table = Table::new();
    table.load_style(if display.person && display.unicode { UTF8_FULL_CONDENSED } else { ASCII_MARKDOWN });
    table.set_header(std::iter::once("ts").chain(targets.iter().map(String::as_str)));
    for row in rows {
        let values = row.values.iter().map(|value| Cell::new(number(*value)).set_alignment(CellAlignment::Right));
        table.add_row(std::iter::once(Cell::new(&row.ts)).chain(values));
    }
    table.to_string()
}

/// The shell line that posts the body in `file` to a node listening on `addr`; `scheme` is http or https.
pub fn curl_line(scheme: &str, addr: SocketAddr, file: &Path) -> String {
    // a node that listens on every address is reached on loopback
    let host = match addr.ip() {
        ip if ip.is_unspecified() => "127.0.0.1".into(),
        ip if ip.is_ipv6() => format!("[{ip}]"),
        ip => ip.to_string(),
    };
    let file = file.display().to_string().replace('\'', r"'\''");
    format!("curl -s {scheme}://{host}:{}/predict -H 'content-type: application/json' -d '@{file}'", addr.port())
}

/// Large numbers whole, small ones with four significant digits at least.
fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 1000.0 {
        return format!("{value:.0}");
    }
    if magnitude >= 1.0 || value == 0.0 { format!("{value:.3}") } else { format!("{value:.4e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_shows_time_and_values_in_their_units() {
        let rows = [ForecastRow { ts: "2018-02-28T03:34:00".into(), values: vec![104_200_331.2, 0.00012] }];
        let text = forecast(&["down".into(), "up".into()], &rows, &Display::PLAIN);
        assert!(
            text.contains("2018-02-28T03:34:00") && text.contains("104200331 ") && text.contains("1.2000e-4"),
            "{text}"
        );
    }

    #[test]
    fn the_curl_line_can_be_pasted_whatever_the_address_and_the_file() {
        let line = curl_line("http", SocketAddr::from(([0, 0, 0, 0], 8000)), Path::new("it's/request.json"));
        assert_eq!(
            line,
            r"curl -s http://127.0.0.1:8000/predict -H 'content-type: application/json' -d '@it'\''s/request.json'"
        );
        let line = curl_line("https", "[::1]:80".parse().unwrap(), Path::new("r.json"));
        assert!(line.contains("https://[::1]:80/predict"), "{line}");
    }
}
