//! The forecast beyond the head: a seasonal profile, the recent level fading into it, and a smooth seam.

use serde::{Deserialize, Serialize};

use crate::forecast::data::Steps;

use super::error::ModelError;
use super::forecaster::{Context, ContextShape};
use super::scaling::{Link, TargetTransform, residual_bins};
use super::training_data::TrainingData;
use super::windows::thinned;

const DAY_MS: i64 = 86_400_000;

/// Most points that a day's profile has: one every half hour.
const PROFILE_POINTS_MAX: i64 = 48;

/// A profile of the day needs this much train data.
const DAYS_FOR_PROFILE: i64 = 2;

/// Profiles of their own for working days and weekends need this much.
const DAYS_FOR_WEEKEND: i64 = 14;

/// Half-life of the step from the head's last answer to the blend; about as long as a burst lives.
const SEAM_HALF_LIFE_ROWS: f64 = 10.0;

/// Rows sampled for the fit of the level; more change nothing.
const ORIGINS_MAX: usize = 3_000;

/// The seasonal blend of every target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blend {
    /// Half-life, in rows beyond the head, of what the head's last answer differs from the blend.
    pub seam_half_life_rows: f64,
    /// One blend per target, in the order of `targets`.
    pub targets: Vec<TargetBlend>,
}

/// Season and level of one target, in its transformed space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetBlend {
    /// The space of profile, level and residuals.
    pub transform: TargetTransform,
    /// One profile, or one for working days and one for weekends; points lie evenly from midnight on, linear between.
    pub profiles: Vec<Vec<f64>>,
    /// Share of the recent level that is left right after the context.
    pub level_gain: f64,
    /// Rows after which half of that is left.
    pub level_half_life_rows: f64,
    /// Bins of the fit's residuals, for the way back to original units.
    pub residuals: Vec<f64>,
}

impl Blend {
    /// Fits season and level of every target on train rows.
    pub fn fit(data: &TrainingData, steps: &Steps, input_rows: usize, output_rows: usize) -> Result<Blend, ModelError> {
        let walls_ms: Vec<i64> = data.train.times_ms.iter().map(|time_ms| steps.wall_ms(*time_ms)).collect();
        let mut targets = Vec::with_capacity(data.targets.len());
        for target in &data.targets {
            let values = data.column(target)?;
            let transform = TargetTransform::fit(target, Link::Sqrt, values);
            let z: Vec<f64> = values.iter().map(|value| transform.apply(*value)).collect();
            let profiles = fit_profiles(&walls_ms, &z, steps.step_ms());
            let level = Level::fit(data, &z, &walls_ms, &profiles, steps, (input_rows, output_rows));
            targets.push(TargetBlend {
                transform,
                profiles,
                level_gain: level.gain,
                level_half_life_rows: level.half_life_rows,
                residuals: residual_bins(level.residuals),
            });
        }
        Ok(Blend { seam_half_life_rows: SEAM_HALF_LIFE_ROWS, targets })
    }

    /// Appends the steps after the head's last one until `forecast` has `horizon` rows.
    pub fn extend(&self, shape: &ContextShape, context: &Context, horizon: usize, forecast: &mut Vec<f64>) {
        let width = self.targets.len();
        let head_rows = forecast.len() / width.max(1);
        let Some(last_of_head) = forecast.len().checked_sub(width) else {
            return;
        };
        // the seam: by how much the head's last answer differs from the blend at that step
        let mut levels = Vec::with_capacity(width);
        let mut seams = Vec::with_capacity(width);
        for (i, blend) in self.targets.iter().enumerate() {
            let level = blend.recent_level(shape, context, shape.target_places[i]);
            levels.push(level);
            seams.push(forecast[last_of_head + i] - blend.at(shape, context, head_rows, level));
        }
        for step in head_rows + 1..=horizon {
            let left = 0.5f64.powf((step - head_rows) as f64 / self.seam_half_life_rows);
            for (i, blend) in self.targets.iter().enumerate() {
                let value = blend.at(shape, context, step, levels[i]) + left * seams[i];
                forecast.push(value.max(blend.transform.floor()));
            }
        }
    }

