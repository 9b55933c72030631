//! Rules of presigned requests.

use std::time::Duration;

use bytes::Bytes;
use fardel_domain::{checksum::Sha256, object_store::PresignedRequest};
use http::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use super::client::{HOUR, Suite, binding, bytes};

/// A presigned PUT stores its bytes; head then gives the checksum that the store verified.
pub async fn a_presigned_put_stores_exactly_its_bytes(suite: &Suite) {
    for (name, len) in [("small", 11), ("middle", 300_000), ("large", 9_000_000)] {
        let (key, content) = (suite.key(name), bytes(1, len));
        let etag = suite.store_object(&key, &content).await;
        let meta = suite.store.head(&key).await.unwrap().expect("the object");
        assert_eq!((meta.size, meta.etag), (len as u64, etag));
        assert_eq!(meta.checksum, Some(Sha256::of(&content)));
        assert!(suite.content(&key).await == content);
    }
}

/// Zero bytes are a content.
pub async fn an_empty_object_is_an_object(suite: &Suite) {
    let key = suite.key("empty");
    suite.store_object(&key, &Bytes::new()).await;
    let meta = suite.store.head(&key).await.unwrap().expect("the object");
    assert_eq!((meta.size, meta.checksum), (0, Some(Sha256::of(b""))));
    assert!(suite.content(&key).await.is_empty());
}

/// Bytes of the right length with another digest.
pub async fn other_bytes_are_refused_and_nothing_is_stored(suite: &Suite) {
    for len in [5, 3_000_000] {
        let (key, content) = (suite.key(&format!("k{len}")), bytes(2, len));
        let request = suite.store.presign_put(&key, binding(&content), HOUR).await.unwrap();
        suite.must_refuse(&request, bytes(3, len), "other bytes").await;
        suite.assert_absent(&key, "after other bytes").await;
        suite.must_send(&request, content.clone()).await;
        assert!(suite.content(&key).await == content);
    }
}

/// Longer and shorter bodies.
pub async fn bodies_of_another_length_are_refused(suite: &Suite) {
    let (key, content) = (suite.key("k"), bytes(4, 1000));
    let request = suite.store.presign_put(&key, binding(&content), HOUR).await.unwrap();
    for len in [0, 999, 1001, 2_000_000] {
        suite.must_refuse(&request, bytes(4, len), "another length").await;
        suite.assert_absent(&key, "after another length").await;
    }
    suite.must_send(&request, content).await;
}

