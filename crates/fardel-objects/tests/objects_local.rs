//! The embedded store against the port's suite, over HTTP on a loopback port.

#[expect(clippy::unwrap_used, reason = "in a test what fails ends it")]
mod local_server;

use fardel_conformance::object_store::Suite;

use local_server::LocalServer;

async fn suite(rule: &str) -> Suite {
    let server = LocalServer::start().await;
    let store = server.store.clone();
    // The folder lives as long as the test's process: rules do not clean up after themselves.
    std::mem::forget(server);
    Suite::new(store, rule.replace("__", "_"))
}

fardel_conformance::object_store_suite!(suite);
