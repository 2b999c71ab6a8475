/// Whom a stop is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    All,
    /// The children of the groups of these names.
    Groups(Vec<String>),
}

impl Whom {
    pub fn includes(&self, group: &str) -> bool {
        match self {
            Whom::All => true,
            Whom::Groups(groups) => groups.iter().any(|name| name == group),
        }
    }
}
