//! The preprocessing configuration, its canonical JSON and its hash.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::identity::{canonical_text, sha256_hex};

/// The one scale that scores can be measured on so far.
const SCALER: &str = "MinMaxScaler";

/// What preprocessing does; the settings it comes from are named in capitals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreprocessConfig {
    /// `TRAIN_FILE`: name of the train file in its bucket.
    pub train_file: String,
    /// `TEST_FILE`: name of the test file in its bucket.
    pub test_file: String,
    /// `SAMPLE_TRAIN_ROWS`: use only so many rows of the train part; 0 for all.
    pub sample_train_rows: u64,
    /// `SAMPLE_TEST_ROWS`: use only so many rows of the test part; 0 for all.
    pub sample_test_rows: u64,
    /// `SAMPLE_STRATEGY`: which rows a sample takes; `head` or empty for the first ones.
    pub sample_strategy: String,
    /// `HANDLE_NANS`: impute missing cells instead of refusing them.
    pub handle_nans: bool,
    /// `NANS_THRESHOLD`: share of a row's cells that may be missing before `NANS_DROP_ROWS` drops it, 0..1.
    pub nans_threshold: f64,
    /// `NANS_KNN`: part of `config_hash`, and without another effect: the last value is imputed.
    pub nans_knn: i64,
    /// `NANS_DROP_ROWS`: drop rows with too many missing cells; they become gaps.
    pub nans_drop_rows: bool,
    /// `CLIP_ENABLE`: clip outliers.
    pub clip_enable: bool,
    /// `CLIP_METHOD`: how outliers are found.
    pub clip_method: String,
    /// `CLIP_FACTOR`: how far from the rest an outlier is.
    pub clip_factor: f64,
    /// `TIME_FEATURES_ENABLE`: add the calendar columns.
    pub time_features: bool,
    /// `LAGS_ENABLE`: add lagged columns.
    pub lags_enable: bool,
    /// `LAGS_N`: number of lags.
    pub lags_n: i64,
    /// `LAGS_STEP`: rows between lags.
    pub lags_step: i64,
    /// `SCALER`: the scale that scores are measured on.
    pub scaler: String,
    /// `ADD_VAL`: constant added to every cell, as it was written.
    pub add_val: Option<String>,
    /// `EXTRA_HASH_SALT`: any text; another salt is another configuration.
    pub hash_salt: String,
    /// `TIME_COLUMN`, `FREQ`, `TIME_ZONE` and the other settings of reading that differ from their default, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reading: BTreeMap<String, String>,
}

impl Default for PreprocessConfig {
    fn default() -> Self {
        Self {
            train_file: "PobleSec.csv".into(),
            test_file: "PobleSec_test.csv".into(),
            sample_train_rows: 0,
            sample_test_rows: 0,
            sample_strategy: "head".into(),
            handle_nans: true,
            nans_threshold: 0.33,
            nans_knn: 2,
            nans_drop_rows: false,
            clip_enable: false,
            clip_method: "iqr".into(),
            clip_factor: 1.5,
            time_features: true,
            lags_enable: false,
            lags_n: 0,
            lags_step: 1,
            scaler: SCALER.into(),
            add_val: None,
            hash_salt: String::new(),
            reading: BTreeMap::new(),
        }
    }
}

impl PreprocessConfig {
    /// The configuration as compact JSON with sorted keys: what `config_hash` is taken over.
    pub fn canonical_json(&self) -> String {
        let mut document = json!({
            "_data": {
                "train_file": self.train_file,
                "test_file": self.test_file,
                "sample_train_rows": self.sample_train_rows,
                "sample_test_rows": self.sample_test_rows,
                "sample_strategy": self.sample_strategy.to_lowercase(),
            },
            "handle_nans": {
                "enabled": self.handle_nans,
                "threshold": self.nans_threshold,
                "knn_neighbors": self.nans_knn,
                "drop_rows": self.nans_drop_rows,
            },
            "outliers": {
                "enabled": self.clip_enable,
                "method": self.clip_method.to_lowercase(),
                "factor": self.clip_factor,
            },
            "time_features": {"enabled": self.time_features},
            "lags": {
                "enabled": self.lags_enable,
                "n_lags": self.lags_n,
                "step": self.lags_step,
            },
            "scaling": {
                "method": self.scaler.trim(),
                "add_constant": self.add_val,
            },
            "extra": {"hash_salt": self.hash_salt},
        });
        // the original knows no such settings: they count only where they are set
        if !self.reading.is_empty() {
            document["reading"] = json!(self.reading);
        }
        canonical_text(&document)
    }

    /// SHA-256 of the canonical JSON, in lower-case hexadecimal.
    pub fn config_hash(&self) -> String {
        sha256_hex(self.canonical_json().as_bytes())
    }

    /// Every setting that cannot be honoured, each as one sentence; empty where all can.
    pub fn unsupported(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if !(0.0..=1.0).contains(&self.nans_threshold) {
            mistakes.push(format!("NANS_THRESHOLD: {} is not a share: valid are 0 to 1", self.nans_threshold));
        }
        match self.sample_strategy.to_lowercase().as_str() {
            "head" | "" => {}
            "random" => mistakes.push(
                "SAMPLE_STRATEGY: random is not available, it would break the order in time: valid is head".into(),
            ),
            other => mistakes.push(format!("SAMPLE_STRATEGY: `{other}` is unknown: valid is head")),
        }
        if self.clip_enable {
            mistakes.push("CLIP_ENABLE: clipping is not available yet: set it to false".into());
        }
        if self.lags_enable {
            mistakes.push("LAGS_ENABLE: lagged columns are not available yet: set it to false".into());
        }
        if self.scaler.trim() != SCALER {
            mistakes.push(format!("SCALER: `{}` is not available yet: valid is {SCALER}", self.scaler.trim()));
        }
        if self.add_val.is_some() {
            mistakes.push("ADD_VAL: adding a constant is not available yet: unset it".into());
        }
        mistakes
    }
}
