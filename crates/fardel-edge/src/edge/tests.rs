//! The route as a client meets it, over doubles that count how often they are asked.

mod memory;

use std::sync::{Mutex, atomic::Ordering};

use bytes::Bytes;
use fardel_domain::{
    id::FileId,
    time::{Clock, Timestamp},
};
use http::Request;
use http_body_util::BodyExt;
use memory::{MemoryOrigin, MemoryStore};
use tower::ServiceExt;

use super::*;
use crate::{Disposition, SigningKey, UrlSigner, content_expiry};

const NOW: i64 = 1_800_000_000;
const MODIFIED: &str = "Fri, 15 Jan 2027 07:00:00 GMT";
const CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; sandbox";

/// The edge with one file, and the means to ask it.
struct Setup {
    file: FileId,
    signer: UrlSigner,
    store: Arc<MemoryStore>,
    origin: Arc<MemoryOrigin>,
    router: Router,
}

fn content(size: usize) -> Bytes {
    (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

fn setup(size: usize, media_type: &str, name: &str) -> Setup {
    let key = SigningKey::generate().unwrap();
    let object = ObjectKey::parse("c/one").unwrap();
    let file = FileId::new(Timestamp::from_seconds(NOW));
    let servable = Servable {
        object: object.clone(),
        size: size as u64,
        etag: "abc".into(),
        media_type: media_type.into(),
        name: name.into(),
        modified_at: Timestamp::from_seconds(NOW - 3_600),
    };
    let store = Arc::new(MemoryStore { objects: [(object, content(size))].into(), ..MemoryStore::default() });
    let origin = Arc::new(MemoryOrigin { files: Mutex::new([(file, servable)].into()), ..MemoryOrigin::default() });
    let clock = Clock::from_fn(|| Timestamp::from_seconds(NOW));
    let verifier = Arc::new(UrlVerifier::new(&[key.public_key()], clock));
    let router = router(Edge::new(&base(), verifier, origin.clone(), store.clone()));
    Setup { file, signer: UrlSigner::new(key), store, origin, router }
}

fn base() -> Url {
    Url::parse("https://files.example").unwrap()
}

impl Setup {
    fn url(&self, disposition: Disposition) -> String {
        self.url_of(ContentUrl { file: self.file, content_version: 1, disposition })
    }

    fn url_of(&self, content: ContentUrl) -> String {
        let expires = content_expiry(Timestamp::from_seconds(NOW), None);
        self.signer.sign(content.to_url(&base()), expires).as_str().replace("https://files.example", "")
    }

    async fn ask(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Bytes) {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, body.collect().await.unwrap().to_bytes())
    }

    async fn get(&self, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Bytes) {
        self.ask("GET", &self.url(Disposition::Inline), headers).await
    }
}

#[tokio::test]
async fn a_content_comes_whole_with_all_its_headers() {
    for size in [0, 1, 16_384, 300_000] {
        let setup = setup(size, "image/png", "é 1.png");
        let (status, headers, body) = setup.get(&[]).await;
        assert_eq!((status, body), (StatusCode::OK, content(size)));
        for (name, value) in [
            ("content-type", "image/png"),
            ("content-length", &*size.to_string()),
            ("content-disposition", "inline; filename=\"_ 1.png\"; filename*=UTF-8''%C3%A9%201.png"),
            ("content-security-policy", CSP),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "private, max-age=3600"),
            ("accept-ranges", "bytes"),
            ("etag", "\"abc\""),
            ("last-modified", MODIFIED),
        ] {
            assert_eq!(headers.get(name).unwrap(), value, "{name}");
        }
        assert_eq!(headers.len(), 12, "{headers:?}");
    }
}

#[tokio::test]
async fn head_answers_the_headers_of_get_and_reads_nothing() {
    let setup = setup(300_000, "image/png", "a.png");
    let (_, get, _) = setup.get(&[]).await;
    let reads = setup.store.reads.load(Ordering::SeqCst);
    let (status, head, body) = setup.ask("HEAD", &setup.url(Disposition::Inline), &[("range", "bytes=0-1")]).await;
    assert_eq!((status, head, body), (StatusCode::OK, get, Bytes::new()));
    assert_eq!(setup.store.reads.load(Ordering::SeqCst), reads);
}

