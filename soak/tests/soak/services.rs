//! The real services keep what they were given through SIGKILL, and end with whoever holds them.

use std::net::TcpStream;

use flts_soak::services::{Kafka, Minio};

#[test]
#[ignore = "needs a real broker: make test-real"]
fn a_killed_broker_comes_back_with_its_topics() {
    let mut kafka = Kafka::start().unwrap();
    let topics = "org.apache.kafka.tools.TopicCommand";
    kafka.tool(topics, &["--create", "--topic", "kept", "--partitions", "3"]).unwrap();
    kafka.kill().unwrap();
    assert!(TcpStream::connect(kafka.address(0)).is_err(), "nobody listens after the kill");
    kafka.restart().unwrap();
    let told = kafka.tool(topics, &["--describe", "--topic", "kept"]).unwrap();
    assert!(told.contains("PartitionCount: 3"), "{told}");
    let addr = kafka.address(0);
    drop(kafka);
    assert!(TcpStream::connect(addr).is_err(), "it ends with its value");
}

#[test]
#[ignore = "needs a real store: make test-real"]
fn a_killed_store_comes_back_and_ends_with_its_value() {
    let mut minio = Minio::start().unwrap();
    let addr = minio.endpoint_url().trim_start_matches("http://").to_owned();
    minio.kill().unwrap();
    assert!(TcpStream::connect(&addr).is_err());
    minio.restart().unwrap();
    TcpStream::connect(&addr).unwrap();
    drop(minio);
    assert!(TcpStream::connect(&addr).is_err());
}
