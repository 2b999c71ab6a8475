//! The identity of a node as a lease owner: a name that stays over restarts, and an id of each process.

use std::fs;
use std::path::Path;

use crate::storage::LeaseOwner;

use super::private_file;

/// The file in the data folder that holds the name.
const NODE_ID: &str = "node-id";

/// This process as a lease owner. Only the process that has locked the data folder may use it.
///
/// If the folder cannot be written, the name is new in each process, and the node has to wait until its old leases expire.
pub fn lease_owner(data_dir: &Path) -> LeaseOwner {
    let file = data_dir.join(NODE_ID);
    let known = fs::read_to_string(&file).ok().filter(|id| is_id(id));
    let id = known.unwrap_or_else(|| {
        let id = uuid::Uuid::new_v4().simple().to_string();
        // a name that was written only in part is replaced at the next start
        if let Err(error) = private_file::create_folder(data_dir).and_then(|()| private_file::write(&file, &id)) {
            tracing::warn!(event = "node_id_not_kept", service = "node", path = %file.display(), %error);
        }
        id
    });
    named(&id)
}

/// A lease owner for one process, such as a command.
pub fn temporary_lease_owner() -> LeaseOwner {
    named(&uuid::Uuid::new_v4().simple().to_string())
}

fn named(id: &str) -> LeaseOwner {
    // the host name: a folder copied to another machine is another node
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
        let [first, second] = [lease_owner(folder.path()), lease_owner(folder.path())];
        assert_eq!(first.node, second.node);
        assert_ne!(first.life, second.life);
        fs::write(folder.path().join(NODE_ID), "half").expect("written");
        let third = lease_owner(folder.path());
        assert_ne!(third.node, first.node);
        assert_eq!(third.node, lease_owner(folder.path()).node);
    }
}
