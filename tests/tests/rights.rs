//! Who may do what: every operation of the served OpenAPI document that names a thing, tried by
//! everybody who must not, and no answer that tells whether the thing exists.

use std::collections::BTreeMap;

use fardel_tests::{Answer, Client, Person, Server, announcement};
use reqwest::Method;
use serde_json::{Value, json};

const UNKNOWN: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

/// What the owner has, for others to reach for.
struct Belongings {
    file: String,
    folder: String,
    upload: String,
    session: String,
    key: String,
}

impl Belongings {
    async fn of(owner: &Person) -> Self {
        let folder = owner.folder("private", None).await;
        let file = owner.upload("secret.txt", b"the owner's content").await;
        let upload = owner.announce("pending.txt", b"pending").await;
        let session = owner.get("/me/sessions").await.expect(200)["items"][0]["id"].clone();
        let key = owner.post("/me/api-keys", &json!({ "name": "k", "scopes": ["files.read"] })).await.expect(201);
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        Self {
            file: text(&file["id"]),
            folder: text(&folder["id"]),
            upload: text(&upload["fileId"]),
            session: text(&session),
            key: text(&key["id"]),
        }
    }

    /// Ids that nobody has.
    fn nowhere() -> Self {
        let id = || UNKNOWN.to_owned();
        Self { file: id(), folder: id(), upload: id(), session: id(), key: id() }
    }
}

/// An operation, aimed at somebody's belongings.
struct Attempt {
    operation: &'static str,
    method: Method,
    path: String,
    body: Option<Value>,
}

/// One row for each operation that names a thing. `operation` is its id in the OpenAPI document.
fn attempts(of: &Belongings) -> Vec<Attempt> {
    let Belongings { file, folder, upload, session, key } = of;
    let row = |operation, method, path: String, body| Attempt { operation, method, path, body };
    let mut presign = announcement("intruder.txt", b"x");
    presign["parentId"] = json!(folder);
    vec![
        row("getFile", Method::GET, format!("/files/{file}"), None),
        row("getFile", Method::GET, format!("/files/{folder}"), None),
        row("updateFile", Method::PATCH, format!("/files/{file}"), Some(json!({ "name": "taken over" }))),
        row("updateFile", Method::PATCH, format!("/files/{file}"), Some(json!({ "parentId": folder }))),
        row("deleteFile", Method::DELETE, format!("/files/{file}"), None),
        row("restoreFile", Method::POST, format!("/files/{file}/restore"), None),
        row("downloadFile", Method::GET, format!("/files/{file}/download"), None),
        row("listFiles", Method::GET, format!("/files?parentId={folder}"), None),
        row("createFolder", Method::POST, "/files".into(), Some(json!({ "name": "x", "parentId": folder }))),
        row("presignUpload", Method::POST, "/files/presigned-url".into(), Some(presign)),
        row("getUpload", Method::GET, format!("/files/{upload}/upload"), None),
        row("abortUpload", Method::DELETE, format!("/files/{upload}/upload"), None),
        row("signParts", Method::POST, format!("/files/{upload}/upload/parts"), Some(json!({ "partNumbers": [1] }))),
        row(
            "completeMultipart",
            Method::POST,
            "/files/complete-multipart".into(),
            Some(json!({ "fileId": upload, "uploadId": "x", "parts": [] })),
        ),
        row("confirmUpload", Method::POST, "/files/confirm".into(), Some(json!({ "fileId": upload }))),
        row("confirmUpload", Method::POST, "/files/confirm".into(), Some(json!({ "fileId": file }))),
        row("endSession", Method::DELETE, format!("/me/sessions/{session}"), None),
        row("deleteApiKey", Method::DELETE, format!("/me/api-keys/{key}"), None),
    ]
}

/// Operations that name nothing of anybody: by their id.
const WITHOUT_A_THING: &[&str] = &[
    "getSetup",
    "setUp",
    "login",
    "refresh",
    "logout",
    "getMe",
    "updateMe",
    "changePassword",
    "listSessions",
    "listApiKeys",
    "createApiKey",
    "listUploads",
    "openapi",
    "endOtherSessions",
];

async fn send(client: &Client, attempt: &Attempt, condition: Option<(&'static str, &'static str)>) -> Answer {
    let mut request = client.request(attempt.method.clone(), &attempt.path);
    if let Some(body) = &attempt.body {
        request = request.json(body);
    }
    if let Some((name, value)) = condition {
        request = request.header(name, value);
    }
    client.send(request).await
}