#[tokio::test]
async fn one_range_is_cut_out_and_a_range_outside_is_refused() {
    for size in [20_000, 300_000] {
        let setup = setup(size, "video/mp4", "a.mp4");
        let (status, headers, body) = setup.get(&[("range", "bytes=9999-10001")]).await;
        assert_eq!((status, body), (StatusCode::PARTIAL_CONTENT, content(size).slice(9_999..10_002)));
        assert_eq!(headers["content-range"], format!("bytes 9999-10001/{size}"));
        assert_eq!(headers["content-length"], "3");
        for outside in ["bytes=-0", "bytes=18446744073709551615-", &format!("bytes={size}-")] {
            let (status, headers, body) = setup.get(&[("range", outside)]).await;
            assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE, "{outside}");
            assert_eq!(headers["content-range"], format!("bytes */{size}"));
            assert!(body.starts_with(b"{") && body.len() < 300);
        }
        let many = format!("bytes={}", vec!["0-"; 1_000].join(","));
        let (status, _, body) = setup.get(&[("range", &many)]).await;
        assert_eq!((status, body.len()), (StatusCode::OK, size));
        let (status, _, body) = setup.get(&[("range", "bytes=0-1"), ("if-range", "\"old\"")]).await;
        assert_eq!((status, body.len()), (StatusCode::OK, size));
        let (status, _, body) = setup.get(&[("range", "bytes=0-1"), ("if-range", MODIFIED)]).await;
        assert_eq!((status, body.len()), (StatusCode::PARTIAL_CONTENT, 2));
    }
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let setup = setup(300_000, "image/png", "a.png");
    for conditions in [("if-none-match", "\"abc\""), ("if-modified-since", MODIFIED)] {
        let (status, headers, body) = setup.get(&[conditions, ("range", "bytes=0-1")]).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(headers["etag"], "\"abc\"");
        assert_eq!(headers["cache-control"], "private, max-age=3600");
        assert!(!headers.contains_key("content-length") && !headers.contains_key("content-type"));
    }
    assert_eq!(setup.get(&[("if-match", "\"x\"")]).await.0, StatusCode::PRECONDITION_FAILED);
    assert_eq!(setup.store.reads.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn no_right_has_one_answer_whatever_the_reason() {
    let setup = setup(100, "image/png", "a.png");
    let good = setup.url(Disposition::Inline);
    let content = ContentUrl { file: setup.file, content_version: 1, disposition: Disposition::Inline };
    let (path, query) = good.split_once('?').unwrap();
    let unsigned_lookups = [
        path.to_owned(),
        format!("{path}?disposition=inline"),
        good.replace("Signature=M", "Signature=N"),
        good.replace("inline", "attachment"),
        format!("{good}&response-content-type=text/html"),
        format!("{path}?response-content-disposition=inline&{query}"),
        path.replace("/1", "/%31") + "?" + query,
        path.replace("/f/", "/%66/") + "?" + query,
        path.replace("/f/", "/%2e/f/") + "?" + query,
        path.replace("/f/", "/F/") + "?" + query,
        path.replace("/f/", "//f/") + "?" + query,
        "/cdn/x.css".to_owned(),
        "/cdn/".to_owned(),
        setup
            .signer
            .sign(content.to_url(&base()), Timestamp::from_seconds(NOW))
            .as_str()
            .replace("https://files.example", ""),
        setup
            .signer
            .sign(content.to_url(&Url::parse("https://other.example").unwrap()), Timestamp::from_seconds(NOW + 60))
            .as_str()
            .replace("https://other.example", ""),
    ];
    let signed_but_gone = [
        setup.url_of(ContentUrl { content_version: 2, ..content }),
        setup.url_of(ContentUrl { file: FileId::new(Timestamp::from_seconds(NOW)), ..content }),
    ];
    let (status, headers, body) = setup.ask("GET", &format!("{path}?"), &[]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&json["code"], &json["status"], &json["type"]),
        (&"forbidden".into(), &403.into(), &"/problems/forbidden".into())
    );
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(headers["cache-control"], "no-store");
    for url in &unsigned_lookups {
        let answer = setup.ask("GET", url, &[("if-none-match", "*"), ("range", "bytes=-0")]).await;
        assert_eq!(answer, (status, headers.clone(), body.clone()), "{url}");
    }
    assert_eq!(setup.origin.asked.load(Ordering::SeqCst), 0, "nothing is looked up without a signature");
    for url in &signed_but_gone {
        let answer = setup.ask("GET", url, &[("if-none-match", "*"), ("range", "bytes=-0")]).await;
        assert_eq!(answer, (status, headers.clone(), body.clone()), "{url}");
    }
    assert_eq!(setup.ask("HEAD", path, &[]).await, (status, headers.clone(), Bytes::new()));
    assert_eq!(setup.get(&[]).await.0, StatusCode::OK);
    setup.origin.files.lock().unwrap().clear();
    assert_eq!(setup.get(&[("if-none-match", "\"abc\"")]).await, (status, headers, body));
}

