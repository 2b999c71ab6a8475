//! `JOIN`: the node whose broker and object store this node uses.

use std::path::{Path, PathBuf};

use crate::config::reader::Reader;
use crate::config::tree::NODE_FILE;

/// Reads `JOIN`. It must name another node, and no other setting may name a broker or a store.
pub fn read(reader: &mut Reader, data_dir: &Path) -> Option<PathBuf> {
    let join = PathBuf::from(reader.optional_text("JOIN")?);
    for name in ["KAFKA_BOOTSTRAP_SERVERS", "S3_ENDPOINT_URL", "OBJECT_STORE"] {
        if reader.is_given(name) {
            reader.mistake(format!(
                "JOIN and {name} are both set, but JOIN uses the broker and the store of that node; set one of them"
            ));
        }
    }
    if reader.is_given("EMBEDDED_STORE_ADDR") {
        reader.note("EMBEDDED_STORE_ADDR has no effect: JOIN names a node with a store");
    }
    let folder = if join.file_name().is_some_and(|name| name == NODE_FILE) { join.parent() } else { None };
    if resolved(folder.unwrap_or(&join)) == resolved(data_dir) {
        reader.mistake(format!(
            "JOIN is '{}', this node's own DATA_DIR; name that of another node, and set DATA_DIR to a folder of its own",
            join.display()
        ));
    }
    Some(join)
}

/// The absolute path of a folder, with links resolved if the folder exists.
fn resolved(folder: &Path) -> PathBuf {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let absolute = || std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    folder.canonicalize().unwrap_or_else(|_| absolute())
}
