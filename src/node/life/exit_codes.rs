/// A job failed.
pub const FAILED: u8 = 1;

/// Wrong usage.
pub const USAGE: u8 = 2;

/// A supervisor gave up (`EX_SOFTWARE` of sysexits).
pub const ESCALATED: u8 = 70;

/// The drain deadline passed (`EX_TEMPFAIL`).
pub const LATE: u8 = 75;

/// Wrong configuration (`EX_CONFIG`).
pub const CONFIGURATION: u8 = 78;
