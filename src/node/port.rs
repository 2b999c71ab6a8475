//! From an address of the configuration to a bound port: a name is looked up, and a machine without IPv6 listens on IPv4 alone.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use nix::errno::Errno;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, lookup_host};

use crate::config::ListenAddr;

use super::os_errors::{cannot_listen, cannot_look_up};

/// Connections that wait until they are accepted.
const BACKLOG: u32 = 1024;
const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// How long a name may take to be known: the name service of a machine that starts may start later than the node.
const LOOK_UP_PATIENCE: Duration = Duration::from_secs(30);

/// A bound port that refuses connections until the node is ready to answer them.
pub struct Port {
    socket: TcpSocket,
    addr: SocketAddr,
    setting: &'static str,
}

impl Port {
    /// Binds the port of the address in `setting`. It waits a while for a name that is not known yet.
    ///
    /// # Errors
    /// The name stays unknown, or another program uses the port.
    pub async fn reserve(addr: &ListenAddr, setting: &'static str) -> anyhow::Result<Self> {
        let addr = match addr {
            ListenAddr::Ip(addr) => *addr,
            ListenAddr::Name(name, port) => look_up_patiently(name, *port, setting).await?,
        };
        match or_ipv4(addr, bound) {
            Ok((socket, addr)) => Ok(Self { socket, addr, setting }),
            Err(error) => Err(anyhow::anyhow!(cannot_listen(addr, setting, &error))),
        }
    }

    /// Begins to accept connections into the backlog.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn listen(self) -> anyhow::Result<TcpListener> {
        self.socket.listen(BACKLOG).map_err(|error| anyhow::anyhow!(cannot_listen(self.addr, self.setting, &error)))
    }
}

async fn look_up_patiently(name: &str, port: u16, setting: &'static str) -> anyhow::Result<SocketAddr> {
    let pauses = ExponentialBuilder::new()
        .with_min_delay(PAUSE_MIN)
        .with_max_delay(PAUSE_MAX)
        .with_total_delay(Some(LOOK_UP_PATIENCE))
        .without_max_times();
    let mut is_logged = false;
    let waiting = |error: &io::Error, _| {
        if !std::mem::replace(&mut is_logged, true) {
            tracing::warn!(event = "waiting_for_name", service = "node", setting, name, reason = %error);
        }
    };
    let found = (|| look_up(name, port)).retry(pauses).notify(waiting).await;
    found.map_err(|error| anyhow::anyhow!(cannot_look_up(name, port, setting, &error)))
}

/// The first address of a name, of IPv4 where there is one.
async fn look_up(name: &str, port: u16) -> io::Result<SocketAddr> {
    let found: Vec<SocketAddr> = lookup_host((name, port)).await?.collect();
    let of_ipv4 = found.iter().find(|address| address.is_ipv4());
    of_ipv4.or(found.first()).copied().ok_or_else(|| io::Error::other("it has no address"))
}

fn bound(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if addr.ip() == Ipv6Addr::UNSPECIFIED {
        // every address of the machine, those of IPv4 too
        SockRef::from(&socket).set_only_v6(false)?;
    }
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    Ok(socket)
}

/// Binds an address; every address of a machine without IPv6 is every one of IPv4.
fn or_ipv4<T>(addr: SocketAddr, bind: impl Fn(SocketAddr) -> io::Result<T>) -> io::Result<(T, SocketAddr)> {
    match bind(addr) {
        Err(error) if addr.ip() == Ipv6Addr::UNSPECIFIED && lacks_ipv6(&error) => {
            let addr = (Ipv4Addr::UNSPECIFIED, addr.port()).into();
            Ok((bind(addr)?, addr))
        }
        bound => Ok((bound?, addr)),
    }
}

/// Whether a socket cannot be made or bound because IPv6 is off.
fn lacks_ipv6(error: &io::Error) -> bool {
    let families = [Errno::EAFNOSUPPORT, Errno::EPFNOSUPPORT].map(|errno| errno as i32);
    error.kind() == ErrorKind::AddrNotAvailable || error.raw_os_error().is_some_and(|code| families.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_ipv6(addr: SocketAddr) -> io::Result<()> {
        match addr.is_ipv4() {
            true => Ok(()),
            false => Err(io::Error::from_raw_os_error(Errno::EAFNOSUPPORT as i32)),
        }
    }

    #[test]
    fn a_machine_without_ipv6_listens_on_every_address_of_ipv4() {
        let every: SocketAddr = "[::]:9000".parse().expect("an address");
        let (_, bound) = or_ipv4(every, without_ipv6).expect("IPv4 is there");
        assert_eq!(bound.to_string(), "0.0.0.0:9000");
        let one: SocketAddr = "[::1]:9000".parse().expect("an address");
        assert!(or_ipv4(one, without_ipv6).is_err(), "another address was not asked for");
    }

    #[tokio::test]
    async fn a_name_is_looked_up_when_its_port_is_bound() {
        let port = Port::reserve(&ListenAddr::Name("localhost".into(), 0), "HTTP_ADDR").await.expect("it is known");
        assert!(port.addr.ip().is_loopback());
    }
}
