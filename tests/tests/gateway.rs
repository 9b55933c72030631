//! What holds for every request: problems, headers, limits, and clients that do not play by the rules.

use std::time::Duration;

use fardel_tests::{Parts, Server, parts, raw_exchange};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

// ---- problems

#[tokio::test]
async fn addresses_that_do_not_exist_answer_404_in_the_one_shape() {
    let server = Server::shared();
    let person = server.person().await;
    for path in ["/nothing", "/files/x/y/z", "//api/v2/files", "/me/x.css", "/files;x.js", "/files/", "/me/"] {
        person.get(path).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn methods_that_an_address_does_not_take_answer_405() {
    let server = Server::shared();
    let person = server.person().await;
    for (method, path) in [
        (Method::PUT, "/files"),
        (Method::DELETE, "/me"),
        (Method::PATCH, "/files/confirm"),
        (Method::TRACE, "/files"),
        (Method::from_bytes(b"PROPFIND").unwrap(), "/files"),
        (Method::from_bytes(b"PROPFIND").unwrap(), "//healthz"),
    ] {
        let answer = person.send(person.request(method.clone(), path)).await;
        answer.problem(405, "method-not-allowed");
        assert!(!answer.header("allow").is_empty() || method == Method::TRACE, "{method} {path}: no Allow header");
    }
}

#[tokio::test]
async fn bodies_have_their_own_answers() {
    let server = Server::shared();
    let person = server.person().await;
    let send = |content_type: Option<&'static str>, encoding: Option<&'static str>, body: Vec<u8>| {
        let mut request = person.request(Method::POST, "/files").body(body);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        if let Some(encoding) = encoding {
            request = request.header("content-encoding", encoding);
        }
        let person = person.clone();
        async move { person.send(request).await }
    };
    let json = Some("application/json");
    send(json, None, b"{\"name\":".to_vec()).await.problem(400, "invalid-json");
    send(None, None, b"{}".to_vec()).await.problem(415, "unsupported-media-type");
    send(Some("application/x-www-form-urlencoded"), None, b"name=x".to_vec())
        .await
        .problem(415, "unsupported-media-type");
    send(Some("multipart/form-data; boundary=x"), None, b"--x--".to_vec()).await.problem(415, "unsupported-media-type");
    send(json, Some("gzip"), vec![0x1f, 0x8b, 8, 0, 0]).await.problem(415, "unsupported-media-type");
    send(json, None, vec![b' '; 2 << 20]).await.problem(413, "body-too-large");
    send(json, None, b"{\"name\":\"a\",\"role\":\"admin\"}".to_vec()).await.problem(422, "unknown-field");
    send(json, None, b"{\"name\":\"a\",\"name\":\"b\"}".to_vec()).await.any_problem();
    for deep in ["[".repeat(10_000), format!("{{\"name\":{}", "[".repeat(10_000)), "{\"a\":".repeat(10_000)] {
        let answer = send(json, None, deep.into_bytes()).await;
        assert!(matches!(answer.status, 400 | 413 | 422), "{}", answer.told());
        answer.any_problem();
    }
    let keys: Vec<String> = (0..1_000_000).map(|number| format!("\"k{number}\":0")).collect();
    send(json, None, format!("{{{}}}", keys.join(",")).into_bytes()).await.problem(413, "body-too-large");
}

#[tokio::test]
async fn a_large_body_is_refused_after_a_megabyte_not_after_its_end() {
    let server = Server::shared();
    let person = server.person().await;
    let mut connection = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST /api/v1/files HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        server.address(),
        person.credential(),
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let mut sent = 0;
    // 50 MB would be sent; buffers of the system hold a few of them.
    while sent < 50 << 20
        && matches!(timeout(Duration::from_secs(10), connection.write_all(chunk.as_bytes())).await, Ok(Ok(())))
    {
        sent += 0x10000;
    }
    assert!(sent < 40 << 20, "{sent} bytes were taken");
}

#[tokio::test]
async fn every_problem_code_has_a_page() {
    let server = Server::shared();
    let client = server.anonymous();
    let document = client.get("/openapi.json").await.expect(200).to_string();
    for code in ["name-taken", "forbidden", "quota-exceeded", "invalid-cursor", "not-uploaded", "rate-limited"] {
        let page = client.get(&format!("//problems/{code}")).await;
        page.expect_status(200);
        assert!(page.header("content-type").starts_with("text/html") && page.text().contains(code));
    }
    client.get("//problems/no-such-code").await.problem(404, "not-found");
    // C13: nothing of the request is repeated.
    let reflected = client.get("//problems/%3Csvg%20onload%3Dalert(1)%3E").await;
    assert!(!reflected.text().contains("<svg"), "{}", reflected.told());
    assert!(!document.is_empty());
}

// ---- documentation and health

#[tokio::test]
async fn the_api_describes_itself() {
    let server = Server::shared();
    let document = server.anonymous().get("/openapi.json").await.expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in [
        ("/api/v1/files", &["get", "post"][..]),
        ("/api/v1/files/{fileId}", &["get", "patch", "delete"]),
        ("/api/v1/files/{fileId}/restore", &["post"]),
        ("/api/v1/files/{fileId}/download", &["get"]),
        ("/api/v1/files/presigned-url", &["post"]),
        ("/api/v1/files/{fileId}/upload", &["get", "delete"]),
        ("/api/v1/files/{fileId}/upload/parts", &["post"]),
        ("/api/v1/files/uploads", &["get"]),
        ("/api/v1/files/complete-multipart", &["post"]),
        ("/api/v1/files/confirm", &["post"]),
        ("/api/v1/auth/setup", &["get", "post"]),
        ("/api/v1/auth/login", &["post"]),
        ("/api/v1/auth/refresh", &["post"]),
        ("/api/v1/auth/logout", &["post"]),
        ("/api/v1/me", &["get", "patch"]),
        ("/api/v1/me/password", &["post"]),
        ("/api/v1/me/sessions", &["get"]),
        ("/api/v1/me/api-keys", &["get", "post"]),
    ] {
        for method in methods {
            assert!(paths.get(path).is_some_and(|item| item.get(method).is_some()), "{method} {path} is not described");
        }
    }
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["operationId"].is_string(), "{method} {path} has no operationId");
            let answers = operation["responses"].as_object().unwrap();
            let tells_problems =
                answers.values().any(|answer| answer["content"].get("application/problem+json").is_some());
            assert!(tells_problems, "{method} {path} tells no problem");
        }
    }
}

