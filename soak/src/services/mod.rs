//! The real services that nodes use, as child processes of a test or a scenario: they are started on free ports of loopback, killed and
//! restarted, and they end with the process that started them, however that ends.

mod kafka;
mod minio;
mod process;

use std::net::TcpListener;

use anyhow::{Context as _, Result};

pub use kafka::{Kafka, KafkaSettings};
pub use minio::Minio;

/// The folder with the broker's jars (scripts/kafka.sh prints it).
pub const KAFKA_HOME: &str = "FLTS_TEST_KAFKA";
/// The MinIO program (scripts/minio.sh prints it).
pub const MINIO_PROGRAM: &str = "FLTS_TEST_MINIO";

/// The value of a variable that `make test-real` sets.
fn fetched(variable: &str) -> Result<String> {
    std::env::var(variable)
        .with_context(|| format!("{variable} is not set; run make test-real, which fetches what it names"))
}

/// Free ports, all different.
fn free_ports<const N: usize>() -> Result<[u16; N]> {
    // all are bound before the first is released, so that none is given twice
    let held = [(); N].map(|()| TcpListener::bind("127.0.0.1:0"));
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(held) {
        *port = listener.context("no free port")?.local_addr()?.port();
    }
    Ok(ports)
}
