//! The answers of a store to our client: listings as another store, or somebody between, could send them.

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::Result;
use flts::storage::{ObjectStore, ObjectStoreConfig, StorePatience};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;

use super::ground::Ground;
use super::reader::Reader;

struct Listings {
    runtime: Handle,
    client: ObjectStore,
    answer: Arc<Mutex<Vec<u8>>>,
}

/// Starts a server that answers every request with the same bytes, and a client of it.
pub fn open(ground: &Ground) -> Result<Box<dyn Reader>> {
    let answer = Arc::new(Mutex::new(Vec::new()));
    let listener = ground.runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let url = format!("http://{}", listener.local_addr()?);
    ground.runtime.spawn(serve(listener, answer.clone()));
    let patience = StorePatience { attempts: 1, ..StorePatience::default() };
    let client = ObjectStore::new(ObjectStoreConfig::at(url, "fuzz", "fuzz").waiting(patience));
    Ok(Box::new(Listings { runtime: ground.runtime.handle().clone(), client, answer }))
}

impl Reader for Listings {
    fn read(&mut self, input: &[u8]) -> Result<(), String> {
        *self.answer.lock() = input.to_vec();
        // whether it can be read is the client's matter
        let _ = self.runtime.block_on(self.client.list("bucket", ""));
        Ok(())
    }
}

async fn serve(listener: TcpListener, answer: Arc<Mutex<Vec<u8>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(respond(stream, answer.clone()));
    }
}

/// Answers the requests of a connection; they have no body.
async fn respond(mut stream: TcpStream, answer: Arc<Mutex<Vec<u8>>>) {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        request.extend_from_slice(&buffer[..count]);
        if !request.ends_with(b"\r\n\r\n") {
            continue;
        }
        request.clear();
        let body = answer.lock().clone();
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all(&[head.as_bytes(), &body].concat()).await.is_err() {
            return;
        }
    }
}
