//! Names of files and folders: what is refused, what is kept, and when two are the same.

#![expect(clippy::unwrap_used, reason = "a step that fails fails its test")]

use fardel_tests::{Server, announcement};
use reqwest::Method;
use serde_json::{Value, json};

const REFUSED: &[&str] = &[
    "",
    " ",
    "\u{3000}",
    ".",
    "..",
    "a/b",
    "/",
    "../x",
    "..\\x",
    "a\\b",
    "nul\0byte",
    "line\nbreak",
    "carriage\rreturn",
    "tab\there",
    "delete\u{7f}",
    "c1\u{85}",
    " leading",
    "trailing ",
    "trailing.",
    "exe\u{202e}fdp.txt",
    "\u{2066}isolate",
    "zero\u{200b}width",
    "\u{feff}mark",
];

#[tokio::test]
async fn a_name_that_is_no_single_visible_step_of_a_path_is_refused_everywhere() {
    let server = Server::shared();
    let person = server.person().await;
    let folder = person.folder("there", None).await;
    let path = format!("/files/{}", folder["id"].as_str().unwrap());
    let long = "x".repeat(256);
    let long_in_bytes = "é".repeat(128);
    for name in REFUSED.iter().copied().chain([long.as_str(), &long_in_bytes]) {
        let answers = [
            person.post("/files", &json!({ "kind": "folder", "name": name })).await,
            person.post("/files/presigned-url", &announcement(name, b"x")).await,
            person.patch(&path, &json!({ "name": name })).await,
        ];
        for answer in answers {
            answer.problem(422, "invalid-field");
            assert_eq!(answer.pointers(), ["/name"], "{name:?}: {}", answer.told());
        }
    }
    assert_eq!(person.names(None).await, ["there"]);
    assert_eq!(person.storage().await["reservedBytes"], 0);
}

#[tokio::test]
async fn half_a_surrogate_pair_is_no_text() {
    let person = Server::shared().person().await;
    for name in [r"\ud800", r"\udc00", r"x\ud800y"] {
        let body = format!(r#"{{"kind":"folder","name":"{name}"}}"#);
        let request = person.request(Method::POST, "/files").header("content-type", "application/json").body(body);
        let answer = person.send(request).await;
        assert!(matches!(answer.status, 400 | 422), "{}", answer.told());
        answer.any_problem();
    }
    let mut bytes = br#"{"kind":"folder","name":"x"}"#.to_vec();
    bytes[25] = 0xff;
    let request = person.request(Method::POST, "/files").header("content-type", "application/json").body(bytes);
    person.send(request).await.problem(400, "invalid-json");
}

#[tokio::test]
async fn every_other_name_is_kept_as_it_is_and_downloaded_under_it() {
    let person = Server::shared().person().await;
    let long = format!("{}.txt", "n".repeat(251));
    for (number, name) in [
        "report.pdf",
        "$(touch x)",
        "`id`",
        "-rf",
        "|x",
        "a;b&c",
        "\"quoted\"",
        "<svg onload=alert(1)>",
        "100%.txt",
        "%2e%2e%2f",
        "naïve café.txt",
        "日本語.txt",
        "👩\u{200d}👩\u{200d}👧.jpg",
        "C:x",
        "CON",
        ".profile",
        "a..b",
        "...x",
        "semi;colon=",
        &long,
    ]
    .into_iter()
    .enumerate()
    {
        let file = person.upload(name, format!("content {number}").as_bytes()).await;
        assert_eq!(file["name"], name);
        let got = person.download(file["id"].as_str().unwrap()).await;
        got.expect_status(200);
        let disposition = got.header("content-disposition");
        assert!(disposition.is_ascii(), "{disposition}");
        assert_eq!(name_in(disposition), name, "{disposition}");
    }
}

/// What RFC 6266 and RFC 8187 make of a disposition.
fn name_in(disposition: &str) -> String {
    if let Some((_, encoded)) = disposition.split_once("filename*=UTF-8''") {
        let encoded = encoded.split(';').next().unwrap();
        let mut bytes = Vec::new();
        let mut rest = encoded.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        return String::from_utf8(bytes).unwrap();
    }
    let quoted = disposition.split_once("filename=\"").expect("a file name").1;
    let mut name = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next().expect("a closing quote") {
            '"' => return name,
            '\\' => name.push(characters.next().unwrap()),
            other => name.push(other),
        }
    }
}

#[tokio::test]
async fn names_that_differ_only_in_case_or_composition_are_the_same() {
    let person = Server::shared().person().await;
    for (first, second) in [("Straße.TXT", "STRASSE.txt"), ("cafe\u{301}.txt", "CAFÉ.txt"), ("ΣΊΣΥΦΟΣ", "σίσυφος")]
    {
        person.folder(first, None).await;
        person.post("/files", &json!({ "kind": "folder", "name": second })).await.problem(409, "name-taken");
        person.post("/files/presigned-url", &announcement(second, b"x")).await.problem(409, "name-taken");
    }
}

#[tokio::test]
async fn a_name_comes_back_in_nfc_and_may_change_only_its_case() {
    let person = Server::shared().person().await;
    let folder = person.folder("cafe\u{301}", None).await;
    assert_eq!(folder["name"], "café");
    let path = format!("/files/{}", folder["id"].as_str().unwrap());
    let renamed: Value = person.patch(&path, &json!({ "name": "CAFÉ" })).await.expect(200);
    assert_eq!(renamed["name"], "CAFÉ");
}

#[tokio::test]
async fn the_longest_name_has_255_bytes_and_an_alternative_stays_within_them() {
    let person = Server::shared().person().await;
    let name = format!("{}.txt", "é".repeat(125));
    let first = person.upload(&name, b"one").await;
    assert_eq!(first["name"], name);
    let mut again = announcement(&name, b"two");
    again["onConflict"] = json!("rename");
    let second = person.upload_as(again, b"two").await;
    let renamed = second["name"].as_str().unwrap();
    assert!(renamed.len() <= 255 && renamed.ends_with(" (2).txt"), "{renamed}");
}
