//! Memory stays flat while large objects go through the embedded store. A process of its own, since
//! its memory is what is measured.
#![expect(clippy::unwrap_used, reason = "in a test what fails ends it")]

mod local_server;

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use fardel_domain::{
    checksum::Sha256,
    object_store::{BodyBinding, ObjectKey, ObjectStore},
};
use futures_util::{StreamExt, stream};
use http::Method;

use local_server::LocalServer;

const BLOCK: usize = 256 << 10;
const SIZE: u64 = 512 << 20;

/// The largest memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_does_not_grow_with_the_object() {
    let server = LocalServer::start().await;
    let block = fardel_conformance::object_store::bytes(1, BLOCK);
    let mut context = Context::new(&SHA256);
    for _ in 0..SIZE / BLOCK as u64 {
        context.update(&block);
    }
    let sha256 = Sha256::from(<[u8; 32]>::try_from(context.finish().as_ref()).unwrap());
    let key = ObjectKey::parse("large").unwrap();
    let hour = Duration::from_hours(1);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let before = peak();

    let put = server.store.presign_put(&key, BodyBinding { size: SIZE, sha256 }, hour).await.unwrap();
    let blocks = stream::iter((0..SIZE / BLOCK as u64).map(move |_| Ok::<_, std::io::Error>(block.clone())));
    let mut request = client.request(Method::PUT, put.url).body(reqwest::Body::wrap_stream(blocks));
    for (name, value) in put.headers {
        request = request.header(name, value);
    }
    let began = std::time::Instant::now();
    assert_eq!(request.send().await.unwrap().status(), 200);
    println!("PUT of 512 MiB: {:?}", began.elapsed());

    let get = server.store.presign_get(&key, hour).await.unwrap();
    let began = std::time::Instant::now();
    let mut body = client.get(get.url).send().await.unwrap().bytes_stream();
    let mut received = 0;
    while let Some(chunk) = body.next().await {
        received += chunk.map(|chunk: Bytes| chunk.len() as u64).unwrap();
    }
    println!("GET of 512 MiB: {:?}", began.elapsed());
    assert_eq!(received, SIZE);

    let grown = peak() - before;
    println!("memory grew by {} MiB", grown >> 20);
    assert!(grown < 48 << 20, "memory grew by {} MiB", grown >> 20);
}