#[tokio::test]
async fn health_and_readiness_tell_the_state_and_nothing_else() {
    let server = Server::shared();
    let client = server.anonymous();
    client.get("//healthz").await.expect_status(200);
    let ready = client.get("//readyz").await;
    ready.expect_status(200);
    ready.assert_reveals_nothing();
    let text = ready.text();
    for secret in ["127.0.0.1", "fardel-test-secret", "password", "/tmp"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let metrics = client.get("//metrics").await;
    assert!(matches!(metrics.status, 401 | 403 | 404), "{}", metrics.told());
}

// ---- headers

#[tokio::test]
async fn answers_carry_a_request_id_a_trace_and_timings() {
    let server = Server::shared();
    let person = server.person().await;
    let answer = person.get("/files").await;
    assert!(!answer.header("x-request-id").is_empty());
    let timing = answer.header("server-timing");
    assert!(timing.contains("total") && timing.contains("db"), "{timing}");

    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let traced = person.get_with("/nothing", "traceparent", &parent).await;
    assert_eq!(traced.problem(404, "not-found")["traceId"], trace);
    assert!(traced.header("traceparent").contains(trace), "{}", traced.header("traceparent"));
    for odd in ["nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "ff-x-y-z", "00-\u{1b}[31m"] {
        let request = person.request(Method::GET, "/nothing").header("traceparent", odd.as_bytes());
        if let Ok(request) = request.build() {
            let told = person.send(person.request(Method::GET, "/nothing").headers(request.headers().clone())).await;
            let trace = told.any_problem()["traceId"].as_str().unwrap().to_owned();
            assert!(trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_hexdigit()), "{trace}");
        }
    }
    let kept = person.get_with("/nothing", "x-request-id", "a-request-of-mine").await;
    assert_eq!(kept.header("x-request-id"), "a-request-of-mine");
    let cleaned = person.get_with("/nothing", "x-request-id", &"x".repeat(2_000)).await;
    assert!(cleaned.header("x-request-id").len() <= 200);
}

#[tokio::test]
async fn answers_of_the_api_are_kept_by_no_cache_and_sniffed_by_no_browser() {
    let server = Server::shared();
    let person = server.person().await;
    person.folder("f", None).await;
    for path in ["/me", "/files", "/files/uploads", "/me/sessions", "/me/api-keys", "/auth/setup"] {
        let answer = person.get(path).await;
        answer.expect_status(200);
        let cache = answer.header("cache-control");
        assert!(
            cache.contains("no-store") || (cache.contains("no-cache") && cache.contains("private")),
            "{path}: {cache}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
}

#[tokio::test]
async fn the_page_lets_nothing_foreign_run() {
    let server = Server::shared();
    let page = server.anonymous().get_with("//", "accept", "text/html").await;
    page.expect_status(200);
    let policy = page.header("content-security-policy");
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "connect-src 'self'",
    ] {
        assert!(policy.contains(directive), "{directive} is not in {policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    assert!(
        matches!(page.header("referrer-policy"), "no-referrer" | "same-origin" | "strict-origin"),
        "{}",
        page.header("referrer-policy")
    );
    for path in ["//%3Csvg%20onload%3Dalert(1)%3E", "//files?x=%3Csvg%20onload%3Dalert(1)%3E"] {
        let answer = server.anonymous().get_with(path, "accept-language", "<svg onload=alert(1)>").await;
        assert!(!answer.text().contains("<svg onload"), "{}", answer.told());
    }
}

#[tokio::test]
async fn other_sites_may_not_read_anything() {
    let server = Server::shared();
    let person = server.person().await;
    let presigned = person.announce("a.txt", b"content").await;
    for origin in ["https://evil.example", "null", "http://localhost", &format!("{}.evil.example", server.url())] {
        for path in ["/me", "/files", "/openapi.json", "//healthz", "/auth/setup"] {
            let answer = person.get_with(path, "origin", origin).await;
            assert_eq!(answer.header("access-control-allow-origin"), "", "{path} for {origin}");
        }
        for (path, method) in [("/files", "POST"), ("/files", "GET"), (presigned["url"].as_str().unwrap(), "PUT")] {
            if parts() == Parts::Scaled && path.starts_with("http") {
                continue;
            }
            let preflight = person
                .without_credential()
                .request(Method::OPTIONS, path)
                .header("origin", origin)
                .header("access-control-request-method", method);
            let answer = person.send(preflight).await;
            assert_eq!(answer.header("access-control-allow-origin"), "", "{path} for {origin}");
        }
    }
}

#[tokio::test]
async fn the_page_may_send_bytes_to_the_store_and_read_their_etag() {
    if parts() == Parts::Scaled {
        return;
    }
    let server = Server::shared();
    let person = server.person().await;
    let presigned = person.announce("a.txt", b"content").await;
    let url = presigned["url"].as_str().unwrap();
    let preflight = person
        .request(Method::OPTIONS, url)
        .header("origin", server.url())
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "x-amz-checksum-sha256,if-none-match,content-type");
    let answer = person.send(preflight).await;
    assert!(matches!(answer.status, 200 | 204), "{}", answer.told());
    assert_eq!(answer.header("access-control-allow-origin"), server.url());
    assert!(answer.header("access-control-allow-methods").contains("PUT"));
    let allowed = answer.header("access-control-allow-headers").to_lowercase();
    assert!(allowed.contains("x-amz-checksum-sha256") && allowed.contains("if-none-match"), "{allowed}");

    let mut headers = presigned["headers"].clone();
    headers["origin"] = json!(server.url());
    let sent = person.put(url, &headers, b"content".to_vec()).await;
    sent.expect_status(200);
    assert_eq!(sent.header("access-control-allow-origin"), server.url());
    assert!(sent.header("access-control-expose-headers").to_lowercase().contains("etag"));
}

// ---- limits

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_again() {
    let server = Server::with("rate_limits.other", "30").start();
    let person = server.person().await;
    let mut limited = None;
    for _ in 0..200 {
        let answer = person.get("/files").await;
        if answer.status == 429 {
            limited = Some(answer);
            break;
        }
        answer.expect_status(200);
        assert!(
            !answer.header("ratelimit").is_empty() && !answer.header("ratelimit-policy").is_empty(),
            "{:?}",
            answer.headers
        );
    }
    let limited = limited.expect("requests are limited");
    limited.problem(429, "rate-limited");
    assert!(limited.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=60).contains(&seconds)));
    // Health is asked by machines that must not be turned away, and other people have their own budget.
    server.anonymous().get("//healthz").await.expect_status(200);
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let server = Server::shared();
    let many = (0..300).map(|number| format!("x-header-{number}: value\r\n")).collect::<Vec<_>>().concat();
    for (head, what) in [
        (format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(64 << 10)), "64 KiB of headers"),
        (format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{many}\r\n"), "300 headers"),
        (format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(100 << 10)), "a URL of 100 KiB"),
    ] {
        let answer = raw_exchange(server.address(), head.as_bytes()).await;
        assert!(matches!(answer.status, 414 | 431), "{what}: {answer:?}");
        assert!(answer.closed, "{what}: the connection stays open");
    }
}

