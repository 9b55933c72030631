//! Uploads: announce, send, resume, complete, confirm, and every way in which they go wrong.

use fardel_tests::{
    Answer, Client, Parts, Server, announcement, digest, eventually, part_size, parts, parts_of, raw_exchange,
};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

const UNKNOWN: &str = "0192f0c1-2345-7abc-8def-0123456789ab";
/// The smallest content that is sent in parts.
const MULTIPART: usize = 100_000_001;

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}"))
}

async fn presign(client: &Client, body: &Value) -> Answer {
    client.post("/files/presigned-url", body).await
}

/// Content that no other call gives, cheap to make.
fn content(size: usize, seed: u8) -> Vec<u8> {
    let mut bytes = vec![seed; size];
    for (number, chunk) in bytes.chunks_mut(4_096).enumerate() {
        let number = (number as u64).to_le_bytes();
        let length = chunk.len().min(8);
        chunk[..length].copy_from_slice(&number[..length]);
    }
    bytes
}

// ---- one piece

#[tokio::test]
async fn a_file_is_announced_sent_and_confirmed_and_comes_back_with_equal_bytes() {
    let person = Server::shared().person().await;
    let bytes = content(70_000, 1);
    let mut announced = announcement("notes.txt", &bytes);
    announced["modifiedAt"] = json!("2020-02-03T04:05:06.789Z");
    let presigned = presign(&person, &announced).await.expect(201);
    assert_eq!((text(&presigned, "result"), text(&presigned, "method")), ("single", "PUT"));
    assert!(person.names(None).await.is_empty(), "a file is listed before its confirm");
    person.get(&format!("/files/{}", text(&presigned, "fileId"))).await.problem(403, "forbidden");

    person.send_single(&presigned, &bytes).await;
    let confirmed = person.post("/files/confirm", &json!({ "fileId": presigned["fileId"] })).await;
    let file = confirmed.expect(201)["file"].clone();
    assert_eq!(file["id"], presigned["fileId"]);
    assert_eq!(confirmed.header("location"), format!("/api/v1/files/{}", text(&file, "id")));
    for (member, expected) in [
        ("kind", json!("file")),
        ("name", json!("notes.txt")),
        ("parentId", Value::Null),
        ("size", json!(70_000)),
        ("mediaType", json!("text/plain")),
        ("category", json!("text")),
        ("modifiedAt", json!("2020-02-03T04:05:06.789Z")),
        ("status", json!("active")),
        ("starred", json!(false)),
        ("visibility", json!("private")),
        ("checksum", json!({ "algorithm": "sha256-parts", "value": digest(&bytes) })),
        ("permissions", json!(["read", "write", "share", "delete"])),
        ("path", json!([])),
        ("deletedAt", Value::Null),
    ] {
        assert_eq!(file[member], expected, "{member}");
    }
    assert_eq!(person.get(&format!("/files/{}", text(&file, "id"))).await.expect(200), file);
    assert_eq!(person.download(text(&file, "id")).await.expect_status(200).body, bytes);
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let person = Server::shared().person().await;
    let file = person.upload("empty", b"").await;
    assert_eq!(file["size"], 0);
    let got = person.download(text(&file, "id")).await;
    assert_eq!((got.status, got.body.len()), (200, 0));
}

#[tokio::test]
async fn a_confirm_repeated_returns_the_same_file() {
    let person = Server::shared().person().await;
    let file = person.upload("a.txt", b"content").await;
    for _ in 0..3 {
        let again = person.post("/files/confirm", &json!({ "fileId": file["id"] })).await.expect(200);
        assert_eq!(again["file"], file);
    }
}

