//! Who is in a blend, and with which weight.

/// The places of the best by mean absolute error, each with its share: 1 / error squared. Without an error, or with one that is no
/// number, a place is out; ties go to the earlier place. Where an error is 0 those without error share alone.
pub fn blend_weights(errors: &[Option<f64>], members_max: usize) -> Vec<(usize, f64)> {
    let mut ranked: Vec<(usize, f64)> = errors
        .iter()
        .enumerate()
        .filter_map(|(place, error)| error.filter(|error| error.is_finite()).map(|error| (place, error)))
        .collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    ranked.truncate(members_max);
    let Some((_, least)) = ranked.first().copied() else { return Vec::new() };
    if least <= 0.0 {
        ranked.retain(|(_, error)| *error <= 0.0);
    }
    // relative to the least, so that no square overflows
    let raw = |error: f64| if least > 0.0 { (least / error).powi(2) } else { 1.0 };
    let sum: f64 = ranked.iter().map(|(_, error)| raw(*error)).sum();
    ranked.into_iter().map(|(place, error)| (place, raw(error) / sum)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_inverse_squares_of_the_best_four() {
        let errors = [Some(2.0), None, Some(1.0), Some(9.0), Some(f64::NAN), Some(4.0), Some(8.0)];
        let weights = blend_weights(&errors, 4);
        assert_eq!(weights.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [2, 0, 5, 6]);
        assert!((weights.iter().map(|(_, weight)| weight).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((weights[0].1 / weights[1].1 - 4.0).abs() < 1e-12);
    }

    #[test]
    fn a_perfect_member_is_alone() {
        assert_eq!(blend_weights(&[Some(1.0), Some(0.0)], 4), [(1, 1.0)]);
        assert!(blend_weights(&[None], 4).is_empty());
    }
}
