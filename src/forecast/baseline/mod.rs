//! Cheap families that always compete; a net that does not beat them has learned nothing.

pub(super) mod persistence;
pub(super) mod ridge;
pub(super) mod seasonal_naive;
