//! Who a node is to others: a name that stays over its restarts, and the life that a restart ends.

use std::fs;
use std::path::Path;

use crate::storage::LeaseOwner;

/// The file in the data folder that makes the name a lasting one.
const NODE_ID: &str = "node-id";

/// This node, in this life of it. Only whoever has locked the data folder may act in its name.
///
/// A folder that cannot be written to gives a name for one life: the node waits for its own leases like anybody else.
pub fn holder(data_dir: &Path) -> LeaseOwner {
    let file = data_dir.join(NODE_ID);
    let known = fs::read_to_string(&file).ok().filter(|id| is_id(id));
    let id = known.unwrap_or_else(|| {
        let id = uuid::Uuid::new_v4().simple().to_string();
        // half a name on disk is none, and replaced by the next life
        if let Err(error) = fs::create_dir_all(data_dir).and_then(|()| fs::write(&file, &id)) {
            tracing::warn!(event = "node_id_not_kept", service = "node", path = %file.display(), %error);
        }
        id
    });
    named(&id)
}

/// Somebody who works for one life only, as a command does.
pub fn passing() -> LeaseOwner {
    named(&uuid::Uuid::new_v4().simple().to_string())
}

fn named(id: &str) -> LeaseOwner {
    // a folder that was copied to another machine is another node
    LeaseOwner { node: format!("{}-{id}", host_name()), life: uuid::Uuid::new_v4().simple().to_string() }
}

fn is_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The name of this machine.
pub fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "host".into() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_keeps_its_name_over_lives_and_a_damaged_one_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let [first, second] = [holder(folder.path()), holder(folder.path())];
        assert_eq!(first.node, second.node);
        assert_ne!(first.life, second.life);
        fs::write(folder.path().join(NODE_ID), "half").expect("written");
        let third = holder(folder.path());
        assert_ne!(third.node, first.node);
        assert_eq!(third.node, holder(folder.path()).node);
    }
}
