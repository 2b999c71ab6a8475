//! Which columns are forecast, of those that were measured.

/// The columns to forecast: `*` means all, no name the first measured one. Names are taken as they are; the fit refuses those that
/// the data do not hold.
pub fn chosen_targets(named: &[String], measured: &[String]) -> Vec<String> {
    if named.iter().any(|name| name == "*") {
        return measured.to_vec();
    }
    if named.is_empty() {
        return measured.iter().take(1).cloned().collect();
    }
    named.to_vec()
}