    /// Whether the blend fits so many targets and can be computed with.
    pub fn is_sound(&self, targets: usize) -> bool {
        self.targets.len() == targets
            && self.seam_half_life_rows > 0.0
            && self.targets.iter().all(TargetBlend::is_sound)
    }
}

impl TargetBlend {
    /// The blend's own forecast in original units, `step` rows after the context.
    fn at(&self, shape: &ContextShape, context: &Context, step: usize, level: f64) -> f64 {
        let time_ms = shape.steps.wall_ms(shape.steps.after(context.last_ms, step as i64));
        let left = self.level_gain * 0.5f64.powf(step as f64 / self.level_half_life_rows);
        let z = profile_at(&self.profiles, time_ms) + left * level;
        self.transform.mean_of(z, &self.residuals)
    }

    /// Mean distance of the context's rows from the season.
    fn recent_level(&self, shape: &ContextShape, context: &Context, place: usize) -> f64 {
        let width = shape.columns;
        let rows = shape.rows;
        let distances = (0..rows).map(|row| {
            let back = (rows - 1 - row) as i64;
            let time_ms = shape.steps.wall_ms(shape.steps.after(context.last_ms, -back));
            let z = self.transform.apply(context.values[row * width + place]);
            z - profile_at(&self.profiles, time_ms)
        });
        distances.sum::<f64>() / rows as f64
    }

    fn is_sound(&self) -> bool {
        let numbers = self.profiles.iter().flatten().chain(&self.residuals);
        self.transform.is_sound()
            && (1..=2).contains(&self.profiles.len())
            && self.profiles.iter().all(|profile| !profile.is_empty())
            && numbers.chain([&self.level_gain]).all(|n| n.is_finite())
            && self.level_half_life_rows > 0.0
    }
}

/// The season at a time of the local clock: the profile of its kind of day, linear between two points, across midnight too.
fn profile_at(profiles: &[Vec<f64>], time_ms: i64) -> f64 {
    let profile = &profiles[kind_of_day(time_ms).min(profiles.len() - 1)];
    let points = profile.len();
    let of_day = time_ms.rem_euclid(DAY_MS) as f64 / DAY_MS as f64 * points as f64;
    let before = (of_day as usize).min(points - 1);
    let share = of_day - before as f64;
    profile[before] * (1.0 - share) + profile[(before + 1) % points] * share
}

/// 0 for Monday to Friday, 1 for Saturday and Sunday.
fn kind_of_day(time_ms: i64) -> usize {
    // 1 January 1970 was a Thursday
    let weekday = (time_ms.div_euclid(DAY_MS) + 3).rem_euclid(7);
    usize::from(weekday >= 5)
}

/// Means around each point of the day, as many points and kinds of day as the data allow.
fn fit_profiles(times_ms: &[i64], z: &[f64], step_ms: i64) -> Vec<Vec<f64>> {
    let span_ms = match (times_ms.first(), times_ms.last()) {
        (Some(first), Some(last)) => last - first + step_ms,
        _ => 0,
    };
    let points =
        if span_ms < DAYS_FOR_PROFILE * DAY_MS { 1 } else { (DAY_MS / step_ms).clamp(1, PROFILE_POINTS_MAX) as usize };
    let common = profile_of(times_ms, z, points, None);
    if points == 1 || span_ms < DAYS_FOR_WEEKEND * DAY_MS {
        return vec![common];
    }
    (0..2).map(|kind| profile_of(times_ms, z, points, Some((kind, &common)))).collect()
}