/// Every operation of the document: its id, method and path.
async fn operations(server: &Server) -> BTreeMap<String, (String, String)> {
    let document = server.anonymous().get("/openapi.json").await.expect(200);
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let id = operation["operationId"].as_str().expect("an id").to_owned();
            operations.insert(id, (method.clone(), path.clone()));
        }
    }
    operations
}

#[tokio::test]
async fn every_operation_that_names_a_thing_has_a_row_here() {
    let server = Server::shared();
    let rows: Vec<&str> = attempts(&Belongings::nowhere()).iter().map(|attempt| attempt.operation).collect();
    let mut missing = Vec::new();
    for (id, (method, path)) in operations(server).await {
        let has_row = rows.contains(&id.as_str());
        if !has_row && (path.contains('{') || !WITHOUT_A_THING.contains(&id.as_str())) {
            missing.push(format!("{id} ({method} {path})"));
        }
    }
    assert!(missing.is_empty(), "add rows to tests/tests/rights.rs for: {}", missing.join(", "));
}

#[tokio::test]
async fn nobody_without_a_right_learns_or_changes_anything() {
    let server = Server::shared();
    let owner = server.person().await;
    let belongings = Belongings::of(&owner).await;
    let before = owner.get(&format!("/files/{}", belongings.file)).await.expect(200);

    let stranger = server.person().await;
    let disabled = server.person().await;
    let their_key = disabled.api_key(&["files.read", "files.write"]).await;
    let strangers_key = stranger.api_key(&["files.read", "files.write", "share", "admin"]).await;
    let administrator = server.administrator().await;
    assert!(server.cli(&["user", "disable", &disabled.email], "").status.success());
    fardel_tests::eventually_within(std::time::Duration::from_secs(5), "the disabled person is out", || async {
        (disabled.get("/me").await.status == 401 && their_key.get("/files").await.status == 401).then_some(())
    })
    .await;

    let anonymous = server.anonymous();
    let outside: [(&str, &Client); 3] =
        [("nobody", &anonymous), ("a disabled person", &disabled), ("a disabled person's key", &their_key)];
    let inside: [(&str, &Client); 3] =
        [("a stranger", &stranger), ("a stranger's key", &strangers_key), ("an administrator", &administrator)];
    let conditions = [None, Some(("if-none-match", "*")), Some(("if-match", "\"0\""))];
    for attempt in attempts(&belongings) {
        for condition in conditions {
            for (who, client) in outside {
                let answer = send(client, &attempt, condition).await;
                assert_eq!(answer.status, 401, "{who}: {}", answer.told());
                answer.problem(401, "unauthenticated");
            }
            for (who, client) in inside {
                let answer = send(client, &attempt, condition).await;
                assert_eq!(answer.status, 403, "{who}, {condition:?}: {}", answer.told());
                answer.problem(403, "forbidden");
                assert!(!answer.text().contains("secret"), "{who}: {}", answer.told());
            }
        }
    }

    assert_eq!(owner.get(&format!("/files/{}", belongings.file)).await.expect(200), before);
    assert_eq!(owner.names(None).await, ["private", "secret.txt"]);
    let upload = owner.announce("pending.txt", b"pending").await;
    assert_eq!(upload["fileId"], belongings.upload, "the upload is still the owner's to finish");
    owner.send_single(&upload, b"pending").await;
    owner.confirm(&upload["fileId"]).await;
}

#[tokio::test]
async fn what_others_have_answers_byte_for_byte_like_what_does_not_exist() {
    let server = Server::shared();
    let (owner, stranger) = (server.person().await, server.person().await);
    let belongings = Belongings::of(&owner).await;
    let gone = owner.upload("gone.txt", b"gone").await["id"].as_str().unwrap().to_owned();
    owner.delete(&format!("/files/{gone}")).await.expect(200);

    let foreign = attempts(&belongings);
    let unknown = attempts(&Belongings::nowhere());
    for (foreign, unknown) in foreign.iter().zip(&unknown) {
        for condition in [None, Some(("if-none-match", "*")), Some(("if-match", "\"0\""))] {
            let (first, second) =
                (send(&stranger, foreign, condition).await, send(&stranger, unknown, condition).await);
            assert_eq!(first.comparable(), second.comparable(), "{}", first.request);
            let names = |answer: &Answer| {
                let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
                names.sort();
                names
            };
            assert_eq!(names(&first), names(&second), "the headers tell: {}", first.request);
        }
    }
    let reference = stranger.get(&format!("/files/{UNKNOWN}")).await;
    for id in
        [gone.as_str(), "x", "1", "..", "%00", "0192f0c1-2345-7abc-8def-0123456789aZ", &belongings.file.to_uppercase()]
    {
        let answer = stranger.get(&format!("/files/{id}/download")).await;
        if answer.status != 404 {
            assert_eq!(answer.comparable(), reference.comparable(), "{id}");
        }
    }
}

