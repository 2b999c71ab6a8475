//! Whether one model is ahead of another: a gain, and a test that tells it from luck.

/// From so many origins on a paired test decides; with fewer, blocks do.
const ORIGINS_FOR_TEST: usize = 200;
/// With fewer origins a gain must be at least this share.
const GAIN_OF_FEW: f64 = 0.05;
/// Blocks of origins, in each of which the better model must be ahead.
const BLOCKS: usize = 3;
/// The one-sided 5 % point of the statistic, as a polynomial of the share of lags (Kiefer and Vogelsang 2005, Bartlett weights).
const CRITICAL: [f64; 4] = [1.6449, 2.1859, 0.3142, -0.3427];
/// The variance looks back over so many times the origins whose forecasts overlap, and over at most this share of all.
const OVERLAPS: usize = 2;
const LAGS_MAX_SHARE: usize = 2;

/// The losses of two models on the origins that both could score, in their order in time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lead {
    pairs: Vec<(f64, f64)>,
    overlap: usize,
}

impl Lead {
    /// The comparison of a model with another; losses are by origin, none where a model could not be scored. Forecasts from so many
    /// origins in a row overlap.
    pub(super) fn over(ours: &[Option<f64>], theirs: &[Option<f64>], overlap: usize) -> Self {
        Self { overlap, pairs: ours.iter().zip(theirs).filter_map(|(ours, theirs)| ours.zip(*theirs)).collect() }
    }

    /// Origins that both could score.
    pub(super) fn origins(&self) -> usize {
        self.pairs.len()
    }

    /// Whether the origins are too few for a paired test.
    pub(super) fn is_of_few(&self) -> bool {
        self.origins() < ORIGINS_FOR_TEST
    }

    /// The share by which the first model's mean loss is lower; negative where it is higher.
    pub(super) fn gain(&self) -> f64 {
        let sum = |side: fn(&(f64, f64)) -> f64| self.pairs.iter().map(side).sum::<f64>();
        let (ours, theirs) = (sum(|pair| pair.0), sum(|pair| pair.1));
        match theirs > 0.0 {
            true => 1.0 - ours / theirs,
            false => 0.0,
        }
    }

    /// Whether the first model is ahead by the margin, and by more than luck.
    pub(super) fn is_clear(&self, margin: f64) -> bool {
        if self.is_of_few() {
            return self.gain() >= margin.max(GAIN_OF_FEW) && self.blocks_ahead() == BLOCKS;
        }
        self.gain() > margin && self.statistic() > self.critical() && self.blocks_ahead() == BLOCKS
    }

    /// In words, for reasons.
    pub(super) fn described(&self) -> String {
        let (percent, origins) = (self.gain() * 100.0, self.origins());
        let (size, side) = (percent.abs(), if percent < 0.0 { "worse" } else { "better" });
        let told =
            format!("{size:.1} % {side} on {origins} origins, ahead in {} of {BLOCKS} blocks", self.blocks_ahead());
        match self.is_of_few() {
            true => told,
            false => {
                format!("{told}, by {:.1} standard errors where {:.1} are needed", self.statistic(), self.critical())
            }
        }
    }

    /// Blocks of origins in which the first model is ahead; none where there are fewer origins than blocks.
    fn blocks_ahead(&self) -> usize {
        let origins = self.origins();
        if origins < BLOCKS {
            return 0;
        }
        let block = |number: usize| &self.pairs[number * origins / BLOCKS..(number + 1) * origins / BLOCKS];
        let is_ahead = |pairs: &[(f64, f64)]| pairs.iter().map(|(ours, theirs)| theirs - ours).sum::<f64>() > 0.0;
        (0..BLOCKS).filter(|number| is_ahead(block(*number))).count()
    }

    /// Neighbouring origins whose correlation the variance allows for.
    fn lags(&self) -> usize {
        let of_noise = (1.5 * (self.origins() as f64).cbrt()).ceil() as usize;
        of_noise.max(OVERLAPS * self.overlap).min(self.origins() / LAGS_MAX_SHARE)
    }

    /// What the statistic must exceed: more the more lags its variance is estimated from.
    fn critical(&self) -> f64 {
        let share = (self.lags() + 1) as f64 / self.origins().max(1) as f64;
        CRITICAL.iter().rev().fold(0.0, |sum, coefficient| sum * share + coefficient)
    }

    /// The statistic of Diebold and Mariano: the mean difference in standard errors, whose variance allows for correlation between
    /// neighbouring origins (Newey and West, Bartlett weights).
    fn statistic(&self) -> f64 {
        let differences: Vec<f64> = self.pairs.iter().map(|(ours, theirs)| theirs - ours).collect();
        let count = differences.len() as f64;
        let mean = differences.iter().sum::<f64>() / count;
        let covariance = |lag: usize| {
            let pairs = differences.iter().zip(&differences[lag..]);
            pairs.map(|(one, other)| (one - mean) * (other - mean)).sum::<f64>() / count
        };
        let lags = self.lags();
        let weighted = |lag: usize| 2.0 * (1.0 - lag as f64 / (lags + 1) as f64) * covariance(lag);
        let variance = covariance(0) + (1..=lags.min(differences.len() - 1)).map(weighted).sum::<f64>();
        match variance > 0.0 {
            true => mean / (variance / count).sqrt(),
            // the difference is the same everywhere
            false if mean > 0.0 => f64::INFINITY,
            false => 0.0,
        }
    }
}
