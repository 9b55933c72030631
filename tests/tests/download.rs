//! Downloads: signed URLs, and what the edge does with them.

#![expect(clippy::unwrap_used, reason = "a step that fails fails its test")]

use std::time::Duration;

use fardel_tests::{Answer, Client, Person, Server, announcement, eventually_within};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

const CONTENT: &[u8] = b"0123456789abcdefghij";

async fn url_of(client: &Client, file: &Value, query: &str) -> String {
    let path = format!("/files/{}/download{query}", file["id"].as_str().expect("an id"));
    client.get(&path).await.expect(200)["url"].as_str().expect("a URL").to_owned()
}

async fn file_with_url(person: &Person, name: &str, bytes: &[u8]) -> (Value, String) {
    let file = person.upload(name, bytes).await;
    let url = url_of(person, &file, "").await;
    (file, url)
}

fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    url.query_pairs().find(|(key, _)| key == name).unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}

#[tokio::test]
async fn a_signed_url_gives_the_bytes_without_any_other_credential() {
    let server = Server::shared();
    let person = server.person().await;
    let (file, url) = file_with_url(&person, "a.txt", CONTENT).await;
    assert!(url.starts_with(&format!("{}/cdn/f/{}/", server.url(), file["id"].as_str().unwrap())), "{url}");
    assert_eq!(parameter(&url, "Hash-Algorithm"), "SHA256");
    assert!(!parameter(&url, "Key-Pair-Id").is_empty());
    let got = server.anonymous().get(&url).await;
    assert_eq!((got.status, &got.body[..]), (200, CONTENT));
    assert_eq!(got.header("content-length"), "20");
    assert_eq!(got.header("accept-ranges"), "bytes");
    assert!(!got.header("etag").is_empty());

    let head = server.anonymous().send(server.anonymous().request(Method::HEAD, &url)).await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "20", 0));
    assert_eq!(head.header("etag"), got.header("etag"));
}

#[tokio::test]
async fn a_signed_url_holds_for_an_hour_at_most_and_is_the_same_for_equal_requests() {
    let person = Server::shared().person().await;
    let file = person.upload("a.txt", CONTENT).await;
    let path = format!("/files/{}/download", file["id"].as_str().unwrap());
    // The step from one five minutes to the next may fall between two requests, but not twice.
    let mut equal = false;
    for _ in 0..2 {
        let (first, second) = (person.get(&path).await.expect(200), person.get(&path).await.expect(200));
        equal |= first == second;
        assert_eq!(first["public"], false);
        let expires: i64 = parameter(first["url"].as_str().unwrap(), "Expires").parse().unwrap();
        assert_eq!(expires % 300, 0);
        let answer = person.get("//healthz").await;
        assert!(!answer.header("date").is_empty());
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().try_into().unwrap_or(0_i64);
        assert!(expires - now <= 3_600 && expires - now > 3_200, "{expires} at {now}");
    }
    assert!(equal, "equal requests give different URLs");
}

#[tokio::test]
async fn ranges_are_served_as_rfc_9110_says() {
    let person = Server::shared().person().await;
    let (_, url) = file_with_url(&person, "a.txt", CONTENT).await;
    for (range, part, content_range) in [
        ("bytes=0-0", &b"0"[..], "bytes 0-0/20"),
        ("bytes=5-9", b"56789", "bytes 5-9/20"),
        ("bytes=15-", b"fghij", "bytes 15-19/20"),
        ("bytes=-3", b"hij", "bytes 17-19/20"),
        ("bytes=-99", CONTENT, "bytes 0-19/20"),
        ("bytes=18-99999999999999999999", b"ij", "bytes 18-19/20"),
    ] {
        let got = person.get_with(&url, "range", range).await;
        assert_eq!(
            (got.status, &got.body[..], got.header("content-range")),
            (206, part, content_range),
            "{range}: {}",
            got.told()
        );
        assert_eq!(got.header("content-length"), part.len().to_string());
    }
    for range in ["bytes=20-", "bytes=99-100", "bytes=-0", "bytes=18446744073709551615-"] {
        let got = person.get_with(&url, "range", range).await;
        assert_eq!((got.status, got.header("content-range")), (416, "bytes */20"), "{range}: {}", got.told());
    }
    for range in ["lines=1-2", "bytes=", "bytes=a-b", "bytes=9-5", "bytes 0-1"] {
        let got = person.get_with(&url, "range", range).await;
        assert!(matches!(got.status, 200 | 416), "{range}: {}", got.told());
    }
    // E09: many ranges never cost more than the whole.
    let many = format!("bytes={}", vec!["0-"; 1_000].join(","));
    let got = person.get_with(&url, "range", &many).await;
    assert!(matches!(got.status, 200 | 206 | 416 | 431), "{}", got.told());
    assert!(got.body.len() <= CONTENT.len() + 64_000);
}

