//! Integers in JSON: `24.0` counts as the integer 24.

use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde_json::Value;

/// The integer value of a JSON number without a fraction.
pub fn from_json(value: &Value) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let with_point = || value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() <= EXACT);
    value.as_i64().or_else(|| with_point().map(|number| number as i64))
}

/// For `deserialize_with` on fields that hold an integer.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    from_json(&value).ok_or_else(|| match value.as_f64() {
        Some(number) => D::Error::invalid_value(Unexpected::Float(number), &"a whole number"),
        None => D::Error::custom(format!("expected a whole number, got {value}")),
    })
}

/// For `deserialize_with` on fields that may hold an integer from 0.
pub fn deserialize_optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    let number = value.map(deserialize).transpose().map_err(D::Error::custom)?;
    number.map(|number| u64::try_from(number).map_err(|_| D::Error::custom("expected a number from 0"))).transpose()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::from_json;

    #[test]
    fn a_point_does_not_make_a_number_less_whole() {
        assert_eq!(from_json(&json!(24)), Some(24));
        assert_eq!(from_json(&json!(24.0)), Some(24));
        assert_eq!(from_json(&json!(-3.0)), Some(-3));
        assert_eq!(from_json(&json!(2.5)), None);
        assert_eq!(from_json(&json!("24")), None);
        assert_eq!(from_json(&json!(1e300)), None);
    }
}