#[tokio::test]
async fn requests_that_two_readers_could_read_differently_are_refused_and_the_connection_closed() {
    let server = Server::shared();
    let post = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    for (request, what) in [
        (format!("{post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX"), "length and chunked"),
        (format!("{post}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nX"), "chunked and length"),
        (format!("{post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}X"), "two lengths"),
        (format!("{post}Content-Length: 2, 3\r\n\r\n{{}}X"), "a list of lengths"),
        (format!("{post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), "an unknown coding"),
        (format!("{post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"), "chunked not last"),
        (format!("{post}Content-Length: +2\r\n\r\n{{}}"), "a length with a sign"),
        (format!("{post}Content-Length: 0x2\r\n\r\n{{}}"), "a length in hexadecimal"),
        (format!("{post}Content-Length : 2\r\n\r\n{{}}"), "a space before the colon"),
        (format!("{post}X-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n{{}}"), "a folded header"),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n".to_owned(), "a NUL in a header"),
    ] {
        let answer = raw_exchange(server.address(), request.as_bytes()).await;
        assert!(matches!(answer.status, 400 | 501), "{what}: {answer:?}");
        assert!(answer.closed && answer.answers() == 1, "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn a_request_after_a_refused_body_is_not_taken_out_of_it() {
    let server = Server::shared();
    let inner = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let request = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{inner}",
        inner.len()
    );
    let answer = raw_exchange(server.address(), request.as_bytes()).await;
    assert_eq!((answer.status, answer.answers()), (415, 1), "{answer:?}");
}

#[tokio::test]
async fn paths_that_mean_another_one_lead_nowhere() {
    let server = Server::shared();
    let person = server.person().await;
    let targets = [
        "//api/v1/me",
        "/api//v1/me",
        "/api/v1/%6de",
        "/API/v1/me",
        "/api/v1/me/",
        "/api/v1/me;a=b",
        "/api/v1/files/..%2fme",
        "/api/v1/files/../me",
        "/./api/v1/me",
        "/api/v1/me%00",
        "/api/v1/me%2f",
    ];
    for target in targets {
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            person.credential()
        );
        let answer = raw_exchange(server.address(), request.as_bytes()).await;
        assert!(!answer.text.contains(&person.email), "{target} shows the account");
        assert!(!(200..300).contains(&answer.status) || answer.text.contains("text/html"), "{target}: {answer:?}");
    }
    let steps = [
        "../../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "%252e%252e/etc/passwd",
        "..%5cetc%5cpasswd",
        "/etc/passwd",
        "%00",
    ];
    for folder in ["/store/", "/cdn/", "/cdn/f/", "/assets/", "/s/", "/problems/", "/"] {
        for step in steps {
            let request = format!("GET {folder}{step} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            let answer = raw_exchange(server.address(), request.as_bytes()).await;
            assert!(!answer.text.contains("root:"), "{folder}{step}: {answer:?}");
            let is_page = answer.status == 200 && answer.text.contains("text/html");
            assert!(
                matches!(answer.status, 400 | 403 | 404 | 405) || (is_page && matches!(folder, "/" | "/s/")),
                "{folder}{step}: {answer:?}"
            );
        }
    }
}

/// Slow connections of each kind.
const EACH: usize = 40;

#[tokio::test]
async fn connections_that_send_or_read_too_slowly_are_closed_within_45_seconds() {
    // The listener is the same whatever parts stand behind it.
    if parts() == Parts::Scaled {
        return;
    }
    let server = Server::start();
    let person = server.person().await;
    let big = vec![7; 32 << 20];
    let file = person.upload("big", &big).await;
    let url = person.get(&format!("/files/{}/download", file["id"].as_str().unwrap())).await.expect(200);
    let path = url["url"].as_str().unwrap().strip_prefix(&server.url()).unwrap().to_owned();
    let body = format!(
        "POST /api/v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n{{",
        person.credential()
    );
    let kinds = [
        ("zero bytes", String::new(), ""),
        ("a part of a head", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-".to_owned(), ""),
        ("a dripping head", "GET /healthz HTTP/1.1\r\nHost: x\r\n".to_owned(), "X: y\r\n"),
        ("a dripping body", body, " "),
    ];
    let limit = Duration::from_secs(45);
    let slow_senders = kinds.into_iter().flat_map(|(kind, first, drip)| {
        let address = server.address();
        (0..EACH).map(move |_| {
            let first = first.clone();
            async move {
                let start = Instant::now();
                let mut connection = TcpStream::connect(address).await.unwrap();
                connection.write_all(first.as_bytes()).await.unwrap();
                loop {
                    let mut answer = [0; 4_096];
                    match timeout(Duration::from_secs(1), connection.read(&mut answer)).await {
                        Ok(Ok(0) | Err(_)) => break,
                        Ok(Ok(_)) => {}
                        Err(_) if drip.is_empty() => {}
                        Err(_) => {
                            if connection.write_all(drip.as_bytes()).await.is_err() {
                                break;
                            }
                        }
                    }
                    assert!(start.elapsed() < limit, "{kind} is still open after {limit:?}");
                }
            }
        })
    });
    let slow_readers = (0..EACH).map(|_| {
        let (address, path, size) = (server.address(), path.clone(), big.len());
        async move {
            let mut connection = TcpStream::connect(address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
            connection.write_all(request.as_bytes()).await.unwrap();
            // The contract's bound itself: whoever has read nothing until then is cut off.
            tokio::time::sleep(limit).await;
            let mut read = 0;
            let mut chunk = vec![0; 1 << 20];
            while let Ok(Ok(count @ 1..)) = timeout(Duration::from_secs(5), connection.read(&mut chunk)).await {
                read += count;
            }
            assert!(read < size, "a reader that slept {limit:?} still got everything");
        }
    });
    let control = async {
        let end = Instant::now() + Duration::from_secs(30);
        let mut asked = 0;
        while Instant::now() < end {
            person.get("//healthz").await.expect_status(200);
            asked += 1;
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        assert!(asked > 20, "health answered only {asked} times in 30 s");
    };
    tokio::join!(join_all(slow_senders), join_all(slow_readers), control);
    person.get("/files").await.expect(200);
}

// ---- secrets

#[tokio::test]
async fn the_log_holds_no_secret() {
    let server = Server::start();
    let person = server.person().await;
    let presigned = person.announce("a.txt", b"content").await;
    person.send_single(&presigned, b"content").await;
    person.confirm(&presigned["fileId"]).await;
    let download = person.get(&format!("/files/{}/download", presigned["fileId"].as_str().unwrap())).await.expect(200);
    person.get(download["url"].as_str().unwrap()).await.expect_status(200);
    let key: Value = person.post("/me/api-keys", &json!({ "name": "k", "scopes": ["files.read"] })).await.expect(201);
    person.get("/nothing?token=query-secret-7781").await.any_problem();
    person.get_with("/nothing", "user-agent", "agent\u{9b}31m").await.any_problem();

    let log = server.log();
    for (secret, what) in [
        (person.credential(), "the access token"),
        (person.password.as_str(), "the password"),
        (key["key"].as_str().unwrap(), "the API key"),
        ("X-Amz-Signature", "a store's signature"),
        ("Signature=", "a content URL's signature"),
        ("query-secret-7781", "a query string"),
    ] {
        assert!(!log.contains(secret), "{what} stands in the log");
    }
    for line in log.lines().filter(|line| !line.trim().is_empty() && !line.contains("/setup#code=")) {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "no JSON line: {line:?}");
    }
}
