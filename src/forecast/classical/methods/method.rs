//! The names of the methods.

use serde::{Deserialize, Serialize};

/// Rows, the last ones, that the methods but Prophet are fitted on; more made them worse.
pub const ROWS_MAX: usize = 2_000;

/// Rows, the last ones, that Prophet is fitted on.
const PROPHET_ROWS_MAX: usize = 100_000;

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    /// The last value.
    Naive,
    /// The line from the first row to the last.
    Drift,
    /// The value a season ago.
    SeasonalNaive,
    /// Autoregression.
    Ar,
    /// Autoregression on the differences from the longest season ago.
    SeasonalAr,
    /// Exponential smoothing.
    Ets,
    /// The dynamic optimised Theta method.
    Theta,
    /// STL, what is left by ETS.
    MstlEts,
    /// STL, what is left by Theta.
    MstlTheta,
    /// STL, what is left by AR.
    MstlAr,
    /// Ridge regression on recent and seasonal lags.
    LagRidge,
    /// Prophet.
    Prophet,
}

impl Method {
    /// Every method, the simplest first.
    pub const ALL: [Method; 12] = [
        Method::Naive,
        Method::Drift,
        Method::SeasonalNaive,
        Method::Ar,
        Method::SeasonalAr,
        Method::Ets,
        Method::Theta,
        Method::MstlEts,
        Method::MstlTheta,
        Method::MstlAr,
        Method::LagRidge,
        Method::Prophet,
    ];

    /// The name in settings and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Naive => "NAIVE",
            Method::Drift => "DRIFT",
            Method::SeasonalNaive => "SEASONAL_NAIVE",
            Method::Ar => "AR",
            Method::SeasonalAr => "SEASONAL_AR",
            Method::Ets => "ETS",
            Method::Theta => "THETA",
            Method::MstlEts => "MSTL_ETS",
            Method::MstlTheta => "MSTL_THETA",
            Method::MstlAr => "MSTL_AR",
            Method::LagRidge => "LAG_RIDGE",
            Method::Prophet => "PROPHET",
        }
    }

    /// How it uses the rows of a request, in one sentence.
    pub const fn use_of_rows(self) -> &'static str {
        match self {
            Method::Naive => "it repeats the last row",
            Method::Drift => "it draws the line from the first row to the last",
            Method::SeasonalNaive => "it repeats the rows of a season ago",
            Method::Ar | Method::SeasonalAr => {
                "its coefficients are those of the fit, its lags and its mean those of the rows"
            }
            Method::Ets | Method::Theta => {
                "its state is filtered along the rows after the fit, or started anew on them where they do not run on from it"
            }
            Method::MstlEts | Method::MstlTheta | Method::MstlAr => {
                "the rows are decomposed anew, at most 2,000; the parameters of what is left are those of the fit"
            }
            Method::LagRidge => "its coefficients are those of the fit, its lags those of the rows",
            Method::Prophet => "trend and seasons are those of the fit, an AR on the residuals of the rows is added",
        }
    }

    /// Rows, the last ones, that it is fitted on.
    pub const fn rows_max(self) -> usize {
        match self {
            Method::Prophet => PROPHET_ROWS_MAX,
            _ => ROWS_MAX,
        }
    }

    /// Whether it uses columns that are known in advance.
    pub const fn uses_known_columns(self) -> bool {
        matches!(self, Method::LagRidge | Method::Prophet)
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
