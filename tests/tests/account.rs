//! Accounts: first run, sign-in, sessions, password, keys, and how fast a revoked right ends.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fardel_tests::{Answer, Client, Person, Server, eventually_within};
use reqwest::Method;
use serde_json::{Value, json};

/// The contract's bound on how long anything lives on after it was revoked.
const REVOCATION: Duration = Duration::from_secs(5);

fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

async fn refresh(client: &Client, cookie: &str) -> Answer {
    client.send(client.request(Method::POST, "/auth/refresh").header("cookie", cookie)).await
}

async fn login(client: &Client, email: &str, password: &str) -> Answer {
    client.post("/auth/login", &json!({ "email": email, "password": password })).await
}

async fn is_refused_soon(client: &Client, what: &str) {
    eventually_within(REVOCATION, what, || async {
        let answer = client.get("/me").await;
        (answer.status == 401).then(|| answer.problem(401, "unauthenticated"))
    })
    .await;
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

#[tokio::test]
async fn the_first_account_is_made_with_the_printed_code_and_only_once() {
    let server = Server::start();
    let anyone = server.anonymous();
    assert_eq!(anyone.get("/auth/setup").await.expect(200)["open"], true);
    let body = |code: &str, email: &str| json!({ "code": code, "email": email, "name": "Ada", "password": "correct horse battery" });

    anyone.post("/auth/setup", &body("0000000000000000", "mallory@example.org")).await.problem(403, "setup-closed");
    anyone.post("/auth/setup", &body("", "mallory@example.org")).await.problem(403, "setup-closed");
    let made = anyone.post("/auth/setup", &body(server.setup_code(), "ada@example.org")).await;
    let signed_in = made.expect(201);
    assert_eq!(signed_in["user"]["role"], "admin");
    assert!(!cookie_of(&made).is_empty(), "set-up also signs in");
    let ada = anyone.with_credential(signed_in["accessToken"].as_str().unwrap());
    assert_eq!(ada.get("/me").await.expect(200)["email"], "ada@example.org");

    anyone.post("/auth/setup", &body(server.setup_code(), "eve@example.org")).await.problem(403, "setup-closed");
    assert_eq!(anyone.get("/auth/setup").await.expect(200)["open"], false);
    assert!(!server.data().join("setup-code").exists(), "the code's file goes with the code");
}

#[tokio::test]
async fn of_many_who_hold_the_set_up_code_at_once_one_gets_the_account() {
    let server = Server::start();
    let attempts = (0..8).map(|number| {
        let (client, code) = (server.anonymous(), server.setup_code().to_owned());
        async move {
            let email = format!("admin{number}@example.org");
            let body = json!({ "code": code, "email": email, "name": "Ada", "password": "correct horse battery" });
            client.post("/auth/setup", &body).await
        }
    });
    let answers = futures_util::future::join_all(attempts).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.problem(403, "setup-closed");
    }
}

#[tokio::test]
async fn a_restart_before_set_up_voids_the_old_code() {
    let mut server = Server::start();
    let old = server.setup_code().to_owned();
    server.kill();
    server.launch();
    assert_ne!(server.setup_code(), old);
    let body = |code: &str| json!({ "code": code, "email": "ada@example.org", "name": "Ada", "password": "correct horse battery" });
    server.anonymous().post("/auth/setup", &body(&old)).await.problem(403, "setup-closed");
    server.anonymous().post("/auth/setup", &body(server.setup_code())).await.expect(201);
}

#[tokio::test]
async fn a_sign_in_gives_a_short_token_and_a_cookie_that_scripts_and_other_sites_cannot_use() {
    let server = Server::shared();
    let person = server.person().await;
    let answer = login(&server.anonymous(), &person.email, &person.password).await;
    let signed_in = answer.expect(200);
    let token = claims(signed_in["accessToken"].as_str().unwrap());
    assert_eq!(token["exp"].as_i64().unwrap() - token["iat"].as_i64().unwrap(), 15 * 60);

    let cookie = answer.header("set-cookie").to_ascii_lowercase();
    let attributes: Vec<&str> = cookie.split(';').skip(1).map(str::trim).collect();
    assert!(attributes.contains(&"httponly"), "{cookie}");
    assert!(attributes.contains(&"samesite=strict"), "{cookie}");
    assert!(attributes.contains(&"path=/api/v1/auth"), "{cookie}");
    assert!(!attributes.iter().any(|attribute| attribute.starts_with("domain")), "{cookie}");
    assert!(!attributes.contains(&"secure"), "over http a Secure cookie would never come back: {cookie}");
    assert!(answer.header("cache-control").contains("no-store"));
}

