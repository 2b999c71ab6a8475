//! The roles a node may have.

use std::collections::BTreeSet;
use std::fmt;

/// One part of the work of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads data files, writes data sets and claims.
    Preprocess,
    /// Trains model families.
    Trainer,
    /// Judges candidates and promotes the winner.
    Evaluator,
    /// Serves forecasts.
    Inference,
    /// Passes files to the store and from it.
    Gateway,
}

impl Role {
    /// Every role, in the order of the data.
    pub const ALL: [Role; 5] = [Role::Preprocess, Role::Trainer, Role::Evaluator, Role::Inference, Role::Gateway];

    /// The name in `ROLES`.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Preprocess => "preprocess",
            Role::Trainer => "trainer",
            Role::Evaluator => "evaluator",
            Role::Inference => "inference",
            Role::Gateway => "gateway",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The roles of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// The roles of these names; `all` means every role, and an unknown name none.
    pub fn named(words: &[String]) -> Roles {
        let all = words.iter().any(|word| word == "all");
        Roles(Role::ALL.into_iter().filter(|role| all || words.iter().any(|word| word == role.as_str())).collect())
    }

    /// Whether the node has the role.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// The roles, in the order of the data.
    pub fn iter(&self) -> impl Iterator<Item = Role> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_means_every_role_and_a_list_means_its_own() {
        assert_eq!(Roles::named(&["all".into()]).iter().collect::<Vec<_>>(), Role::ALL);
        let two = Roles::named(&["inference".into(), "trainer".into()]);
        assert_eq!(two.iter().collect::<Vec<_>>(), [Role::Trainer, Role::Inference]);
        assert!(!two.has(Role::Evaluator));
    }
}
