//! The S3 adapter against the port's suite and a real S3 server, which `make test` starts.

use std::{env, sync::Arc};

use fardel_conformance::object_store::Suite;
use fardel_domain::time::Clock;
use fardel_objects::{
    s3::{S3Config, S3Store},
    sigv4::Credentials,
};

fn setting(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test`, which starts the server"))
}

async fn store() -> S3Store {
    let store = S3Store::new(S3Config {
        bucket: setting("FARDEL_TEST_S3_BUCKET"),
        region: "us-east-1".to_owned(),
        endpoint: Some(setting("FARDEL_TEST_S3").parse().expect("FARDEL_TEST_S3 is a URL")),
        path_style: true,
        credentials: Some(Credentials {
            access_key_id: setting("FARDEL_TEST_S3_ACCESS_KEY"),
            secret_key: setting("FARDEL_TEST_S3_SECRET_KEY"),
        }),
        public_endpoint: None,
    })
    .await;
    store.ensure_bucket().await.expect("the bucket");
    store
}

async fn suite(rule: &str) -> Suite {
    // The server outlives a run: keys of its own for each.
    let run = Clock::system().now().micros();
    Suite::new(Arc::new(store().await), format!("{run:x}/{rule}"))
}

fardel_conformance::object_store_suite!(suite);

#[tokio::test]
async fn cross_origin_rules_let_the_page_send_and_no_other() {
    let store = store().await;
    store.ensure_cors(&["https://files.example".to_owned()]).await.expect("the rules");
    let key = fardel_domain::object_store::ObjectKey::parse("cors/probe").expect("a key");
    let binding =
        fardel_domain::object_store::BodyBinding { size: 1, sha256: fardel_domain::checksum::Sha256::of(b"x") };
    let hour = std::time::Duration::from_hours(1);
    let request =
        fardel_domain::object_store::ObjectStore::presign_put(&store, &key, binding, hour).await.expect("a URL");
    let client = reqwest::Client::new();
    for (origin, allowed) in [("https://files.example", true), ("https://evil.example", false)] {
        let preflight = client
            .request(reqwest::Method::OPTIONS, request.url.clone())
            .header("origin", origin)
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", "if-none-match,x-amz-checksum-sha256");
        let answer = preflight.send().await.expect("an answer");
        let granted = answer.headers().get("access-control-allow-origin").is_some_and(|value| value == origin);
        assert_eq!(granted, allowed, "{origin}: {answer:?}");
    }
}