/// Changes to the URL, to the signed headers and to the method.
pub async fn altered_requests_are_refused(suite: &Suite) {
    let (key, content) = (suite.key("good"), bytes(5, 100));
    let good = suite.store.presign_put(&key, binding(&content), HOUR).await.unwrap();
    let with_url = |from: &str, to: &str| {
        let url = good.url.as_str().replacen(from, to, 1);
        assert_ne!(url, good.url.as_str(), "{from} is in the URL");
        PresignedRequest { url: Url::parse(&url).unwrap(), ..good.clone() }
    };
    let with_header = |name: &str, value: Option<&str>| {
        let others = good.headers.iter().filter(|(found, _)| found != name).cloned();
        let headers = others.chain(value.map(|value| (name.to_owned(), value.to_owned()))).collect();
        PresignedRequest { headers, ..good.clone() }
    };
    let other = Sha256::of(b"other").to_base64();
    for (what, request) in [
        ("another key", with_url("/good?", "/evil?")),
        ("a longer life", with_url("X-Amz-Expires=3600", "X-Amz-Expires=36000")),
        ("a life beyond 7 days", with_url("X-Amz-Expires=3600", "X-Amz-Expires=36000000")),
        ("another signature", with_url("X-Amz-Signature=", "X-Amz-Signature=0")),
        ("no signature", with_url("X-Amz-Signature=", "X-Other=")),
        ("fewer signed headers", with_url("%3Bx-amz-checksum-sha256", "")),
        ("another parameter", with_url("?", "?uploadId=x&partNumber=1&")),
        ("an access list", with_url("?", "?acl=&")),
        ("another checksum", with_header("x-amz-checksum-sha256", Some(&other))),
        ("no checksum", with_header("x-amz-checksum-sha256", None)),
        ("no first-use condition", with_header("if-none-match", None)),
        ("a copy source", with_header("x-amz-copy-source", Some("store/x"))),
        ("metadata", with_header("x-amz-meta-a", Some("b"))),
        ("another payload mode", with_header("x-amz-content-sha256", Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER"))),
        ("GET with a PUT's URL", PresignedRequest { method: Method::GET, ..good.clone() }),
        ("DELETE with a PUT's URL", PresignedRequest { method: Method::DELETE, ..good.clone() }),
    ] {
        let answer = suite.send(&request, content.clone()).await.expect(what);
        assert!(answer.status.as_u16() >= 400, "{what}: {answer:?}");
        suite.assert_absent(&key, what).await;
        suite.assert_absent(&suite.key("evil"), what).await;
    }
    suite.must_send(&good, content.clone()).await;
    assert!(suite.content(&key).await == content);
}

/// A request is honoured until its last moment and not after.
pub async fn expired_requests_are_refused(suite: &Suite) {
    let (key, late, content) = (suite.key("k"), suite.key("late"), bytes(6, 100));
    suite.store_object(&key, &content).await;
    let second = Duration::from_secs(1);
    let put = suite.store.presign_put(&late, binding(&content), second).await.unwrap();
    let get = suite.store.presign_get(&key, second).await.unwrap();
    let mut refused = false;
    for _ in 0..100 {
        // The store's clock is its own: ask until it refuses.
        refused = suite.send(&get, Bytes::new()).await.expect("an answer").status == StatusCode::FORBIDDEN;
        if refused {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(refused, "the request is honoured for ever");
    suite.must_refuse(&put, content, "an expired PUT").await;
    suite.assert_absent(&late, "after an expired PUT").await;
}

/// The second use of a presigned PUT.
pub async fn a_replay_never_replaces_an_object(suite: &Suite) {
    let (key, content, other) = (suite.key("k"), bytes(7, 5000), bytes(8, 5000));
    let first = suite.store.presign_put(&key, binding(&content), HOUR).await.unwrap();
    let second = suite.store.presign_put(&key, binding(&other), HOUR).await.unwrap();
    suite.must_send(&first, content.clone()).await;
    for (request, body) in [(&first, &content), (&second, &other)] {
        let answer = suite.send(request, body.clone()).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED, "{answer:?}");
    }
    assert!(suite.content(&key).await == content);
    // Ten at once: one wins.
    let key = suite.key("race");
    let request = suite.store.presign_put(&key, binding(&content), HOUR).await.unwrap();
    let sent = futures_util::future::join_all((0..10).map(|_| suite.send(&request, content.clone()))).await;
    let won = sent.iter().filter(|answer| answer.as_ref().is_some_and(|answer| answer.status.is_success())).count();
    assert_eq!(won, 1, "{sent:?}");
}

/// A connection that breaks in the middle of a body.
pub async fn a_client_that_leaves_half_way_leaves_nothing(suite: &Suite) {
    for (name, len) in [("small", 100_000), ("large", 6_000_000)] {
        let (key, content) = (suite.key(name), bytes(9, len));
        let request = suite.store.presign_put(&key, binding(&content), HOUR).await.unwrap();
        let authority = request.url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        let path = &request.url[url::Position::BeforePath..];
        let mut head = format!("PUT {path} HTTP/1.1\r\nhost: {authority}\r\n");
        for (name, value) in &request.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        let mut socket = tokio::net::TcpStream::connect(&authority).await.unwrap();
        socket.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        socket.write_all(&content[..len / 2]).await.unwrap();
        // The end of the sending side; the server's answer, if any, tells that it is done with it.
        socket.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(40), socket.read_to_end(&mut answer)).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "half a body was accepted");
        suite.assert_absent(&key, "after half a body").await;
        suite.must_send(&request, content.clone()).await;
        assert!(suite.content(&key).await == content);
    }
}

/// Whole, ranges, preconditions, unknown keys and other methods.
pub async fn a_presigned_get_serves_ranges_and_only_its_object(suite: &Suite) {
    let (key, content) = (suite.key("k"), bytes(10, 1_500_000));
    let etag = suite.store_object(&key, &content).await;
    let get = suite.store.presign_get(&key, HOUR).await.unwrap();
    assert_eq!(get.method, Method::GET);
    let ask = async |headers: &[(&str, &str)]| suite.send_with(&get, Bytes::new(), headers).await.expect("an answer");

    let whole = ask(&[]).await;
    assert_eq!((whole.status, whole.etag()), (StatusCode::OK, etag.clone()));
    assert!(whole.body == content);
    let header = |answer: &super::Answer, name: &str| {
        answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    assert_eq!(header(&whole, "accept-ranges"), "bytes");
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=700000-1400000", 700_000, 1_400_001),
        ("bytes=-10", 1_499_990, 1_500_000),
        ("bytes=1499999-", 1_499_999, 1_500_000),
    ] {
        let part = ask(&[("range", range)]).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(header(&part, "content-range"), format!("bytes {from}-{}/1500000", to - 1));
        assert!(part.body == content.slice(from..to), "{range}");
    }
    let beyond = ask(&[("range", "bytes=1500000-")]).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let unchanged = ask(&[("if-none-match", &format!("\"{etag}\""))]).await;
    assert_eq!((unchanged.status, unchanged.body.len()), (StatusCode::NOT_MODIFIED, 0));

    let missing = suite.store.presign_get(&suite.key("missing"), HOUR).await.unwrap();
    assert_eq!(suite.send(&missing, Bytes::new()).await.expect("an answer").status, StatusCode::NOT_FOUND);
    let stolen =
        PresignedRequest { url: Url::parse(&get.url.as_str().replacen("/k?", "/missing?", 1)).unwrap(), ..get.clone() };
    suite.must_refuse(&stolen, Bytes::new(), "another object's URL").await;
    suite
        .must_refuse(&PresignedRequest { method: Method::PUT, ..get.clone() }, content.clone(), "PUT by a GET's URL")
        .await;
    assert!(suite.content(&key).await == content);
}
