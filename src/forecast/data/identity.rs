//! Names: what a series may be called, and names by content: hashes over canonical JSON text.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// What an identifier is, in words.
pub const IDENTIFIER_RULE: &str = "1 to 64 letters, digits, '.', '_' or '-', and neither 'history' nor 'rollback'";
/// What an identifier is, as a regular expression of ECMA 262.
pub const IDENTIFIER_PATTERN: &str = r"^(?!(\.{1,2}|history|rollback)$)[A-Za-z0-9._-]{1,64}$";

const IDENTIFIER_MAX_BYTES: usize = 64;
/// Names that would read as another path: of a file, or of a route.
const RESERVED_NAMES: [&str; 4] = [".", "..", "history", "rollback"];

/// Whether a series may have this name, which is a part of paths in the store and over HTTP.
pub fn is_identifier(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=IDENTIFIER_MAX_BYTES).contains(&name.len()) && name.bytes().all(allowed) && !RESERVED_NAMES.contains(&name)
}

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Whether a text is what [`sha256_hex`] gives: it becomes a part of keys in the store.
pub fn is_sha256_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The id of a data set: other bytes, another configuration or another identifier give another id.
pub fn dataset_id(identifier: &str, config_hash: &str, train_sha256: &str, test_sha256: &str) -> String {
    // JSON keeps the four parts apart, whatever they hold.
    let parts = Value::from(vec![identifier, config_hash, train_sha256, test_sha256]);
    sha256_hex(canonical_text(&parts).as_bytes())
}

/// The hash of a family's canonical training settings, whatever the order of their keys.
pub fn train_hash(canonical_settings: &Value) -> String {
    sha256_hex(canonical_text(canonical_settings).as_bytes())
}

/// The id of a run: the first half of the hash of its result, so that the same training done again is the same run.
pub fn run_id(content: &[u8]) -> String {
    let mut id = sha256_hex(content);
    id.truncate(32);
    id
}

/// Compact JSON with sorted keys, ASCII only, floats written as Python's `json.dumps` writes them.
pub fn canonical_text(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, &mut text);
    text
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => out.push_str(&python_float(float)),
            _ => out.push_str(&number.to_string()),
        },
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort();
            out.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(key, out);
                out.push(':');
                write_value(&fields[key], out);
            }
            out.push('}');
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}

/// The shortest decimal that reads back as `value`, in the form of Python's `repr`: `0.33`, `2.0`, `1e-05`, `1e+16`.
fn python_float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().expect("invariant: a float's exponent is a small integer");
    if (-4..16).contains(&exponent) {
        return format!("{value:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_identifier_is_a_part_of_a_path_and_never_another_path() {
        for good in ["a", "default", "p.5_x-Y", "...", ".a", "histories", "Rollback", &"x".repeat(IDENTIFIER_MAX_BYTES)]
        {
            assert!(is_identifier(good), "{good}");
        }
        let long = "x".repeat(IDENTIFIER_MAX_BYTES + 1);
        for bad in ["", ".", "..", "history", "rollback", "a/b", "a b", "a\n", "é", "a%2fb", &long] {
            assert!(!is_identifier(bad), "{bad:?}");
        }
    }

    #[test]
    fn the_pattern_and_the_rule_of_identifiers_say_what_is_checked() {
        let [dot, dots, words @ ..] = RESERVED_NAMES;
        assert_eq!((dot, dots), (".", ".."), "written as one repetition");
        let words = words.join("|");
        let pattern = format!(r"^(?!(\.{{1,2}}|{words})$)[A-Za-z0-9._-]{{1,{IDENTIFIER_MAX_BYTES}}}$");
        assert_eq!(IDENTIFIER_PATTERN, pattern);
        assert!(IDENTIFIER_RULE.starts_with(&format!("1 to {IDENTIFIER_MAX_BYTES} ")));
        assert!(words.split('|').all(|word| IDENTIFIER_RULE.contains(&format!("'{word}'"))));
    }

    #[test]
    fn floats_are_written_as_python_writes_them() {
        let cases = [
            (0.33, "0.33"),
            (1.5, "1.5"),
            (2.0, "2.0"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1e-5, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (0.0001, "0.0001"),
            (123456789.0, "123456789.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
        ];
        for (value, text) in cases {
            assert_eq!(python_float(value), text);
        }
    }

    #[test]
    fn canonical_text_sorts_keys_at_every_depth_and_escapes_as_python_does() {
        let value = json!({"b": [1, 2.0, null], "a": {"z": true, "y": "é\n\"\u{1F600}"}});
        assert_eq!(canonical_text(&value), r#"{"a":{"y":"\u00e9\n\"\ud83d\ude00","z":true},"b":[1,2.0,null]}"#);
    }

    #[test]
    fn a_train_hash_does_not_depend_on_the_order_of_keys() {
        let one = train_hash(&json!({"seed": 42, "rows": 30}));
        assert_eq!(one, train_hash(&json!({"rows": 30, "seed": 42})));
        assert_ne!(one, train_hash(&json!({"rows": 30, "seed": 43})));
    }

    #[test]
    fn a_dataset_id_changes_with_each_of_its_parts() {
        let parts = ["default", "c", "a", "b"];
        let id = |p: [&str; 4]| dataset_id(p[0], p[1], p[2], p[3]);
        let original = id(parts);
        assert_eq!(original.len(), 64);
        for index in 0..4 {
            let mut changed = parts;
            changed[index] = "other";
            assert_ne!(id(changed), original);
        }
        assert_ne!(dataset_id("ab", "c", "", ""), dataset_id("a", "bc", "", ""));
    }

    #[test]
    fn sha256_is_lower_case_hexadecimal() {
        assert_eq!(sha256_hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
