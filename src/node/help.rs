//! What the command line says about itself beyond the settings table: which settings come first, and examples.

use super::config::table::{Fallback, SETTINGS, Setting};

/// Examples below `flts --help`.
pub const EXAMPLES: &str = "\
Examples:
  flts run --data my.csv        train on a file, promote the best model and serve it; the last fifth judges
  flts run                      serve what is promoted, and train what is new in ./flts-data

'flts help COMMAND' lists the settings of a command. Each is a flag and an environment variable.";

/// Examples and rules below `flts run --help`.
pub const OF_RUN: &str = "\
Every setting is a flag and an environment variable of the same name (--http-addr, HTTP_ADDR); the flag wins. FLTS_ may
stand before any name. A secret may come from a file: ADMIN_TOKEN_FILE for ADMIN_TOKEN. A wrong configuration lists all
its mistakes and exits 78.

Examples:
  flts run --data train.csv --test test.csv --targets down
  flts run --http-addr 0.0.0.0:8000 --admin-token-file /run/secrets/token
  ROLES=trainer MODEL_TYPE=GRU KAFKA_BOOTSTRAP_SERVERS=kafka:9092 S3_ENDPOINT_URL=http://minio:9000 flts run";

/// What `flts run -h` adds to its short list.
pub fn of_run_in_short() -> String {
    format!("These are the settings that are needed most; 'flts run --help' lists all {}.\n\n{OF_RUN}", SETTINGS.len())
}

/// The settings that a first reader needs.
const MAIN: [&str; 17] = [
    "ROLES",
    "HTTP_ADDR",
    "DATA_DIR",
    "ADMIN_TOKEN",
    "LOG_LEVEL",
    "KAFKA_BOOTSTRAP_SERVERS",
    "S3_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "TARGETS",
    "MODEL_TYPE",
    "INPUT_SEQ_LEN",
    "OUTPUT_SEQ_LEN",
    "EXPECTED_MODEL_TYPES",
    "INFERENCE_WORKERS",
    "QUEUE_MAXSIZE",
    "DRAIN_TIMEOUT_MS",
];

/// Whether `-h` shows the setting; `--help` shows all.
pub fn is_main(setting: &Setting) -> bool {
    MAIN.contains(&setting.name)
}

/// What a setting means, its variables, and what holds without it.
pub fn of_setting(setting: &Setting) -> String {
    let names: Vec<&str> = setting.names().collect();
    let default = match setting.default {
        Fallback::Is("") => "empty",
        Fallback::Is(value) => value,
        Fallback::Unset("unset") => "none",
        Fallback::Unset(meaning) => meaning.trim_start_matches("unset: "),
    };
    format!("{} [env: {}] [default: {default}]", setting.help, names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_shown_first_are_settings() {
        for name in MAIN {
            assert!(SETTINGS.iter().any(|setting| setting.name == name), "{name} is not in the settings table");
        }
    }
}
