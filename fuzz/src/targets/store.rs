//! Requests to the embedded store, as anybody on the machine could send them: without its keys.

use std::net::{Ipv4Addr, Shutdown};

use anyhow::Result;
use flts::embedded::{Credentials, Store};

use super::ground::Ground;
use super::http::{connect, read_to_end, send, status};
use super::reader::Reader;

struct Requests {
    store: Store,
}

/// Starts a store.
pub fn open(ground: &Ground) -> Result<Box<dyn Reader>> {
    let credentials = Credentials { access_key: "fuzz".into(), secret_key: "not guessed".into() };
    let folder = ground.folder.path().join("store");
    let store = ground.runtime.block_on(Store::start(&folder, (Ipv4Addr::LOCALHOST, 0).into(), credentials))?;
    Ok(Box::new(Requests { store }))
}

impl Reader for Requests {
    fn read(&mut self, request: &[u8]) -> Result<(), String> {
        let mut stream = connect(self.store.addr())?;
        send(&mut stream, request);
        let _ = stream.shutdown(Shutdown::Write);
        let answer = read_to_end(&mut stream)?;
        match status(&answer) {
            // 501: an operation that the store does not have
            Some(status @ (200..=299 | 500 | 502..)) => {
                Err(format!("the answer to a request without a signature is {status}"))
            }
            // what is no HTTP gets no answer
            Some(_) | None => Ok(()),
        }
    }
}