#[tokio::test]
async fn conditions_save_a_transfer_and_guard_a_continued_one() {
    let person = Server::shared().person().await;
    let (_, url) = file_with_url(&person, "a.txt", CONTENT).await;
    let first = person.get(&url).await;
    let (etag, modified) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());
    let unchanged = person.get_with(&url, "if-none-match", &etag).await;
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    assert_eq!(person.get_with(&url, "if-none-match", "\"other\"").await.status, 200);
    if !modified.is_empty() {
        assert_eq!(person.get_with(&url, "if-modified-since", &modified).await.status, 304);
    }
    let continued = |tag: String| {
        let request = person.request(Method::GET, &url).header("range", "bytes=10-").header("if-range", tag);
        let person = person.clone();
        async move { person.send(request).await }
    };
    assert_eq!(continued(etag).await.status, 206);
    let whole = continued("\"other\"".to_owned()).await;
    assert_eq!((whole.status, whole.body.len()), (200, 20));
}

/// All that must be refused although something close to it was signed.
fn altered(url: &str, other: &str) -> Vec<String> {
    let (base, query) = url.split_once('?').unwrap();
    let (other_base, other_query) = other.split_once('?').unwrap();
    let (expires, signature) = (parameter(url, "Expires"), parameter(url, "Signature"));
    let later = expires.parse::<i64>().unwrap() + 3_600;
    let version = base.rsplit('/').next().unwrap();
    let mut all = vec![
        base.to_owned(),
        format!("{base}?disposition=attachment"),
        format!("{base}?{other_query}"),
        format!("{other_base}?{query}"),
        url.replace(&expires, &later.to_string()),
        url.replace(&expires, "0"),
        url.replace(&signature, ""),
        url.replace(&signature, &signature[..signature.len() - 4]),
        url.replace("disposition=attachment", "disposition=inline"),
        format!("{url}&Expires={later}"),
        format!("{url}&response-content-type=text/html"),
        format!("{url}&response-content-disposition=inline"),
        format!("{url}&w=100"),
        format!("{base}?response-content-type=text/html&{query}"),
        format!("{base}/?{query}"),
        format!("{base}x?{query}"),
        url.replace("/cdn/f/", "/cdn//f/"),
        url.replace("/cdn/f/", "/cdn/%66/"),
        url.replace("/cdn/f/", "/CDN/f/"),
        url.replace(&format!("/{version}?"), &format!("/0{version}?")),
        url.replace(&format!("/{version}?"), "/99?"),
        url.replace("Hash-Algorithm=SHA256", "Hash-Algorithm=SHA1"),
        url.replace("Hash-Algorithm=SHA256", "Hash-Algorithm=none"),
        url.replace(&parameter(url, "Key-Pair-Id"), "KOTHER"),
        url.replace("Key-Pair-Id", "key-pair-id"),
        format!("{base}?Policy=eyJTdGF0ZW1lbnQiOltdfQ__&{query}"),
    ];
    for at in [0, signature.len() / 3, signature.len() / 2, signature.len() - 5] {
        let mut flipped = signature.clone().into_bytes();
        flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
        all.push(url.replace(&signature, std::str::from_utf8(&flipped).unwrap()));
    }
    all
}

#[tokio::test]
async fn altered_urls_are_refused_with_one_answer_whether_or_not_the_file_exists() {
    let server = Server::shared();
    let person = server.person().await;
    let (file, url) = file_with_url(&person, "a.txt", CONTENT).await;
    let (_, other) = file_with_url(&person, "b.txt", b"another content").await;
    let client = server.anonymous();
    let nowhere = url.replace(file["id"].as_str().unwrap(), "0192f0c1-2345-7abc-8def-0123456789ab");
    let reference = client.get(&nowhere).await;
    reference.problem(403, "forbidden");
    for altered in altered(&url, &other) {
        let refused: Answer = client.get(&altered).await;
        if altered.contains("/cdn//f/") || altered.contains("/CDN/") || altered.contains("/%66/") {
            assert!(matches!(refused.status, 403 | 404), "{}", refused.told());
            continue;
        }
        assert_eq!(refused.comparable(), reference.comparable(), "{altered}");
    }
    client.get(&url).await.expect_status(200);
}