#[tokio::test]
async fn a_purged_object_is_forbidden_and_a_failing_engine_unavailable() {
    let setup = setup(300_000, "image/png", "a.png");
    setup.origin.files.lock().unwrap().get_mut(&setup.file).unwrap().object = ObjectKey::parse("c/two").unwrap();
    assert_eq!(setup.get(&[]).await.0, StatusCode::FORBIDDEN);
    setup.store.down.store(true, Ordering::SeqCst);
    let (status, headers, _) = setup.get(&[]).await;
    assert_eq!((status, headers["retry-after"].as_bytes()), (StatusCode::SERVICE_UNAVAILABLE, &b"2"[..]));
    setup.origin.down.store(true, Ordering::SeqCst);
    assert_eq!(setup.get(&[]).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn an_object_of_another_size_than_recorded_is_not_served() {
    for size in [100, 300_000] {
        let setup = setup(size, "image/png", "a.png");
        setup.origin.files.lock().unwrap().get_mut(&setup.file).unwrap().size += 1;
        assert_eq!(setup.get(&[]).await.0, StatusCode::SERVICE_UNAVAILABLE);
    }
}

#[tokio::test]
async fn active_types_are_only_saved_and_types_that_are_none_become_bytes() {
    for (stored, served, disposition) in [
        ("text/html", "text/html; charset=utf-8", "attachment"),
        ("image/svg+xml", "image/svg+xml", "attachment"),
        ("application/pdf", "application/pdf", "attachment"),
        ("Image/SVG+XML", "image/svg+xml", "attachment"),
        ("text/plain", "text/plain; charset=utf-8", "inline"),
        ("image/png; x=\"\"", "image/png", "inline"),
        ("text/html\r\nx: y", "application/octet-stream", "attachment"),
        ("", "application/octet-stream", "attachment"),
    ] {
        let setup = setup(10, stored, "a");
        let (status, headers, _) = setup.get(&[]).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["content-type"], served);
        assert_eq!(headers["content-disposition"], format!("{disposition}; filename=\"a\""));
        assert_eq!(headers["content-security-policy"], CSP);
    }
    let setup = setup(10, "image/png", "a");
    let (_, headers, _) = setup.ask("GET", &setup.url(Disposition::Attachment), &[]).await;
    assert_eq!(headers["content-disposition"], "attachment; filename=\"a\"");
}

#[tokio::test]
async fn other_methods_are_refused() {
    let setup = setup(10, "image/png", "a");
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"] {
        let (status, headers, body) = setup.ask(method, &setup.url(Disposition::Inline), &[]).await;
        assert_eq!((status, headers["allow"].as_bytes()), (StatusCode::METHOD_NOT_ALLOWED, &b"GET, HEAD"[..]));
        assert!(String::from_utf8_lossy(&body).contains("method-not-allowed"), "{method}");
    }
}

#[tokio::test]
async fn small_contents_are_read_once_and_only_for_who_may() {
    let setup = setup(16_384, "image/png", "a.png");
    let good = setup.url(Disposition::Inline);
    let bad = good.replace("Signature=M", "Signature=N");
    let answers = futures_util::future::join_all((0..100).map(|at| {
        let url = if at % 3 == 0 { &good } else { &bad };
        setup.ask("GET", url, &[("authorization", "Bearer other")])
    }))
    .await;
    for (at, (status, _, body)) in answers.into_iter().enumerate() {
        if at % 3 == 0 {
            assert_eq!((status, body), (StatusCode::OK, content(16_384)));
        } else {
            assert_eq!(status, StatusCode::FORBIDDEN);
        }
    }
    assert_eq!(setup.store.reads.load(Ordering::SeqCst), 1);
}