/// One profile; rows of one kind of day only where a kind is given, points without rows taken from the common profile.
fn profile_of(times_ms: &[i64], z: &[f64], points: usize, only: Option<(usize, &[f64])>) -> Vec<f64> {
    let mut sums = vec![0.0; points];
    let mut counts = vec![0usize; points];
    for (time_ms, value) in times_ms.iter().zip(z) {
        if only.is_some_and(|(kind, _)| kind != kind_of_day(*time_ms)) {
            continue;
        }
        let of_day = time_ms.rem_euclid(DAY_MS) as f64 / DAY_MS as f64 * points as f64;
        let nearest = of_day.round() as usize % points;
        sums[nearest] += value;
        counts[nearest] += 1;
    }
    let mean = sums.iter().sum::<f64>() / counts.iter().sum::<usize>().max(1) as f64;
    (0..points)
        .map(|point| match (counts[point], only) {
            (0, Some((_, common))) => common[point],
            (0, None) => mean,
            (count, _) => sums[point] / count as f64,
        })
        .collect()
}

/// How the recent level fades: share of it left after h rows = gain x 2^(-h / half-life).
struct Level {
    gain: f64,
    half_life_rows: f64,
    residuals: Vec<f64>,
}

impl Level {
    /// Least squares over a grid of half-lives, on the horizons that the blend is used for. `walls_ms`: what the local clock shows at
    /// each row.
    fn fit(
        data: &TrainingData,
        z: &[f64],
        walls_ms: &[i64],
        profiles: &[Vec<f64>],
        steps: &Steps,
        (input_rows, output_rows): (usize, usize),
    ) -> Level {
        let seasons = walls_ms.iter().map(|time_ms| profile_at(profiles, *time_ms));
        let distances: Vec<f64> = z.iter().zip(seasons).map(|(z, season)| z - season).collect();
        let horizons = horizons_beyond(output_rows, DAY_MS / steps.step_ms());
        let mut pairs = Vec::new();
        for segment in data.train.segments(*steps) {
            let origins: Vec<usize> = (segment.start + input_rows - 1..segment.end).collect();
            for origin in thinned(&origins, ORIGINS_MAX) {
                let recent = &distances[origin + 1 - input_rows..=origin];
                let level = recent.iter().sum::<f64>() / input_rows as f64;
                let within = horizons.iter().filter(|h| origin + **h < segment.end);
                pairs.extend(within.map(|h| (*h as f64, level, distances[origin + h])));
            }
        }
        let half_lives = (0..14).map(|power| 4.0 * f64::from(1u32 << power));
        let candidates = half_lives.map(|half_life_rows| {
            let (mut cross, mut square) = (0.0, 0.0);
            for (h, level, truth) in &pairs {
                let left = level * 0.5f64.powf(h / half_life_rows);
                cross += left * truth;
                square += left * left;
            }
            let gain = if square > 0.0 { (cross / square).clamp(0.0, 1.0) } else { 0.0 };
            // squared error less the part that no half-life changes
            (gain * gain * square - 2.0 * gain * cross, gain, half_life_rows)
        });
        let best = candidates.min_by(|a, b| a.0.total_cmp(&b.0));
        let (_, gain, half_life_rows) = best.unwrap_or((0.0, 0.0, 1.0));
        let residuals = if pairs.is_empty() {
            distances
        } else {
            let missed = |(h, level, truth): &(f64, f64, f64)| truth - gain * level * 0.5f64.powf(h / half_life_rows);
            pairs.iter().map(missed).collect()
        };
        Level { gain, half_life_rows, residuals }
    }
}

/// A dozen horizons from just beyond the head to about a day, spread evenly in their logarithm.
fn horizons_beyond(output_rows: usize, rows_per_day: i64) -> Vec<usize> {
    let first = (output_rows + 1) as f64;
    let last = (rows_per_day.max(2) as f64).max(first * 2.0);
    let mut horizons: Vec<usize> =
        (0..12).map(|i| (first * (last / first).powf(f64::from(i) / 11.0)).round() as usize).collect();
    horizons.dedup();
    horizons
}
