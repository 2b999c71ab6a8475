//! What to do about an error of the operating system: texts for the person who starts a node.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::path::Path;

/// The text for a listener that cannot use the address in `setting`.
pub fn cannot_listen(addr: SocketAddr, setting: &str, error: &Error) -> String {
    let port = addr.port();
    match error.kind() {
        ErrorKind::AddrInUse => format!(
            "cannot listen on {addr}: another program uses the port; stop it, or set {setting} to another port, such as {}",
            SocketAddr::new(addr.ip(), port.checked_add(1).unwrap_or(8000))
        ),
        ErrorKind::AddrNotAvailable => format!(
            "cannot listen on {addr}: this machine has no such address; set {setting} to one that it has, or to 0.0.0.0:{port} for all"
        ),
        ErrorKind::PermissionDenied => format!(
            "cannot listen on {addr}: the port needs rights that this user lacks; set {setting} to a port from 1024 on"
        ),
        _ => format!("cannot listen on {addr}: {error}; set {setting} to another address"),
    }
}

/// The text for a name in `setting` that has no address.
pub fn cannot_look_up(name: &str, port: u16, setting: &str, error: &Error) -> String {
    format!(
        "cannot look up '{name}': {error}; check the name, or set {setting} to an IP address, such as 127.0.0.1:{port}"
    )
}

/// The text for a data folder that cannot be used.
pub fn cannot_use_data_dir(path: &Path, error: &Error) -> String {
    let path = path.display();
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => format!(
            "cannot write to DATA_DIR {path}: {error}; give this user the right to write there, or set DATA_DIR to another folder"
        ),
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            format!("cannot use DATA_DIR {path}: it is a file, or lies below one; set DATA_DIR to a folder")
        }
        ErrorKind::StorageFull => {
            format!("cannot write to DATA_DIR {path}: the disk is full; make room, or set DATA_DIR to another disk")
        }
        _ => format!("cannot use DATA_DIR {path}: {error}; set DATA_DIR to a folder that can be written"),
    }
}

/// The text for a file of the command line that cannot be read.
pub fn cannot_read(flag: &str, path: &Path, error: &Error) -> String {
    let path = path.display();
    match error.kind() {
        ErrorKind::NotFound => format!("{flag} {path}: there is no such file; check the path"),
        ErrorKind::IsADirectory => format!("{flag} {path}: it is a folder; name a CSV file in it"),
        ErrorKind::PermissionDenied => format!("{flag} {path}: this user may not read it; change its rights"),
        _ => format!("{flag} {path}: cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_says_what_to_do_about_it() {
        let addr: SocketAddr = "127.0.0.1:8000".parse().unwrap();
        let text = cannot_listen(addr, "HTTP_ADDR", &Error::from(ErrorKind::AddrInUse));
        assert!(text.contains("another program uses the port") && text.contains("127.0.0.1:8001"), "{text}");
        assert!(cannot_listen(addr, "HTTP_ADDR", &Error::from(ErrorKind::AddrNotAvailable)).contains("0.0.0.0:8000"));
        assert!(cannot_listen(addr, "HTTP_ADDR", &Error::from(ErrorKind::PermissionDenied)).contains("from 1024 on"));
        let folder = Path::new("data");
        assert!(cannot_use_data_dir(folder, &Error::from(ErrorKind::AlreadyExists)).contains("it is a file"));
        assert!(cannot_use_data_dir(folder, &Error::from(ErrorKind::StorageFull)).contains("make room"));
        assert_eq!(
            cannot_read("--data", Path::new("a.csv"), &Error::from(ErrorKind::NotFound)),
            "--data a.csv: there is no such file; check the path"
        );
    }
}
