//! The rolling origins that members are judged at: spread over the last quarter of the rows.

/// The last share of rows that origins are spread over: one of so many parts.
const BLOCK: usize = 4;

/// Origins, and the steps that are judged at each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginPlan {
    /// Rows before each origin, rising.
    pub origins: Vec<usize>,
    /// Steps after each origin.
    pub steps: usize,
}

/// Up to `origins_max` origins, at least a horizon apart, each with half of the rows and two seasons before it.
///
/// Where the rows do not last for one such origin, seasons do not count and the steps are fewer; below four rows there is no origin.
pub fn rolling_origins(rows: usize, horizon: usize, longest_season: usize, origins_max: usize) -> OriginPlan {
    let half = rows.div_ceil(2);
    let with_seasons = half.max(2 * longest_season + 2);
    let (least, steps) =
        if with_seasons + horizon <= rows { (with_seasons, horizon) } else { (half, horizon.min(rows / 4)) };
    if steps == 0 {
        return OriginPlan { origins: Vec::new(), steps };
    }
    let apart = steps.max(rows / BLOCK / origins_max.max(1));
    let mut origins: Vec<usize> = (0..origins_max)
        .map_while(|back| (rows - steps).checked_sub(back * apart))
        .take_while(|origin| *origin >= least)
        .collect();
    origins.reverse();
    OriginPlan { origins, steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_end_a_horizon_before_the_end_and_are_spread() {
        let plan = rolling_origins(2_000, 48, 336, 8);
        assert_eq!(plan.steps, 48);
        assert_eq!(plan.origins.len(), 8);
        assert_eq!(plan.origins[7], 1_952);
        assert!(plan.origins.windows(2).all(|pair| pair[1] - pair[0] == 62));
    }

    #[test]
    fn few_rows_have_few_origins_and_fewer_steps() {
        let plan = rolling_origins(30, 30, 12, 8);
        assert_eq!(plan, OriginPlan { origins: vec![16, 23], steps: 7 });
        assert!(rolling_origins(3, 5, 1, 8).origins.is_empty());
    }
}
