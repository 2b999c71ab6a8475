//! A connection that sends requests as they are and reads their answers.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The longest wait for an answer; machines may be busy.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Connects.
pub fn connect(addr: SocketAddr) -> Result<TcpStream, String> {
    let stream = TcpStream::connect(addr).map_err(|error| format!("no connection: {error}"))?;
    stream
        .set_read_timeout(Some(ANSWER_MAX))
        .and_then(|()| stream.set_nodelay(true))
        .map_err(|error| error.to_string())?;
    Ok(stream)
}

/// Sends all of it, or as much as the other side takes before it answers.
pub fn send(stream: &mut TcpStream, request: &[u8]) {
    // a server that refuses a request may close before it has read all of it
    let _ = stream.write_all(request).and_then(|()| stream.flush());
}

/// Reads to the end of the connection.
///
/// # Errors
/// The other side neither sent nor closed in time.
pub fn read_to_end(stream: &mut TcpStream) -> Result<Vec<u8>, String> {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Err(format!("no end of the answer within {} s", ANSWER_MAX.as_secs()))
        }
        // a reset after the answer is no fault
        Ok(_) | Err(_) => Ok(answer),
    }
}

/// The status of an answer.
pub fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|&byte| byte == b'\r').next()?;
    let text = std::str::from_utf8(line).ok()?;
    text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}