#[tokio::test]
async fn the_order_of_checks_lets_no_stranger_probe_by_bad_bodies() {
    let server = Server::shared();
    let (owner, stranger) = (server.person().await, server.person().await);
    let belongings = Belongings::of(&owner).await;
    let Belongings { file, folder, upload, .. } = &belongings;
    // Each body is wrong in a way that the owner would be told.
    for (method, path, unknown_path, body) in [
        (Method::PATCH, format!("/files/{file}"), format!("/files/{UNKNOWN}"), json!({ "name": "a/b" })),
        (Method::PATCH, format!("/files/{file}"), format!("/files/{UNKNOWN}"), json!({ "name": "private" })),
        (
            Method::POST,
            format!("/files/{upload}/upload/parts"),
            format!("/files/{UNKNOWN}/upload/parts"),
            json!({ "partNumbers": [99] }),
        ),
    ] {
        let ask = |path: String| stranger.send(stranger.request(method.clone(), &path).json(&body));
        let (foreign, unknown) = (ask(path).await, ask(unknown_path).await);
        assert_eq!(foreign.comparable(), unknown.comparable(), "{}", foreign.told());
        foreign.problem(403, "forbidden");
    }
    for parent in [folder.as_str(), UNKNOWN] {
        let taken = json!({ "name": "a/b", "parentId": parent });
        stranger.post("/files", &taken).await.problem(403, "forbidden");
        stranger.get(&format!("/files?parentId={parent}&limit=0")).await.any_problem();
    }
}

#[tokio::test]
async fn the_parent_of_a_new_thing_must_be_ones_own() {
    let server = Server::shared();
    let (owner, stranger) = (server.person().await, server.person().await);
    let foreign = owner.folder("private", None).await["id"].clone();
    let own = stranger.upload("own.txt", b"own").await["id"].as_str().unwrap().to_owned();
    stranger.patch(&format!("/files/{own}"), &json!({ "parentId": foreign })).await.problem(403, "forbidden");
    for drive in [&owner.id, &stranger.id] {
        stranger.post("/files", &json!({ "name": "x", "parentId": drive })).await.problem(403, "forbidden");
    }
    assert!(owner.names(foreign.as_str()).await.is_empty());
    assert_eq!(stranger.names(None).await, ["own.txt"]);
}

#[tokio::test]
async fn a_key_reaches_no_further_than_its_scopes_even_on_ones_own_things() {
    let server = Server::shared();
    let owner = server.person().await;
    let belongings = Belongings::of(&owner).await;
    let sharing_only = owner.api_key(&["share"]).await;
    let admin_only = owner.api_key(&["admin"]).await;
    let reading = owner.api_key(&["files.read"]).await;
    for attempt in attempts(&belongings) {
        for key in [&sharing_only, &admin_only] {
            send(key, &attempt, None).await.problem(403, "forbidden");
        }
        let is_read = attempt.method == Method::GET && attempt.operation != "getUpload";
        let answer = send(&reading, &attempt, None).await;
        if is_read {
            assert!((200..300).contains(&answer.status), "{}", answer.told());
        } else {
            answer.problem(403, "forbidden");
        }
    }
    owner.get(&format!("/files/{}", belongings.file)).await.expect(200);
}

#[tokio::test]
async fn listings_hold_only_ones_own() {
    let server = Server::shared();
    let (owner, stranger) = (server.person().await, server.person().await);
    Belongings::of(&owner).await;
    for path in
        ["/files?limit=500", "/files?trashed=true", "/files/uploads", "/me/api-keys", "/files?q=secret&limit=500"]
    {
        let page = stranger.get(path).await.expect(200);
        assert_eq!(page["items"], json!([]), "{path}");
    }
    assert_eq!(stranger.get("/me/sessions").await.expect(200)["items"].as_array().unwrap().len(), 1);
}
