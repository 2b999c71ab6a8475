//! The bucket and the key that a path names.

use warp::http::StatusCode;

use crate::http::server::{ApiError, ApiRequest};
use crate::limits::{ERROR_QUOTE, RECORD_KEY};

/// Where a file lies.
pub struct Place {
    /// One of the buckets that the route is for.
    pub bucket: &'static str,
    /// The key in it: names with slashes between them.
    pub key: String,
}

impl Place {
    /// The place that the path of a request names.
    ///
    /// # Errors
    /// 403 for a bucket other than `buckets`; 400 for a path that is no name of a file.
    pub fn of(request: &ApiRequest, buckets: &'static [&'static str]) -> Result<Self, ApiError> {
        let (named, key) = (request.path_param("bucket"), request.path_param("path"));
        let bucket = buckets.iter().find(|bucket| named == Some(**bucket)).ok_or_else(|| {
            let named = ERROR_QUOTE.cut(named.unwrap_or_default());
            let detail = format!("bucket `{named}` is not open to this call; use {}", buckets.join(", "));
            ApiError::new(StatusCode::FORBIDDEN, "bucket_not_allowed", detail)
        })?;
        let key = key.unwrap_or_default();
        if !is_file_name(key) {
            let detail = "the path names no file: names with single slashes between them, none of them `.` or `..`, without \
                          backslashes and control characters";
            return Err(ApiError::bad_request(detail));
        }
        RECORD_KEY.check(key.len() as u64).map_err(|exceeded| ApiError::bad_request(exceeded.to_string()))?;
        Ok(Self { bucket, key: key.to_owned() })
    }

    /// The last name of the key.
    pub fn file_name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }
}

fn is_file_name(key: &str) -> bool {
    let is_plain = |character: char| character != '\\' && !character.is_control();
    key.chars().all(is_plain) && key.split('/').all(|name| !["", ".", ".."].contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_climbs_or_has_empty_names_is_no_file() {
        for key in ["a.csv", "site/2024/a b.csv", "..a", "a..csv", "...", "Ä.csv"] {
            assert!(is_file_name(key), "{key}");
        }
        for key in ["", ".", "..", "../a", "a/../b", "a/..", "a//b", "/a", "a/", "a\\b", "..\\a", "a\0b", "a\nb", "./a"]
        {
            assert!(!is_file_name(key), "{key:?}");
        }
    }
}
