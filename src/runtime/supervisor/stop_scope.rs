//! Which children a stop is about.

/// Which children a stop is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StopScope {
    All,
    /// The children of the groups of these names.
    Groups(Vec<String>),
}

impl StopScope {
    pub fn includes(&self, group: &str) -> bool {
        match self {
            StopScope::All => true,
            StopScope::Groups(groups) => groups.iter().any(|name| name == group),
        }
    }
}