#[tokio::test]
async fn behind_https_the_cookie_is_secure() {
    let server = Server::with("public_url", "https://files.example.org").start();
    let person = server.person().await;
    let answer = login(&server.anonymous(), &person.email, &person.password).await;
    answer.expect(200);
    let cookie = answer.header("set-cookie").to_ascii_lowercase();
    assert!(cookie.split(';').any(|attribute| attribute.trim() == "secure"), "{cookie}");
}

#[tokio::test]
async fn access_tokens_name_a_published_key() {
    let server = Server::shared();
    let person = server.person().await;
    let header = person.credential().split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!(header["alg"], "EdDSA");
    let keys = server.anonymous().get("//.well-known/jwks.json").await.expect(200);
    let keys = keys["keys"].as_array().unwrap();
    assert!(keys.iter().any(|key| key["kid"] == header["kid"] && key["crv"] == "Ed25519"), "{keys:?}");
    assert!(keys.iter().all(|key| key.get("d").is_none()), "a private key is published");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_are_told_apart_by_nothing() {
    let server = Server::shared();
    let person = server.person().await;
    let wrong = login(&server.anonymous(), &person.email, "not the password").await;
    let unknown = login(&server.anonymous(), "nobody@example.org", "not the password").await;
    wrong.problem(401, "invalid-credentials");
    assert_eq!(wrong.comparable(), unknown.comparable());
}

#[tokio::test]
async fn the_address_of_an_account_counts_without_regard_to_case() {
    let server = Server::shared();
    let person = server.person().await;
    login(&server.anonymous(), &person.email.to_uppercase(), &person.password).await.expect(200);
}

#[tokio::test]
async fn a_refresh_rotates_the_cookie_and_gives_a_token() {
    let server = Server::shared();
    let person = server.person().await;
    let client = server.anonymous();
    let first = cookie_of(&login(&client, &person.email, &person.password).await);
    let answer = refresh(&client, &first).await;
    let token = answer.expect(200)["accessToken"].as_str().unwrap().to_owned();
    assert_ne!(cookie_of(&answer), first);
    client.with_credential(&token).get("/me").await.expect(200);
    refresh(&client, &cookie_of(&answer)).await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_its_whole_family() {
    let server = Server::shared();
    let person = server.person().await;
    let client = server.anonymous();
    let first = cookie_of(&login(&client, &person.email, &person.password).await);
    let second = refresh(&client, &first).await;
    let newest = refresh(&client, &cookie_of(&second)).await;
    let token = newest.expect(200)["accessToken"].as_str().unwrap().to_owned();

    refresh(&client, &first).await.problem(401, "unauthenticated");
    refresh(&client, &cookie_of(&newest)).await.problem(401, "unauthenticated");
    is_refused_soon(&client.with_credential(&token), "the family's access tokens end").await;
    // The person's other sessions are another family.
    person.get("/me").await.expect(200);
}

#[tokio::test]
async fn a_refresh_without_or_with_a_made_up_cookie_is_refused() {
    let server = Server::shared();
    let client = server.anonymous();
    client.post_empty("/auth/refresh").await.problem(401, "unauthenticated");
    for value in ["x", "", "00000000-0000-7000-8000-000000000000.AAAA", &"A".repeat(3_000)] {
        let person = server.person().await;
        let name = cookie_of(&login(&client, &person.email, &person.password).await);
        let name = name.split('=').next().unwrap();
        refresh(&server.anonymous(), &format!("{name}={value}")).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn after_a_logout_neither_cookie_nor_token_opens_anything() {
    let server = Server::shared();
    let person = server.person().await;
    let client = server.anonymous();
    let answer = login(&client, &person.email, &person.password).await;
    let (cookie, token) = (cookie_of(&answer), answer.json()["accessToken"].as_str().unwrap().to_owned());
    let session = client.with_credential(&token);
    // Warm the caches of verified credentials first.
    session.get("/me").await.expect(200);
    session.send(session.request(Method::POST, "/auth/logout").header("cookie", &cookie)).await.expect_status(204);
    refresh(&server.anonymous(), &cookie).await.problem(401, "unauthenticated");
    is_refused_soon(&session, "the access token ends with its session").await;
    person.get("/me").await.expect(200);
}

#[tokio::test]
async fn sessions_are_listed_and_one_can_be_ended_from_another() {
    let server = Server::shared();
    let person = server.person().await;
    let phone = person.elsewhere().await;
    let sessions = person.get("/me/sessions").await.expect(200)["items"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    person.delete(&format!("/me/sessions/{}", other["id"].as_str().unwrap())).await.expect_status(204);
    is_refused_soon(&phone, "the ended session's token").await;
    assert_eq!(person.get("/me/sessions").await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_the_other_sessions() {
    let server = Server::shared();
    let person = server.person().await;
    let phone = person.elsewhere().await;
    let new = "another sound password";
    for body in [
        json!({ "currentPassword": "wrong", "newPassword": new }),
        json!({ "currentPassword": "", "newPassword": new }),
        json!({ "newPassword": new }),
    ] {
        let refused = person.post("/me/password", &body).await;
        assert!(matches!(refused.status, 401 | 403 | 422), "{}", refused.told());
        refused.any_problem();
    }
    person.patch("/me", &json!({ "password": new })).await.problem(422, "unknown-field");

    let body = json!({ "currentPassword": person.password, "newPassword": new });
    person.post("/me/password", &body).await.expect_status(204);
    person.get("/me").await.expect(200);
    is_refused_soon(&phone, "the other session's token").await;
    person.get("/me").await.expect(200);
    login(&server.anonymous(), &person.email, &person.password).await.problem(401, "invalid-credentials");
    login(&server.anonymous(), &person.email, new).await.expect(200);
}

#[tokio::test]
async fn a_password_that_is_too_short_or_too_long_is_refused_by_name() {
    let server = Server::shared();
    let person = server.person().await;
    for new in ["short", ""] {
        let body = json!({ "currentPassword": person.password, "newPassword": new });
        let refused = person.post("/me/password", &body).await;
        refused.problem(422, "invalid-field");
        assert_eq!(refused.pointers(), ["/newPassword"]);
    }
    // J09: a megabyte is never hashed.
    let refused = login(&server.anonymous(), &person.email, &"x".repeat(1_000_000)).await;
    assert!(matches!(refused.status, 401 | 413 | 422), "{}", refused.told());
    refused.any_problem();
}

#[tokio::test]
async fn a_profile_keeps_what_it_is_told_and_nothing_privileged() {
    let server = Server::shared();
    let person = server.person().await;
    let changed = person.patch("/me", &json!({ "name": "Grace", "locale": "de" })).await.expect(200);
    assert_eq!((&changed["name"], &changed["locale"]), (&json!("Grace"), &json!("de")));
    for field in ["role", "quota", "quotaBytes", "status", "id", "email_key", "disabledAt"] {
        person.patch("/me", &json!({ field: "admin" })).await.problem(422, "unknown-field");
    }
    assert_eq!(person.get("/me").await.expect(200)["role"], "user");
    let told = person.get("/me").await.text().to_lowercase();
    for secret in ["hash", "salt", "argon", "secret"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_does_what_its_scopes_say() {
    let server = Server::shared();
    let person = server.person().await;
    let made = person.post("/me/api-keys", &json!({ "name": "backup", "scopes": ["files.read"] })).await.expect(201);
    let text = made["key"].as_str().unwrap();
    assert!(text.starts_with("fardel_"), "{text}");
    let listed = person.get("/me/api-keys").await.text();
    assert!(listed.contains("backup") && !listed.contains(text), "{listed}");

    let key = server.anonymous().with_credential(text);
    key.get("/files").await.expect(200);
    key.post("/files", &json!({ "kind": "folder", "name": "x" })).await.problem(403, "forbidden");
    key.post("/files/presigned-url", &fardel_tests::announcement("x", b"x")).await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_key_cannot_widen_itself_nor_touch_the_account() {
    let server = Server::shared();
    let administrator = server.administrator().await;
    let key = administrator.api_key(&["files.read", "files.write", "share", "admin"]).await;
    for (method, path, body) in [
        (Method::POST, "/me/api-keys", json!({ "name": "more", "scopes": ["admin"] })),
        (Method::GET, "/me/api-keys", Value::Null),
        (
            Method::POST,
            "/me/password",
            json!({ "currentPassword": administrator.password, "newPassword": "a new password" }),
        ),
        (Method::GET, "/me/sessions", Value::Null),
        (Method::PATCH, "/me", json!({ "name": "Mallory" })),
    ] {
        let mut request = key.request(method, path);
        if !body.is_null() {
            request = request.json(&body);
        }
        key.send(request).await.problem(403, "forbidden");
    }
    login(&server.anonymous(), &administrator.email, &administrator.password).await.expect(200);
}

#[tokio::test]
async fn a_key_without_a_known_scope_reaches_nothing() {
    let server = Server::shared();
    let person = server.person().await;
    for scopes in [json!([]), json!(["everything"]), json!(["files.read", "root"])] {
        let made = person.post("/me/api-keys", &json!({ "name": "odd", "scopes": scopes })).await;
        if made.status == 201 {
            assert_eq!(scopes, json!([]), "an unknown scope was accepted: {}", made.told());
            let key = server.anonymous().with_credential(made.json()["key"].as_str().unwrap());
            key.get("/files").await.problem(403, "forbidden");
        } else {
            made.problem(422, "invalid-field");
        }
    }
}

#[tokio::test]
async fn a_deleted_key_ends_within_five_seconds() {
    let server = Server::shared();
    let person = server.person().await;
    let made = person.post("/me/api-keys", &json!({ "name": "old", "scopes": ["files.read"] })).await.expect(201);
    let key = server.anonymous().with_credential(made["key"].as_str().unwrap());
    key.get("/files").await.expect(200);
    person.delete(&format!("/me/api-keys/{}", made["id"].as_str().unwrap())).await.expect_status(204);
    eventually_within(REVOCATION, "the deleted key", || async {
        (key.get("/files").await.status == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_disabled_account_is_out_within_five_seconds_in_every_way() {
    let server = Server::shared();
    let person = server.person().await;
    let client = server.anonymous();
    let cookie = cookie_of(&login(&client, &person.email, &person.password).await);
    let key = person.api_key(&["files.read"]).await;
    key.get("/files").await.expect(200);
    person.get("/me").await.expect(200);

    assert!(server.cli(&["user", "disable", &person.email], "").status.success());
    is_refused_soon(&person, "the access token of a disabled account").await;
    eventually_within(REVOCATION, "the key of a disabled account", || async {
        (key.get("/files").await.status == 401).then_some(())
    })
    .await;
    refresh(&client, &cookie).await.problem(401, "unauthenticated");
    let refused = login(&client, &person.email, &person.password).await;
    let wrong = login(&client, &person.email, "not the password").await;
    assert_eq!(refused.comparable(), wrong.comparable(), "sign-in tells that the account is disabled");

    assert!(server.cli(&["user", "enable", &person.email], "").status.success());
    login(&client, &person.email, &person.password).await.expect(200);
}

#[tokio::test]
async fn requests_from_pages_of_other_sites_are_refused() {
    let server = Server::shared();
    let person = server.person().await;
    let client = server.anonymous();
    let body = json!({ "email": person.email, "password": person.password });
    let setup = json!({ "code": "0", "email": "a@example.org", "name": "A", "password": "correct horse battery" });
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        client.post_with("/auth/login", &body, name, value).await.problem(403, "cross-site");
        client.post_with("/auth/setup", &setup, name, value).await.problem(403, "cross-site");
        for path in ["/auth/refresh", "/auth/logout"] {
            client.send(client.request(Method::POST, path).header(name, value)).await.problem(403, "cross-site");
        }
    }
    // A form can send no JSON.
    let form = client.request(Method::POST, "/auth/login").header("content-type", "text/plain").body(body.to_string());
    client.send(form).await.problem(415, "unsupported-media-type");
    client.post_with("/auth/login", &body, "origin", &server.url()).await.expect(200);
}

#[tokio::test]
async fn a_cookie_alone_opens_nothing_but_refresh_and_logout() {
    let server = Server::shared();
    let person = server.person().await;
    let client = server.anonymous();
    let cookie = cookie_of(&login(&client, &person.email, &person.password).await);
    for request in [
        client.request(Method::GET, "/me"),
        client.request(Method::GET, "/files"),
        client.request(Method::POST, "/files").json(&json!({ "kind": "folder", "name": "x" })),
    ] {
        client.send(request.header("cookie", &cookie)).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn tokens_in_urls_and_headers_of_proxies_are_no_credentials() {
    let server = Server::shared();
    let person = server.person().await;
    let client = server.anonymous();
    for name in ["token", "access_token", "jwt", "api_key", "key"] {
        for path in ["/me", "/files", "/files/uploads", "/me/sessions"] {
            client.get(&format!("{path}?{name}={}", person.credential())).await.problem(401, "unauthenticated");
        }
    }
    for name in ["remote-user", "x-forwarded-user", "x-auth-request-email", "x-webauth-user"] {
        client.get_with("/me", name, &person.email).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn altered_borrowed_and_made_up_tokens_are_refused() {
    let server = Server::shared();
    let person = server.person().await;
    let other = server.person().await;
    let client = server.anonymous();
    let cookie = cookie_of(&login(&client, &person.email, &person.password).await);
    let parts: Vec<&str> = person.credential().split('.').collect();
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut forged = claims(person.credential());
    forged["sub"] = json!(other.id);
    let forged = encode(&forged);
    let unsigned = encode(&json!({ "alg": "none", "typ": "at+jwt" }));
    for token in [
        format!("{}.{forged}.{}", parts[0], parts[2]),
        format!("{unsigned}.{forged}."),
        format!("{unsigned}.{}.", parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        cookie.split_once('=').unwrap().1.to_owned(),
        "fardel_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "a".repeat(7_000),
        String::new(),
    ] {
        client.with_credential(&token).get("/me").await.problem(401, "unauthenticated");
    }
    for header in ["Basic YTpi", "bearer", "Bearer  ", "Token abc"] {
        client.get_with("/me", "authorization", header).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn guessing_at_one_account_is_slowed_down_without_locking_anybody_else_out() {
    let server = Server::with("rate_limits.login", "10").start();
    // The settings of the suites give a large budget first; the last one counts.
    let victim = server.person().await;
    let other = server.person().await;
    let client = server.anonymous();
    let mut wrong = 0;
    let mut limited = None;
    for attempt in 0..40 {
        // J12: an address that the client claims changes nothing.
        let body = json!({ "email": victim.email, "password": format!("guess {attempt}") });
        let answer = client.post_with("/auth/login", &body, "x-forwarded-for", &format!("203.0.113.{attempt}")).await;
        if answer.status == 429 {
            limited = Some(answer);
            break;
        }
        answer.problem(401, "invalid-credentials");
        wrong += 1;
    }
    let limited = limited.expect("guessing is limited");
    limited.problem(429, "rate-limited");
    assert!(limited.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1), "{}", limited.told());
    assert!(wrong <= 20, "{wrong} guesses were answered");
    login(&client, &other.email, &other.password).await.expect(200);
    victim.get("/me").await.expect(200);
    let elsewhere = reqwest::Client::builder().local_address("127.77.0.1".parse().ok()).no_proxy().build().unwrap();
    let sent = elsewhere
        .post(format!("{}/api/v1/auth/login", server.url()))
        .json(&json!({ "email": victim.email, "password": victim.password }))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200, "the person is locked out by somebody else's guesses");
}

#[tokio::test]
async fn guesses_in_parallel_do_not_slip_past_the_limit() {
    let server = Server::with("rate_limits.login", "10").start();
    let victim: Person = server.person().await;
    let guesses = (0..60).map(|number| {
        let (client, email) = (server.anonymous(), victim.email.clone());
        async move { login(&client, &email, &format!("guess {number}")).await.status }
    });
    let statuses = futures_util::future::join_all(guesses).await;
    let answered = statuses.iter().filter(|status| **status == 401).count();
    assert!(answered <= 20, "{answered} of 60 guesses were answered");
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
}
