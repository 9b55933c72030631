//! What the embedded store refuses: altered requests, other protocols, planted links, slow senders.
#![expect(clippy::unwrap_used, reason = "in a test what fails ends it")]

mod local_server;

use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::Duration,
};

use bytes::Bytes;
use fardel_conformance::object_store::bytes;
use fardel_domain::{
    checksum::Sha256,
    object_store::{BodyBinding, ObjectKey, ObjectStore, PresignedRequest, StoreError},
};
use fardel_objects::{
    local::BodyLimits,
    sigv4::{Presign, presign},
};
use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use local_server::{LocalServer, ORIGIN, secret};

const HOUR: Duration = Duration::from_hours(1);

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

fn binding(content: &[u8]) -> BodyBinding {
    BodyBinding { size: content.len() as u64, sha256: Sha256::of(content) }
}

type Pairs = Vec<(&'static str, String)>;

/// Status, code and the whole answer.
async fn send(method: Method, url: &str, headers: &[(String, String)], body: Bytes) -> (u16, String, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method, Url::parse(url).unwrap()).body(body);
    for (name, value) in headers.iter().filter(|(name, _)| name != "content-length") {
        request = request.header(name, value);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let code = text.split("<Code>").nth(1).and_then(|rest| rest.split("</Code>").next()).unwrap_or_default().to_owned();
    (status, code, text)
}

#[tokio::test]
async fn every_alteration_of_a_put_is_refused_with_the_code_of_s3() {
    let server = LocalServer::start().await;
    let (name, content) = (key("c/good"), bytes(1, 2000));
    let good = server.store.presign_put(&name, binding(&content), HOUR).await.unwrap();
    let url = good.url.as_str();
    let date = url.split("X-Amz-Date=").nth(1).unwrap()[..16].to_owned();
    let replaced = |from: &str, to: &str| {
        assert!(url.contains(from), "{from}");
        (url.replacen(from, to, 1), good.headers.clone())
    };
    let added = |parameter: &str| (format!("{url}&{parameter}"), good.headers.clone());
    let with = |name: &str, value: &str| {
        let mut headers = good.headers.clone();
        headers.retain(|(found, _)| found != name);
        headers.push((name.to_owned(), value.to_owned()));
        (url.to_owned(), headers)
    };
    let without = |name: &str| {
        let headers = good.headers.iter().filter(|(found, _)| found != name).cloned().collect();
        (url.to_owned(), headers)
    };
    let mismatch = "SignatureDoesNotMatch";
    let malformed = "AuthorizationQueryParametersError";
    for ((url, headers), code) in [
        (replaced("/c/good", "/c/evil"), mismatch),
        (replaced("/store/c", "/store/d"), mismatch),
        (replaced("/c/good", "/c/%67ood"), "InvalidURI"),
        (replaced("/c/good", "/c//good"), mismatch),
        (replaced("X-Amz-Expires=3600", "X-Amz-Expires=36000"), mismatch),
        (replaced("X-Amz-Expires=3600", "X-Amz-Expires=0"), malformed),
        (replaced("X-Amz-Expires=3600", "X-Amz-Expires=-1"), malformed),
        (replaced("X-Amz-Expires=3600", "X-Amz-Expires=604801"), malformed),
        (replaced(&date, "20200101T000000Z"), malformed),
        (replaced(&date[9..], "000000Z"), mismatch),
        (replaced("content-length%3B", ""), mismatch),
        (replaced("if-none-match%3B", ""), mismatch),
        (replaced("%3Bx-amz-checksum-sha256", ""), "AccessDenied"),
        (replaced("host%3B", ""), malformed),
        (replaced("X-Amz-Signature=", "X-Amz-Signature=A"), mismatch),
        (replaced("X-Amz-Signature=", "x-amz-signature="), "AccessDenied"),
        (replaced("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=none"), malformed),
        (replaced("X-Amz-Credential=fardel", "X-Amz-Credential=other"), "InvalidAccessKeyId"),
        (added("X-Amz-Expires=3600"), malformed),
        (added("x-amz-expires=3600"), malformed),
        (added("uploadId=0&partNumber=1"), mismatch),
        (added("acl="), mismatch),
        (added("tagging="), mismatch),
        (added("versionId=1"), mismatch),
        (added("response-content-type=text%2Fhtml"), mismatch),
        (with("host", "evil.example"), mismatch),
        (with("x-amz-copy-source", "/store/c/good"), "AccessDenied"),
        (with("x-amz-acl", "public-read"), "AccessDenied"),
        (with("x-amz-meta-a", "b"), "AccessDenied"),
        (with("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), "AccessDenied"),
        (with("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), "AccessDenied"),
        (with("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), "AccessDenied"),
        (with("x-amz-trailer", "x-amz-checksum-crc32"), "AccessDenied"),
        (with("content-encoding", "aws-chunked"), "NotImplemented"),
        (with("authorization", "AWS4-HMAC-SHA256 Credential=fardel"), malformed),
        (with("x-amz-checksum-sha256", &Sha256::of(b"x").to_base64()), mismatch),
        (without("x-amz-checksum-sha256"), mismatch),
        (without("if-none-match"), mismatch),
    ] {
        let (status, found, text) = send(Method::PUT, &url, &headers, content.clone()).await;
        assert_eq!(found, code, "{url} {headers:?} {status} {text}");
        assert!((400..500).contains(&status) || code == "NotImplemented", "{status} {text}");
        assert!(text.contains("<RequestId>"), "{text}");
        assert_eq!(server.store.list("", None, 10).await.unwrap().objects, [], "{url}");
    }
    // The body itself.
    let mut damaged = content.to_vec();
    damaged[7] ^= 1;
    assert_eq!(send(Method::PUT, url, &good.headers, damaged.into()).await.1, "BadDigest");
    assert_eq!(send(Method::PUT, url, &good.headers, content.slice(1..)).await.1, mismatch);
    let longer = [&content[..], b"x"].concat();
    assert_eq!(send(Method::PUT, url, &good.headers, longer.into()).await.1, mismatch);
    assert_eq!(server.temp_files(), 0);

    assert_eq!(send(Method::PUT, url, &good.headers, content.clone()).await.0, 200);
    assert_eq!(send(Method::PUT, url, &good.headers, content).await.1, "PreconditionFailed");
}

#[tokio::test]
async fn requests_that_are_valid_but_unbound_are_refused() {
    // Only the holder of the key can make these: what the store does not check it must not accept.
    let server = LocalServer::start().await;
    let content = bytes(2, 10);
    let checksum = ("x-amz-checksum-sha256", Sha256::of(&content).to_base64());
    let length = ("content-length", "10".to_owned());
    let once = ("if-none-match", "*".to_owned());
    let part = vec![("partNumber", "1".to_owned()), ("uploadId", "0".repeat(32))];
    let cases: Vec<(Pairs, Pairs, &str)> = vec![
        (vec![], vec![length.clone(), once.clone()], "AccessDenied"),
        (vec![], vec![checksum.clone(), once.clone()], "AccessDenied"),
        (vec![], vec![checksum.clone(), length.clone()], "AccessDenied"),
        (vec![], vec![checksum.clone(), length.clone(), ("if-none-match", "\"a\"".to_owned())], "AccessDenied"),
        (
            vec![],
            vec![checksum.clone(), length.clone(), once.clone(), ("x-amz-acl", "private".to_owned())],
            "NotImplemented",
        ),
        (vec![], vec![("x-amz-checksum-sha256", "AAAA".to_owned()), length.clone(), once.clone()], "InvalidRequest"),
        (vec![("acl", String::new())], vec![checksum.clone(), length.clone(), once.clone()], "InvalidArgument"),
        (
            vec![("x-id", "GetObject".to_owned())],
            vec![checksum.clone(), length.clone(), once.clone()],
            "InvalidArgument",
        ),
        (vec![part[0].clone()], vec![checksum.clone(), length.clone()], "InvalidArgument"),
        (
            vec![("partNumber", "10001".to_owned()), part[1].clone()],
            vec![checksum.clone(), length.clone()],
            "InvalidArgument",
        ),
        (part.clone(), vec![checksum.clone(), length.clone()], "NoSuchUpload"),
        (part, vec![checksum.clone()], "AccessDenied"),
    ];
    let sign = |query: &Pairs, headers: &Pairs| {
        let mut url = server.base.clone();
        url.set_path("/store/c/k");
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let now = fardel_domain::time::Clock::system().now();
        presign(&secret(), "us-east-1", now, Presign { method: Method::PUT, url, query, headers, valid_for: HOUR })
    };
    for (query, headers, code) in cases {
        let request = sign(&query, &headers);
        let (_, found, text) = send(Method::PUT, request.url.as_str(), &request.headers, content.clone()).await;
        assert_eq!(found, code, "{query:?} {headers:?} {text}");
    }
    // What other signers add and this store checks.
    let full = vec![checksum, length, once];
    let request = sign(&vec![("x-id", "PutObject".to_owned())], &full);
    assert_eq!(send(Method::PUT, request.url.as_str(), &request.headers, content.clone()).await.0, 200);
    server.store.delete(&key("c/k")).await.unwrap();
    let request = sign(&vec![("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD".to_owned())], &full);
    assert_eq!(send(Method::PUT, request.url.as_str(), &request.headers, content).await.0, 200);
}

#[tokio::test]
async fn every_other_request_is_refused_before_its_body() {
    let server = LocalServer::start().await;
    let base = server.base.as_str();
    for (method, path, code) in [
        (Method::POST, "store/c/k?uploads=", "NotImplemented"),
        (Method::DELETE, "store/c/k", "NotImplemented"),
        (Method::PATCH, "store/c/k", "NotImplemented"),
        (Method::GET, "store", "AccessDenied"),
        (Method::GET, "store/", "AccessDenied"),
        (Method::GET, "store/?list-type=2", "AccessDenied"),
        (Method::PUT, "store/c/k", "AccessDenied"),
        (Method::GET, "store/c/k", "AccessDenied"),
        (Method::GET, "store/..%2f..%2fetc/passwd", "InvalidURI"),
        (Method::GET, "store/%2e%2e/%2e%2e/etc/passwd", ""),
        (Method::GET, "store/..%5c..%5cetc%5cpasswd", "InvalidURI"),
        (Method::GET, "store/%252e%252e/etc/passwd", "InvalidURI"),
        (Method::GET, "store//etc/passwd", "AccessDenied"),
        (Method::GET, "store/a%00b", "InvalidURI"),
    ] {
        let (status, found, text) = send(method.clone(), &format!("{base}{path}"), &[], Bytes::new()).await;
        assert!(status >= 400 && !text.contains("root:"), "{path}: {status} {text}");
        assert_eq!(found, code, "{method} {path}: {status} {text}");
    }
    // Well signed, and yet no object of ours: the key's own rule holds.
    for path in ["/store/../etc/passwd", "/store/.tmp/x", "/store/C/k", "/store/c/", "/other/c"] {
        let mut request = server.store.presign_get(&key("x"), HOUR).await.unwrap();
        let mut url = server.base.clone();
        url.set_path("/");
        let raw = Url::parse(&format!("{base}store/x")).unwrap();
        let headers = vec![];
        let now = fardel_domain::time::Clock::system().now();
        // `Url` would resolve `..`: sign the resolved path, which is what a client would send.
        let target = raw.join(path).unwrap();
        request.url = presign(
            &secret(),
            "us-east-1",
            now,
            Presign { method: Method::GET, url: target, query: &[], headers, valid_for: HOUR },
        )
        .url;
        let (status, _, text) = send(Method::GET, request.url.as_str(), &[], Bytes::new()).await;
        assert!((400..500).contains(&status), "{path}: {status} {text}");
    }
}

#[tokio::test]
async fn a_request_from_the_future_or_the_past_is_refused() {
    let server = LocalServer::start().await;
    let content = bytes(3, 100);
    let request = server.store.presign_put(&key("k"), binding(&content), HOUR).await.unwrap();
    for (ahead, reason) in
        [(-86_400, "not valid yet"), (-16 * 60, "not valid yet"), (3602, "expired"), (86_400, "expired")]
    {
        server.ahead.store(ahead, Ordering::Relaxed);
        let (status, code, text) = send(Method::PUT, request.url.as_str(), &request.headers, content.clone()).await;
        assert_eq!((status, code.as_str()), (403, "AccessDenied"), "{ahead}");
        assert!(text.contains(reason), "{text}");
    }
    server.ahead.store(-14 * 60, Ordering::Relaxed);
    assert_eq!(send(Method::PUT, request.url.as_str(), &request.headers, content).await.0, 200);
}

#[tokio::test]
async fn only_allowed_origins_pass_cross_origin_checks() {
    let server = LocalServer::start().await;
    let content = bytes(4, 10);
    let request = server.store.presign_put(&key("k"), binding(&content), HOUR).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (origin, allowed) in [
        (ORIGIN, true),
        ("https://evil.example", false),
        ("null", false),
        ("https://files.example.evil", false),
        ("http://files.example", false),
    ] {
        let preflight = client
            .request(Method::OPTIONS, request.url.clone())
            .header("origin", origin)
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", "if-none-match,x-amz-checksum-sha256")
            .send()
            .await
            .unwrap();
        let header = |name: &str| preflight.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(preflight.status().is_success(), allowed, "{origin}");
        assert_eq!(header("access-control-allow-origin"), allowed.then(|| origin.to_owned()));
        assert_eq!(header("vary"), Some("Origin".to_owned()));
        if allowed {
            assert_eq!(header("access-control-max-age").as_deref(), Some("86400"));
            let headers = header("access-control-allow-headers").unwrap();
            for name in ["x-amz-checksum-sha256", "content-type", "if-none-match", "content-length"] {
                assert!(headers.split(", ").any(|found| found == name), "{name}");
            }
        }
    }
    let mut put = client.put(request.url.clone()).header("origin", ORIGIN).body(content);
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "content-length") {
        put = put.header(name, value);
    }
    let answer = put.send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], ORIGIN);
    assert!(answer.headers()["access-control-expose-headers"].to_str().unwrap().contains("etag"));
    let get = server.store.presign_get(&key("k"), HOUR).await.unwrap();
    let answer = client.get(get.url).header("origin", "https://evil.example").send().await.unwrap();
    assert!(answer.headers().get("access-control-allow-origin").is_none());
    assert_eq!(answer.headers()["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
}

/// Sends the head of a PUT and `sent` bytes of its body.
async fn begin_put(request: &PresignedRequest, sent: &[u8]) -> tokio::net::TcpStream {
    let authority = request.url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
    let mut head = format!("PUT {} HTTP/1.1\r\nhost: {authority}\r\n", &request.url[url::Position::BeforePath..]);
    for (name, value) in &request.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    let mut socket = tokio::net::TcpStream::connect(&authority).await.unwrap();
    socket.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    socket.write_all(sent).await.unwrap();
    socket
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn a_put_that_is_cut_off_leaves_no_file() {
    let server = LocalServer::start().await;
    let content = bytes(5, 8_000_000);
    let request = server.store.presign_put(&key("k"), binding(&content), HOUR).await.unwrap();
    let socket = begin_put(&request, &content[..5_000_000]).await;
    until("a file is being written", || server.temp_files() == 1).await;
    drop(socket);
    until("the file is removed", || server.temp_files() == 0).await;
    assert_eq!(server.store.head(&key("k")).await.unwrap(), None);
}

#[tokio::test]
async fn slow_senders_are_sent_away() {
    let limits =
        BodyLimits { idle: Duration::from_millis(300), grace: Duration::from_millis(600), min_rate: 1_000_000 };
    let server = LocalServer::start_in(tempfile::tempdir().unwrap(), limits).await;
    let content = bytes(6, 3_000_000);
    let request = server.store.presign_put(&key("k"), binding(&content), HOUR).await.unwrap();
    // Silence.
    let mut socket = begin_put(&request, &content[..2_000_000]).await;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("RequestTimeout"), "{answer}");
    // Drops: never idle, and far below the rate.
    let mut socket = begin_put(&request, b"").await;
    let (mut reader, mut writer) = socket.split();
    let mut answer = String::new();
    let drip = async {
        for byte in &content[..200] {
            if writer.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        read = reader.read_to_string(&mut answer) => { read.unwrap(); }
        () = drip => panic!("dripped for ten seconds"),
    }
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    until("nothing is left", || server.temp_files() == 0).await;
    assert_eq!(server.store.head(&key("k")).await.unwrap(), None);
}

fn object_files(root: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root.join("objects")).unwrap();
    folders
        .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect()
}

#[tokio::test]
async fn planted_links_are_never_followed() {
    let server = LocalServer::start().await;
    let outside = tempfile::tempdir().unwrap();
    let secret_file = outside.path().join("secret");
    std::fs::write(&secret_file, [&[7u8; 200][..], b"root:"].concat()).unwrap();
    let untouched = || {
        assert_eq!(std::fs::read(&secret_file).unwrap().len(), 205);
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
    };
    let content = bytes(7, 1000);
    let put = async |name: &str| {
        let request = server.store.presign_put(&key(name), binding(&content), HOUR).await.unwrap();
        send(Method::PUT, request.url.as_str(), &request.headers, content.clone()).await
    };
    assert_eq!(put("victim").await.0, 200);
    let place = object_files(&server.root()).pop().unwrap();

    // In the place of an object: to a file, to nothing, to a folder.
    for target in [secret_file.as_path(), Path::new("/nonexistent"), outside.path()] {
        std::fs::remove_file(&place).unwrap();
        symlink(target, &place).unwrap();
        let get = server.store.presign_get(&key("victim"), HOUR).await.unwrap();
        let (status, _, text) = send(Method::GET, get.url.as_str(), &[], Bytes::new()).await;
        assert!(status >= 400 && !text.contains("root:"), "{status} {text}");
        assert!(server.store.head(&key("victim")).await.is_err());
        assert!(matches!(server.store.copy(&key("victim"), &key("copy")).await, Err(StoreError::Unavailable(_))));
        assert_eq!(server.store.list("", None, 10).await.unwrap().objects, []);
        assert_eq!(put("victim").await.1, "PreconditionFailed");
        untouched();
    }
    server.store.delete(&key("victim")).await.unwrap();
    assert!(std::fs::symlink_metadata(&place).is_err(), "the link itself is removed");
    untouched();

    // A listing passes over them and ends nevertheless.
    for name in ["a", "b", "c"] {
        assert_eq!(put(name).await.0, 200);
    }
    for file in object_files(&server.root()).iter().filter(|file| !file.ends_with("c")) {
        std::fs::remove_file(file).unwrap();
        symlink(&secret_file, file).unwrap();
    }
    let page = server.store.list("", None, 1).await.unwrap();
    assert_eq!(page.objects.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["c"]);
    untouched();

    // In the place of a folder.
    let folder = place.parent().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    symlink(outside.path(), folder).unwrap();
    assert_eq!(put("victim").await.0, 503);
    assert!(server.store.delete(&key("victim")).await.is_err());
    untouched();
    std::fs::remove_file(folder).unwrap();
    std::fs::create_dir(folder).unwrap();
    assert_eq!(put("victim").await.0, 200);

    // Among the temporary files and uploads of a dead process: cleaning up follows none.
    let temp = server.root().join(".tmp");
    symlink(outside.path(), temp.join("folder")).unwrap();
    std::fs::create_dir(temp.join("dead")).unwrap();
    symlink(&secret_file, temp.join("dead/file")).unwrap();
    symlink(&secret_file, temp.join("dead/lock")).unwrap();
    let upload = "0123456789abcdef0123456789abcdef";
    symlink(&secret_file, server.root().join(format!("multipart/{upload}.parts"))).unwrap();
    symlink(&secret_file, server.root().join(format!("multipart/{upload}.data"))).unwrap();
    let upload = fardel_domain::object_store::MultipartId(upload.to_owned());
    assert!(server.store.list_parts(&key("victim"), &upload).await.is_err());
    assert!(server.store.abort_multipart(&key("victim"), &upload).await.is_err());
    let clock = fardel_domain::time::Clock::system();
    let reopened = fardel_objects::local::LocalStore::open(
        server.root(),
        server.base.clone(),
        secret(),
        clock,
        fardel_objects::local::Durability::Full,
    );
    assert!(reopened.is_ok());
    assert!(!temp.join("dead").exists());
    untouched();
}