#[tokio::test]
async fn content_is_served_so_that_no_browser_runs_it() {
    let server = Server::shared();
    let person = server.person().await;
    for (name, bytes, runs) in [
        ("page.html", &b"<!doctype html><script>alert(1)</script>"[..], true),
        ("drawing.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>", true),
        ("data.xml", b"<?xml version=\"1.0\"?><x/>", true),
        ("archive.mhtml", b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n", true),
        ("paper.pdf", b"%PDF-1.7\n", true),
        ("lies.png", b"<html><script>alert(1)</script></html>", true),
        ("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0", false),
        ("words.txt", b"words", false),
    ] {
        let file = person.upload(name, bytes).await;
        for (query, inline) in [("?disposition=inline", true), ("?disposition=attachment", false)] {
            let got = server.anonymous().get(&url_of(&person, &file, query).await).await;
            got.expect_status(200);
            assert_eq!(got.header("x-content-type-options"), "nosniff", "{name}");
            let policy = got.header("content-security-policy");
            assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{name}: {policy}");
            assert!(!policy.contains("allow-scripts"), "{name}: {policy}");
            let disposition = got.header("content-disposition");
            let expected = if inline && !runs { "inline" } else { "attachment" };
            assert!(disposition.starts_with(expected), "{name} {query}: {disposition}");
            assert!(!(expected == "inline" && got.header("content-type").contains("html")), "{name}");
        }
    }
}

#[tokio::test]
async fn a_declared_type_does_not_decide_what_is_served() {
    let server = Server::shared();
    let person = server.person().await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";
    let mut announced = announcement("a.png", png);
    announced["mediaType"] = json!("text/html");
    let file = person.upload_as(announced, png).await;
    let got = server.anonymous().get(&url_of(&person, &file, "?disposition=inline").await).await;
    assert_eq!(got.header("content-type"), "image/png");
}

#[tokio::test]
async fn a_client_that_wants_no_json_or_asks_for_it_is_redirected() {
    let person = Server::shared().person().await;
    let (file, url) = file_with_url(&person, "a.txt", CONTENT).await;
    let path = format!("/files/{}/download", file["id"].as_str().unwrap());
    let asked = person.get(&format!("{path}?redirect=1")).await;
    let browser = person.get_with(&path, "accept", "text/html,application/xhtml+xml,*/*;q=0.8").await;
    for answer in [asked, browser] {
        assert_eq!(answer.status, 302, "{}", answer.told());
        assert_eq!(answer.header("location").split('?').next(), url.split('?').next());
    }
    person.get(&format!("{path}?redirect=https://evil.example")).await.problem(422, "invalid-field");
    person.get(&format!("{path}?disposition=sideways")).await.problem(422, "invalid-field");
}

#[tokio::test]
async fn a_folder_has_no_bytes_to_download() {
    let person = Server::shared().person().await;
    let folder = person.folder("f", None).await;
    person.get(&format!("/files/{}/download", folder["id"].as_str().unwrap())).await.problem(409, "conflict");
}

#[tokio::test]
async fn the_url_of_a_deleted_file_is_dead_within_five_seconds_and_lives_again_with_it() {
    let server = Server::shared();
    let person = server.person().await;
    let folder = person.folder("f", None).await;
    let file = person.upload_into(folder["id"].as_str().unwrap(), "a.txt", CONTENT).await;
    let url = url_of(&person, &file, "").await;
    let client = server.anonymous();
    client.get(&url).await.expect_status(200);
    // By the file itself, then by the folder around it.
    for deleted in [&file, &folder] {
        let path = format!("/files/{}", deleted["id"].as_str().unwrap());
        person.delete(&path).await.expect(200);
        eventually_within(Duration::from_secs(5), "the URL is refused", || async {
            matches!(client.get(&url).await.status, 403 | 404).then_some(())
        })
        .await;
        person.post_empty(&format!("{path}/restore")).await.expect(200);
        eventually_within(Duration::from_secs(5), "the URL works again", || async {
            (client.get(&url).await.status == 200).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn new_content_has_a_new_url_and_the_old_one_never_gives_it() {
    let server = Server::shared();
    let person = server.person().await;
    let (file, old) = file_with_url(&person, "a.txt", b"old content").await;
    let client = server.anonymous();
    assert_eq!(client.get(&old).await.text(), "old content");
    let mut replace = announcement("a.txt", b"new content");
    replace["onConflict"] = json!("replace");
    person.upload_as(replace, b"new content").await;
    let new = url_of(&person, &file, "").await;
    assert_ne!(new.split('?').next(), old.split('?').next());
    assert_eq!(client.get(&new).await.text(), "new content");
    let stale = client.get(&old).await;
    assert!(stale.status != 200 || stale.text() == "old content", "{}", stale.told());
}

#[tokio::test]
async fn pages_of_other_sites_may_not_read_content() {
    let server = Server::shared();
    let person = server.person().await;
    let (_, url) = file_with_url(&person, "a.txt", CONTENT).await;
    for origin in ["https://evil.example", "null", "http://localhost"] {
        let got = server.anonymous().get_with(&url, "origin", origin).await;
        assert_eq!(got.header("access-control-allow-origin"), "", "{origin}");
    }
}
