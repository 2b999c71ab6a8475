//! The routes, one by one and all together.
#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

#[path = "../common/mod.rs"]
mod common;

mod addresses; // HTTP_ADDR takes names, and a port alone for both stacks
mod bad_requests; // every bad request gets a clear answer that says what to do, and the node goes on
mod body_memory; // what bodies take is bounded before they are read, whatever they become
mod bounded_texts; // nothing that was sent comes back at full length
mod connections; // silent and busy connections never take the probes away
mod gzip_bodies; // a compressed body is read, bounded by what it becomes
mod http_limits; // slow, oversized and many connections meet a limit with a clear answer
mod http_routes; // every route says what it is: methods, unknown paths, request ids, metrics
mod many_series; // each series of a long file is served under its name, after the rows that are stored
mod openapi; // the document is true: schemathesis finds no request that is answered otherwise
mod promotion_routes; // the pointer over HTTP: read, its history, reload now, an audited rollback
mod reading; // who may read: a token, or on loopback no foreign host and no foreign page
mod scaling; // the pool grows and shrinks without losing one job
mod tls; // with a certificate the API speaks HTTPS, and nobody's handshake holds anybody else
mod who_may; // reading is open; changing needs the token, or a program on this machine

/// What operators do beside forecasts.
mod operating {
    mod files; // the gateway: files in and out, whole and in parts, bounded and allowed
    mod reload_command; // flts reload has the node that runs here read the pointer now
}
