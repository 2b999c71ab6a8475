//! The syntax of log directives, and the log that they change.

/// The longest directives that are accepted, in characters.
pub const DIRECTIVES_MAX_CHARS: usize = 1000;

/// The levels, as people list them.
pub const LOG_LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// The log of a process, whose directives can be exchanged.
pub trait LogLevel: Send + Sync {
    /// Replaces the directives and returns the old ones.
    ///
    /// # Errors
    /// The reason why the log cannot be changed.
    fn replace(&self, directives: &str) -> Result<String, String>;
}

/// Whether the text is a comma list of `level` and `target=level`. `tracing` accepts more: spans and fields are refused here.
pub fn is_log_directives(text: &str) -> bool {
    let is_target =
        |target: &str| !target.is_empty() && target.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
    text.len() <= DIRECTIVES_MAX_CHARS
        && text.split(',').all(|part| match part.split_once('=') {
            Some((target, level)) => is_target(target) && LOG_LEVELS.contains(&level),
            None => LOG_LEVELS.contains(&part),
        })
}