#[tokio::test]
async fn confirms_at_once_make_one_file() {
    let person = Server::shared().person().await;
    let presigned = person.announce("a.txt", b"content").await;
    person.send_single(&presigned, b"content").await;
    let confirms = (0..12).map(|_| {
        let (person, body) = (person.clone(), json!({ "fileId": presigned["fileId"] }));
        async move { person.post("/files/confirm", &body).await }
    });
    let answers = join_all(confirms).await;
    assert!(
        answers.iter().all(|answer| matches!(answer.status, 200 | 201)),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(person.names(None).await, ["a.txt"]);
    assert_eq!(person.storage().await["usedBytes"], 7);
}

#[tokio::test]
async fn a_confirm_before_the_bytes_arrived_is_refused_and_the_upload_goes_on() {
    let person = Server::shared().person().await;
    let presigned = person.announce("a.txt", b"content").await;
    let confirm = json!({ "fileId": presigned["fileId"] });
    person.post("/files/confirm", &confirm).await.problem(409, "not-uploaded");
    person.send_single(&presigned, b"content").await;
    person.post("/files/confirm", &confirm).await.expect(201);
}

#[tokio::test]
async fn bytes_other_than_announced_are_refused_by_the_store() {
    let person = Server::shared().person().await;
    let presigned = person.announce("a.txt", b"content").await;
    let url = text(&presigned, "url");
    for (other, what) in
        [(&b"cOntent"[..], "other bytes"), (b"conten", "fewer bytes"), (b"contents", "more bytes"), (b"", "no bytes")]
    {
        let answer = person.put(url, &presigned["headers"], other.to_vec()).await;
        assert!((400..500).contains(&answer.status), "{what}: {}", answer.told());
        let confirm = json!({ "fileId": presigned["fileId"] });
        person.post("/files/confirm", &confirm).await.problem(409, "not-uploaded");
    }
    person.send_single(&presigned, b"content").await;
    person.confirm(&presigned["fileId"]).await;
}

#[tokio::test]
async fn a_presigned_url_works_once() {
    let person = Server::shared().person().await;
    let presigned = person.announce("a.txt", b"content").await;
    let url = text(&presigned, "url");
    person.send_single(&presigned, b"content").await;
    person.put(url, &presigned["headers"], b"content".to_vec()).await.expect_status(412);
    let file = person.confirm(&presigned["fileId"]).await;
    person.put(url, &presigned["headers"], b"content".to_vec()).await.expect_status(412);
    let other = person.put(url, &presigned["headers"], b"cOntent".to_vec()).await;
    assert!((400..500).contains(&other.status), "{}", other.told());
    assert_eq!(person.download(text(&file, "id")).await.text(), "content");
}

#[tokio::test]
async fn presigned_puts_sign_what_they_bind() {
    let person = Server::shared().person().await;
    let presigned = person.announce("a.txt", b"content").await;
    let url = url::Url::parse(text(&presigned, "url")).unwrap();
    let signed =
        url.query_pairs().find(|(name, _)| name == "X-Amz-SignedHeaders").expect("signed headers").1.into_owned();
    for header in ["content-length", "host", "if-none-match", "x-amz-checksum-sha256"] {
        assert!(signed.split(';').any(|name| name == header), "{header} is not signed: {signed}");
    }
    assert_eq!(presigned["headers"]["x-amz-checksum-sha256"], digest(b"content"));
    assert_eq!(presigned["headers"]["if-none-match"], "*");
}

/// Every altered form of a presigned PUT, and whether its URL or its headers changed.
fn tampered(presigned: &Value, other: &Value) -> Vec<(String, String, Value)> {
    let url = text(presigned, "url");
    let path = url::Url::parse(url).expect("a URL").path().to_owned();
    let other_path = url::Url::parse(text(other, "url")).expect("a URL").path().to_owned();
    let headers = &presigned["headers"];
    let parameter = |name: &str| -> String {
        url.split(['?', '&'])
            .find(|pair| pair.starts_with(&format!("{name}=")))
            .unwrap_or_else(|| panic!("{name}"))
            .to_owned()
    };
    let replaced = |name: &str, value: &str| url.replace(&parameter(name), &format!("{name}={value}"));
    let mut all: Vec<(String, String, Value)> = vec![
        ("another key".into(), url.replace(&path, &other_path), headers.clone()),
        ("a key beside it".into(), url.replace(&path, &format!("{path}x")), headers.clone()),
        ("longer validity".into(), replaced("X-Amz-Expires", "604800"), headers.clone()),
        ("a later date".into(), replaced("X-Amz-Date", "20990101T000000Z"), headers.clone()),
        ("fewer signed headers".into(), replaced("X-Amz-SignedHeaders", "host"), headers.clone()),
        ("no signed headers".into(), replaced("X-Amz-SignedHeaders", ""), headers.clone()),
        (
            "another credential".into(),
            replaced("X-Amz-Credential", "nobody%2F20990101%2Fus-east-1%2Fs3%2Faws4_request"),
            headers.clone(),
        ),
        ("no signature".into(), url.replace(&format!("&{}", parameter("X-Amz-Signature")), ""), headers.clone()),
        ("an empty signature".into(), replaced("X-Amz-Signature", ""), headers.clone()),
        ("another signature".into(), replaced("X-Amz-Signature", &"0".repeat(64)), headers.clone()),
        ("a doubled parameter".into(), format!("{url}&{}", parameter("X-Amz-Expires")), headers.clone()),
    ];
    for extra in ["uploadId=x", "partNumber=1", "acl", "tagging", "versionId=1", "x-id=PutObject"] {
        all.push((format!("the parameter {extra}"), format!("{url}&{extra}"), headers.clone()));
    }
    for (name, value) in [("x-amz-checksum-sha256", digest(b"cOntent")), ("if-none-match", "\"x\"".to_owned())] {
        let mut changed = headers.clone();
        changed[name] = json!(value);
        all.push((format!("another {name}"), url.to_owned(), changed));
        let mut removed = headers.clone();
        removed.as_object_mut().expect("headers").remove(name);
        all.push((format!("no {name}"), url.to_owned(), removed));
    }
    all
}

#[tokio::test]
async fn an_altered_presigned_url_stores_nothing_and_the_unaltered_one_still_works() {
    let person = Server::shared().person().await;
    let presigned = person.announce("a.txt", b"content").await;
    let other = person.announce("b.txt", b"another").await;
    for (what, url, headers) in tampered(&presigned, &other) {
        let answer = person.put(&url, &headers, b"content".to_vec()).await;
        // Which refusal it is, is the affair of whoever made the S3 server.
        let refusals: &[u16] = if parts() == Parts::Scaled { &[400, 403, 404, 405, 501] } else { &[400, 403] };
        assert!(refusals.contains(&answer.status), "{what}: {}", answer.told());
        answer.assert_reveals_nothing();
    }
    for method in [Method::GET, Method::DELETE, Method::POST] {
        let request = reqwest::Client::new().request(method.clone(), text(&presigned, "url"));
        let status = request.send().await.unwrap().status().as_u16();
        assert!(matches!(status, 400 | 403 | 405 | 501), "{method} → {status}");
    }
    for upload in [&presigned, &other] {
        let confirm = json!({ "fileId": upload["fileId"] });
        person.post("/files/confirm", &confirm).await.problem(409, "not-uploaded");
    }
    person.send_single(&presigned, b"content").await;
    person.confirm(&presigned["fileId"]).await;
}

#[tokio::test]
async fn the_store_refuses_headers_that_were_not_signed_and_unsigned_bodies() {
    // What another maker's S3 server does with them is its own affair: there the bytes are bound.
    if parts() == Parts::Scaled {
        return;
    }
    let person = Server::shared().person().await;
    let presigned = person.announce("a.txt", b"content").await;
    let url = text(&presigned, "url");
    for (name, value) in [
        ("x-amz-acl", "public-read"),
        ("x-amz-copy-source", "/other/key"),
        ("x-amz-meta-role", "admin"),
        ("x-amz-storage-class", "GLACIER"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    ] {
        let mut headers = presigned["headers"].clone();
        headers[name] = json!(value);
        let answer = person.put(url, &headers, b"content".to_vec()).await;
        assert!(matches!(answer.status, 400 | 403 | 501), "{name}: {}", answer.told());
        assert!(
            answer.text().contains("<Error>") && answer.text().contains("<Code>"),
            "no error of S3: {}",
            answer.told()
        );
    }
    let bare = url.split('?').next().unwrap();
    for headers in
        [json!({}), json!({ "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }), json!({ "authorization": "AWS x:y" })]
    {
        let answer = person.put(bare, &headers, b"content".to_vec()).await;
        assert!(matches!(answer.status, 400 | 403), "{}", answer.told());
    }
    person.post("/files/confirm", &json!({ "fileId": presigned["fileId"] })).await.problem(409, "not-uploaded");
}

#[tokio::test]
async fn an_expired_presigned_url_is_refused() {
    let server = Server::with("presign_valid_for", "1s").start();
    let person = server.person().await;
    let presigned = person.announce("a.txt", b"content").await;
    let url = text(&presigned, "url");
    // Wrong bytes store nothing, so asking again and again is safe: first they are refused for what
    // they are, then for the time.
    eventually("the URL expires", || async {
        (person.put(url, &presigned["headers"], b"cOntent".to_vec()).await.status == 403).then_some(())
    })
    .await;
    person.put(url, &presigned["headers"], b"content".to_vec()).await.expect_status(403);
    let fresh = presign(&person, &announcement("a.txt", b"content")).await.expect(201);
    assert_eq!(fresh["fileId"], presigned["fileId"], "the upload goes on with a new URL");
}

// ---- what may come in

#[tokio::test]
async fn every_wrong_field_of_an_announcement_is_named() {
    let person = Server::shared().person().await;
    let good = || announcement("a.txt", b"content");
    let with = |member: &str, value: Value| {
        let mut body = good();
        body[member] = value;
        body
    };
    for (body, pointer) in [
        (with("size", json!(-1)), "/size"),
        (with("size", json!(0.5)), "/size"),
        (with("size", json!("10")), "/size"),
        (with("size", Value::Null), "/size"),
        (with("name", json!(7)), "/name"),
        (with("mediaType", json!("nonsense")), "/mediaType"),
        (with("mediaType", json!("a/b\r\nx: y")), "/mediaType"),
        (with("parentId", json!("../etc")), "/parentId"),
        (with("modifiedAt", json!("yesterday")), "/modifiedAt"),
        (with("onConflict", json!("overwrite")), "/onConflict"),
        (with("checksum", Value::Null), "/checksum"),
        (with("checksum", json!({ "algorithm": "md5", "parts": [digest(b"content")] })), "/checksum/algorithm"),
        (with("checksum", json!({ "algorithm": "sha256-parts", "parts": [] })), "/checksum/parts"),
        (with("checksum", json!({ "algorithm": "sha256-parts", "parts": ["short"] })), "/checksum/parts/0"),
        (
            with("checksum", json!({ "algorithm": "sha256-parts", "parts": [digest(b"a"), digest(b"b")] })),
            "/checksum/parts",
        ),
    ] {
        let answer = presign(&person, &body).await;
        answer.problem(422, "invalid-field");
        assert_eq!(answer.pointers(), [pointer], "{body}: {}", answer.told());
    }
    for field in ["ownerId", "status", "contentVersion", "objectKey", "permissions", "scan"] {
        presign(&person, &with(field, json!("x"))).await.problem(422, "unknown-field");
    }
    for size in [json!(u64::MAX), json!(1u64 << 53), json!(1e300), json!((5u64 << 40) + 1)] {
        let answer = presign(&person, &with("size", size)).await;
        assert!(matches!(answer.status, 413 | 422), "{}", answer.told());
        answer.any_problem();
    }
    let storage = person.storage().await;
    assert_eq!((&storage["reservedBytes"], &storage["usedBytes"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn several_wrong_fields_are_named_at_once() {
    let person = Server::shared().person().await;
    let mut body = announcement("a/b", b"content");
    body["mediaType"] = json!("nonsense");
    body.as_object_mut().unwrap().remove("checksum");
    let answer = presign(&person, &body).await;
    answer.problem(422, "invalid-field");
    assert_eq!(answer.pointers().len(), 3, "{}", answer.told());
}

#[tokio::test]
async fn a_file_larger_than_allowed_is_refused() {
    let server = Server::with("max_file_size", "1KiB").start();
    let person = server.person().await;
    person.upload("fits", &[1; 1_024]).await;
    presign(&person, &announcement("larger", &[2; 1_025])).await.problem(413, "too-large");
}

#[tokio::test]
async fn types_are_refused_by_name_and_by_what_the_bytes_are() {
    let server = Server::with("blocked_types", "image/*,application/zip").start();
    let person = server.person().await;
    presign(&person, &announcement("photo.png", b"x")).await.problem(415, "type-not-allowed");
    let mut declared = announcement("photo", b"x");
    declared["mediaType"] = json!("image/png");
    presign(&person, &declared).await.problem(415, "type-not-allowed");

    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";
    let presigned = person.announce("innocent.txt", png).await;
    person.send_single(&presigned, png).await;
    let confirm = json!({ "fileId": presigned["fileId"] });
    person.post("/files/confirm", &confirm).await.problem(415, "type-not-allowed");
    assert!(person.names(None).await.is_empty());
    let storage = person.storage().await;
    assert_eq!((&storage["reservedBytes"], &storage["usedBytes"]), (&json!(0), &json!(0)));
    person.upload("words.txt", b"words").await;
}

#[tokio::test]
async fn the_type_of_a_file_is_what_its_bytes_say() {
    let person = Server::shared().person().await;
    let png: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";
    for (name, declared, bytes, expected) in [
        ("a.png", "text/html", png, "image/png"),
        ("b.html", "image/png", b"<!doctype html><script>alert(1)</script>", "text/html"),
        ("c.png", "image/png", b"<html><script>alert(1)</script></html>", "text/html"),
        ("d.jpg", "image/jpeg", b"no picture at all", "application/octet-stream"),
        ("e.rs", "", b"fn main() {}", "text/x-rust"),
        ("f", "", b"who knows", "application/octet-stream"),
    ] {
        let mut announced = announcement(name, bytes);
        announced["mediaType"] = json!(declared);
        assert_eq!(person.upload_as(announced, bytes).await["mediaType"], expected, "{name}");
    }
}

// ---- the same content again

#[tokio::test]
async fn content_that_the_caller_owns_is_not_sent_again() {
    let person = Server::shared().person().await;
    let first = person.upload("first.txt", b"the same content").await;
    let folder = person.folder("f", None).await;
    let mut again = announcement("second.txt", b"the same content");
    again["parentId"] = folder["id"].clone();
    let exists = presign(&person, &again).await.expect(200);
    assert_eq!(text(&exists, "result"), "exists");
    assert_eq!(exists["existing"]["id"], first["id"]);
    let second = &exists["file"];
    assert_ne!(second["id"], first["id"]);
    assert_eq!((&second["name"], &second["parentId"]), (&json!("second.txt"), &folder["id"]));

    // Each is a file of its own: deleting one leaves the other.
    person.delete(&format!("/files/{}", text(&first, "id"))).await.expect(200);
    assert_eq!(person.download(text(second, "id")).await.text(), "the same content");
}

#[tokio::test]
async fn content_of_others_answers_like_content_that_nobody_has() {
    let server = Server::shared();
    let (owner, other) = (server.person().await, server.person().await);
    owner.upload("secret.txt", b"the secret content").await;
    let known = presign(&other, &announcement("a.txt", b"the secret content")).await.expect(201);
    let unknown = presign(&other, &announcement("b.txt", b"the unknown content")).await.expect(201);
    assert_eq!((text(&known, "result"), text(&unknown, "result")), ("single", "single"));
    // U08: to know a hash is not to own its bytes.
    other.post("/files/confirm", &json!({ "fileId": known["fileId"] })).await.problem(409, "not-uploaded");
    assert!(other.names(None).await.is_empty());
}

// ---- names that are taken

#[tokio::test]
async fn a_taken_name_fails_renames_or_replaces_as_asked() {
    let person = Server::shared().person().await;
    let first = person.upload("a.txt", b"first").await;
    let refused = presign(&person, &announcement("A.TXT", b"second")).await;
    assert_eq!(refused.problem(409, "name-taken")["existing"]["id"], first["id"]);

    let mut rename = announcement("a.txt", b"second");
    rename["onConflict"] = json!("rename");
    let second = person.upload_as(rename, b"second").await;
    assert_eq!(text(&second, "name"), "a (2).txt");

    let mut replace = announcement("a.txt", b"third");
    replace["onConflict"] = json!("replace");
    let third = person.upload_as(replace, b"third").await;
    assert_eq!(third["id"], first["id"], "a replaced file stays the same file");
    assert!(third["contentVersion"].as_i64() > first["contentVersion"].as_i64());
    assert!(third["version"].as_i64() > first["version"].as_i64());
    assert_eq!(person.download(text(&first, "id")).await.text(), "third");
    assert_eq!(person.names(None).await, ["a (2).txt", "a.txt"]);
}

#[tokio::test]
async fn a_folder_is_never_replaced_by_a_file() {
    let person = Server::shared().person().await;
    person.folder("a", None).await;
    let mut replace = announcement("a", b"x");
    replace["onConflict"] = json!("replace");
    presign(&person, &replace).await.problem(409, "name-taken");
}

#[tokio::test]
async fn of_two_uploads_of_one_name_the_first_confirmed_has_it() {
    let person = Server::shared().person().await;
    let first = person.announce("a.txt", b"first").await;
    let second = person.announce("a.txt", b"second").await;
    assert_ne!(first["fileId"], second["fileId"]);
    person.send_single(&first, b"first").await;
    person.send_single(&second, b"second").await;
    person.confirm(&second["fileId"]).await;
    let late = json!({ "fileId": first["fileId"] });
    person.post("/files/confirm", &late).await.problem(409, "name-taken");
    assert_eq!(person.names(None).await, ["a.txt"]);
    // The bytes were not sent in vain.
    let renamed = json!({ "fileId": first["fileId"], "onConflict": "rename" });
    assert_eq!(person.post("/files/confirm", &renamed).await.expect(201)["file"]["name"], "a (2).txt");
}

#[tokio::test]
async fn uploads_of_one_name_at_once_all_arrive_when_they_rename() {
    let person = Server::shared().person().await;
    let uploads = (0..10u8).map(|number| {
        let person = person.clone();
        async move {
            let bytes = vec![number; 100];
            let mut announced = announcement("a.txt", &bytes);
            announced["onConflict"] = json!("rename");
            text(&person.upload_as(announced, &bytes).await, "name").to_owned()
        }
    });
    let mut names = join_all(uploads).await;
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 10, "{names:?}");
}

// ---- in parts

#[tokio::test]
async fn the_part_plan_is_that_of_the_contract() {
    let person = Server::shared().person().await;
    let mib = 1u64 << 20;
    for size in [
        100_000_001,
        1_000 * 16 * mib,
        1_000 * 16 * mib + 1,
        1_000 * 32 * mib + 1,
        10_000 * 64 * mib,
        10_000 * 64 * mib + 1,
        5 * mib * mib,
    ] {
        let part = part_size(size);
        let count = size.div_ceil(part);
        let mut body = json!({ "name": format!("{size}"), "size": size, "mediaType": "" });
        if size <= 4 << 30 {
            let parts: Vec<String> = (0..count).map(|number| digest(&number.to_le_bytes())).collect();
            body["checksum"] = json!({ "algorithm": "sha256-parts", "parts": parts });
        }
        let answer = presign(&person, &body).await;
        if parts() == Parts::Embedded && size > 1 << 36 && answer.status == 507 {
            // A disk that could never hold it says so before a byte is sent.
            answer.problem(507, "storage-full");
            continue;
        }
        let presigned = answer.expect(201);
        assert_eq!(text(&presigned, "result"), "multipart");
        assert_eq!(
            (presigned["partSize"].as_u64(), presigned["partCount"].as_u64()),
            (Some(part), Some(count)),
            "{size}"
        );
        person.delete(&format!("/files/{}/upload", text(&presigned, "fileId"))).await.expect_status(204);
    }
    let mut single = announcement("single", b"");
    single["size"] = json!(100_000_000);
    assert_eq!(text(&presign(&person, &single).await.expect(201), "result"), "single");
}

#[tokio::test]
async fn a_large_file_is_sent_in_parts_resumed_completed_and_confirmed() {
    let person = Server::shared().person().await;
    let bytes = content(MULTIPART, 7);
    let announced = announcement("film.bin", &bytes);
    let presigned = presign(&person, &announced).await.expect(201);
    let count = usize::try_from(presigned["partCount"].as_u64().unwrap()).unwrap();
    assert_eq!((count, presigned["parts"].as_array().unwrap().len()), (6, 6));
    let id = text(&presigned, "fileId").to_owned();
    let upload = format!("/files/{id}/upload");
    person.post("/files/confirm", &json!({ "fileId": id })).await.problem(409, "not-uploaded");

    // Some parts, the last first; then "another device" asks what is there.
    let mut sent = person.send_parts(&presigned, &bytes, [6, 2]).await;
    let device = person.elsewhere().await;
    let unfinished = device.get("/files/uploads").await.expect(200);
    assert!(unfinished["items"].as_array().unwrap().iter().any(|item| item["fileId"] == id), "{unfinished}");
    let resumed = presign(&device, &announced).await.expect(201);
    assert_eq!((&resumed["fileId"], &resumed["uploadId"]), (&presigned["fileId"], &presigned["uploadId"]));
    let state = device.get(&upload).await.expect(200);
    let mut stored: Vec<u64> =
        state["parts"].as_array().unwrap().iter().map(|part| part["partNumber"].as_u64().unwrap()).collect();
    stored.sort_unstable();
    assert_eq!(stored, [2, 6]);

    let complete = |parts: &[Value]| json!({ "fileId": id, "uploadId": presigned["uploadId"], "parts": parts });
    let by_number = |parts: &[Value]| {
        let mut parts = parts.to_vec();
        parts.sort_by_key(|part| part["partNumber"].as_u64());
        parts
    };
    let early = device.post("/files/complete-multipart", &complete(&by_number(&sent))).await;
    assert_eq!(early.problem(409, "parts-missing")["missing"], json!([1, 3, 4, 5]));

    // Wrong bytes for a part are refused; the right ones by a URL that was signed again.
    let signed = device.post(&format!("{upload}/parts"), &json!({ "partNumbers": [1] })).await.expect(200);
    let first = &signed["parts"][0];
    let wrong = content(16 << 20, 99);
    let refused = device.put(text(first, "url"), &first["headers"], wrong).await;
    assert!((400..500).contains(&refused.status), "{}", refused.told());
    sent.extend(device.send_parts(&json!({ "parts": signed["parts"] }), &bytes, [1]).await);
    sent.extend(device.send_parts(&resumed, &bytes, [3, 4, 5]).await);

    let all = by_number(&sent);
    let completed = device.post("/files/complete-multipart", &complete(&all)).await.expect(200);
    assert_eq!(completed["fileId"], presigned["fileId"]);
    device.post("/files/complete-multipart", &complete(&all)).await.expect(200);
    let file = device.confirm(&presigned["fileId"]).await;
    assert_eq!((&file["id"], &file["size"]), (&presigned["fileId"], &json!(MULTIPART)));
    let joined: Vec<u8> = parts_of(&bytes)
        .iter()
        .flat_map(|part| base64::Engine::decode(&base64::engine::general_purpose::STANDARD, digest(part)).unwrap())
        .collect();
    assert_eq!(file["checksum"]["value"], format!("{}-6", digest(&joined)));
    device.post("/files/complete-multipart", &complete(&all)).await.expect(200);

    let got = person.download(&id).await;
    assert_eq!((got.status, got.body.len()), (200, MULTIPART));
    assert!(got.body == bytes, "the bytes differ");
    assert!(person.get("/files/uploads").await.expect(200)["items"].as_array().unwrap().is_empty());
    let mut again = announced.clone();
    again["name"] = json!("copy.bin");
    assert_eq!(text(&presign(&person, &again).await.expect(200), "result"), "exists");
}

#[tokio::test]
async fn a_complete_must_name_every_part_once_in_order_as_it_was_sent() {
    let person = Server::shared().person().await;
    let bytes = content(MULTIPART, 8);
    let presigned = person.announce("film.bin", &bytes).await;
    let part = |number: u64, etag: &str| json!({ "partNumber": number, "etag": etag });
    let all = |etag: &str| (1..=6).map(|number| part(number, etag)).collect::<Vec<_>>();
    let complete = |parts: Vec<Value>| {
        let body = json!({ "fileId": presigned["fileId"], "uploadId": presigned["uploadId"], "parts": parts });
        let person = person.clone();
        async move { person.post("/files/complete-multipart", &body).await }
    };
    assert_eq!(complete(Vec::new()).await.problem(409, "parts-missing")["missing"], json!([1, 2, 3, 4, 5, 6]));
    complete(all("\"x\"")).await.problem(409, "parts-missing");
    for (wrong, what) in [
        (vec![part(2, "x"), part(1, "x")], "out of order"),
        (vec![part(1, "x"), part(1, "x")], "twice"),
        (vec![part(7, "x")], "beyond the last"),
        (vec![part(0, "x")], "part 0"),
        (vec![part(10_001, "x")], "part 10,001"),
    ] {
        let answer = complete(wrong).await;
        answer.problem(422, "invalid-field");
        assert!(answer.pointers().iter().all(|pointer| pointer.starts_with("/parts")), "{what}: {}", answer.told());
    }
    let wrong_upload = json!({ "fileId": presigned["fileId"], "uploadId": "other", "parts": all("x") });
    let answer = person.post("/files/complete-multipart", &wrong_upload).await;
    assert!(matches!(answer.status, 409 | 422), "{}", answer.told());

    let mut sent = person.send_parts(&presigned, &bytes, 1..=6).await;
    let foreign = sent[0]["etag"].clone();
    let right = std::mem::replace(&mut sent[1]["etag"], foreign);
    assert_eq!(complete(sent.clone()).await.problem(409, "parts-missing")["missing"], json!([2]));
    sent[1]["etag"] = right;
    complete(sent).await.expect(200);
}

#[tokio::test]
async fn parts_are_signed_again_by_number_within_the_plan() {
    let person = Server::shared().person().await;
    let presigned = person.announce("film.bin", &content(MULTIPART, 9)).await;
    let path = format!("/files/{}/upload/parts", text(&presigned, "fileId"));
    let signed = person.post(&path, &json!({ "partNumbers": [6, 1] })).await.expect(200);
    let numbers: Vec<u64> =
        signed["parts"].as_array().unwrap().iter().map(|part| part["partNumber"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [6, 1]);
    for body in [
        json!({ "partNumbers": [0] }),
        json!({ "partNumbers": [7] }),
        json!({ "partNumbers": [10_001] }),
        json!({ "partNumbers": [-1] }),
        json!({ "partNumbers": ["1"] }),
        json!({ "partNumbers": [] }),
        json!({ "partNumbers": vec![1; 101] }),
        json!({}),
    ] {
        person.post(&path, &body).await.problem(422, "invalid-field");
    }
    person.post(&path, &json!({ "parts": [], "size": 1 })).await.problem(422, "unknown-field");
}

#[tokio::test]
async fn above_four_gibibytes_digests_may_come_part_by_part_and_cannot_be_changed() {
    let person = Server::shared().person().await;
    let size = (4u64 << 30) + 1;
    let presigned = presign(&person, &json!({ "name": "disk.img", "size": size, "mediaType": "" })).await.expect(201);
    assert_eq!(presigned["parts"], json!([]));
    let path = format!("/files/{}/upload/parts", text(&presigned, "fileId"));
    person.post(&path, &json!({ "partNumbers": [1] })).await.problem(422, "invalid-field");
    let part = content(usize::try_from(part_size(size)).unwrap(), 1);
    let announced = json!({ "parts": [{ "partNumber": 1, "sha256": digest(&part) }] });
    let signed = person.post(&path, &announced).await.expect(200)["parts"][0].clone();
    person.put(text(&signed, "url"), &signed["headers"], part).await.expect_status(200);
    person.post(&path, &json!({ "partNumbers": [1] })).await.expect(200);
    let other = json!({ "parts": [{ "partNumber": 1, "sha256": digest(b"other") }] });
    person.post(&path, &other).await.problem(409, "conflict");
    let small = json!({ "name": "small", "size": 4u64 << 30, "mediaType": "" });
    presign(&person, &small).await.problem(422, "invalid-field");
    person.delete(&format!("/files/{}/upload", text(&presigned, "fileId"))).await.expect_status(204);
}

// ---- resume and abort

#[tokio::test]
async fn the_same_announcement_resumes_the_open_upload() {
    let person = Server::shared().person().await;
    let first = person.announce("a.txt", b"content").await;
    let again = person.announce("a.txt", b"content").await;
    assert_eq!(again["fileId"], first["fileId"]);
    assert_eq!(person.storage().await["reservedBytes"], 7, "it is reserved once");
    let elsewhere = person.announce("b.txt", b"content").await;
    assert_ne!(elsewhere["fileId"], first["fileId"]);
    let listed = person.get("/files/uploads").await.expect(200)["items"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 2);
    for upload in &listed {
        assert_eq!((upload["state"].as_str(), upload["size"].as_u64()), (Some("open"), Some(7)), "{upload}");
    }
    person.send_single(&again, b"content").await;
    person.confirm(&first["fileId"]).await;
}

#[tokio::test]
async fn an_aborted_upload_is_gone_and_a_repeat_answers_the_same() {
    let person = Server::shared().person().await;
    let presigned = person.announce("a.txt", b"content").await;
    let path = format!("/files/{}/upload", text(&presigned, "fileId"));
    person.delete(&path).await.expect_status(204);
    person.delete(&path).await.expect_status(204);
    assert_eq!(person.storage().await["reservedBytes"], 0);
    assert!(person.get("/files/uploads").await.expect(200)["items"].as_array().unwrap().is_empty());
    let late = person.post("/files/confirm", &json!({ "fileId": presigned["fileId"] })).await;
    assert!(matches!(late.status, 403 | 409), "{}", late.told());
    assert!(person.names(None).await.is_empty());
    let anew = person.announce("a.txt", b"content").await;
    assert_ne!(anew["fileId"], presigned["fileId"]);
}

#[tokio::test]
async fn what_became_a_file_cannot_be_aborted() {
    let person = Server::shared().person().await;
    let file = person.upload("a.txt", b"content").await;
    let answer = person.delete(&format!("/files/{}/upload", text(&file, "id"))).await;
    assert!(matches!(answer.status, 403 | 409), "{}", answer.told());
    assert_eq!(person.download(text(&file, "id")).await.text(), "content");
}

#[tokio::test]
async fn unfinished_uploads_are_listed_page_by_page() {
    let server = Server::shared();
    let (person, other) = (server.person().await, server.person().await);
    for number in 0..5u8 {
        person.announce(&format!("file {number}"), &[number]).await;
    }
    let mut seen = 0;
    let mut cursor = String::new();
    loop {
        let page = person.get(&format!("/files/uploads?limit=2{cursor}")).await.expect(200);
        seen += page["items"].as_array().unwrap().len();
        let Some(next) = page["pagination"]["nextCursor"].as_str() else { break };
        other.get(&format!("/files/uploads?limit=2&cursor={next}")).await.problem(400, "invalid-cursor");
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, 5);
    assert!(other.get("/files/uploads").await.expect(200)["items"].as_array().unwrap().is_empty());
}

// ---- repeats with a key

#[tokio::test]
async fn an_idempotency_key_gives_the_first_answer_again() {
    let person = Server::shared().person().await;
    let body = json!({ "kind": "folder", "name": "f" });
    let first = person.post_with("/files", &body, "idempotency-key", "one").await.expect(201);
    let second = person.post_with("/files", &body, "idempotency-key", "one").await.expect(201);
    assert_eq!(second, first);
    let other = json!({ "kind": "folder", "name": "g" });
    person.post_with("/files", &other, "idempotency-key", "one").await.problem(422, "idempotency-mismatch");
    person.post_with("/files", &body, "idempotency-key", "two").await.problem(409, "name-taken");
    let long = "k".repeat(10_000);
    let refused = person.post_with("/files", &other, "idempotency-key", &long).await;
    assert!(matches!(refused.status, 422 | 431), "{}", refused.told());
    assert_eq!(person.names(None).await, ["f"]);
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_its_user() {
    let server = Server::shared();
    let (person, other) = (server.person().await, server.person().await);
    let body = json!({ "kind": "folder", "name": "f" });
    let first = person.post_with("/files", &body, "idempotency-key", "same").await.expect(201);
    let second = other.post_with("/files", &body, "idempotency-key", "same").await.expect(201);
    assert_ne!(first["id"], second["id"]);
}

#[tokio::test]
async fn the_same_key_at_once_makes_one_thing() {
    let person = Server::shared().person().await;
    let posts = (0..20).map(|_| {
        let person = person.clone();
        async move {
            let body = json!({ "kind": "folder", "name": "f", "onConflict": "rename" });
            person.post_with("/files", &body, "idempotency-key", "one").await
        }
    });
    let answers = join_all(posts).await;
    for answer in &answers {
        assert!(matches!(answer.status, 201 | 409), "{}", answer.told());
        if answer.status == 409 {
            answer.problem(409, "in-flight");
        }
    }
    assert!(answers.iter().any(|answer| answer.status == 201));
    assert_eq!(person.names(None).await, ["f"]);
}

// ---- bodies that are none

#[tokio::test]
async fn bodies_that_are_no_json_too_large_or_of_another_type_have_their_own_answers() {
    let server = Server::shared();
    let person = server.person().await;
    for path in ["/files/presigned-url", "/files/confirm", "/files/complete-multipart"] {
        let send = |content_type: &'static str, body: Vec<u8>| {
            let request = person.request(Method::POST, path).header("content-type", content_type).body(body);
            let person = person.clone();
            async move { person.send(request).await }
        };
        send("application/json", b"{".to_vec()).await.problem(400, "invalid-json");
        send("application/json", Vec::new()).await.problem(400, "invalid-json");
        send("application/json", b"nonsense".to_vec()).await.problem(400, "invalid-json");
        send("text/plain", b"{}".to_vec()).await.problem(415, "unsupported-media-type");
        // The answer comes long before the end of the body, which clients notice in different ways.
        let large = format!(
            "POST /api/v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{}",
            person.credential(),
            10 << 20,
            "x".repeat(10 << 20)
        );
        let answer = raw_exchange(server.address(), large.as_bytes()).await;
        assert!(answer.status == 413 && answer.text.contains("body-too-large"), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn an_unknown_upload_is_forbidden() {
    let person = Server::shared().person().await;
    person.post("/files/confirm", &json!({ "fileId": UNKNOWN })).await.problem(403, "forbidden");
    let complete = json!({ "fileId": UNKNOWN, "uploadId": "x", "parts": [] });
    person.post("/files/complete-multipart", &complete).await.problem(403, "forbidden");
    person.get(&format!("/files/{UNKNOWN}/upload")).await.problem(403, "forbidden");
    person.delete(&format!("/files/{UNKNOWN}/upload")).await.problem(403, "forbidden");
    person
        .post(&format!("/files/{UNKNOWN}/upload/parts"), &json!({ "partNumbers": [1] }))
        .await
        .problem(403, "forbidden");
}
