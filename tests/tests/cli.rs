//! The command line and the configuration.

use std::{fs, os::unix::fs::PermissionsExt, process::Output};

use fardel_tests::{Parts, Server, Start, parts};
use serde_json::{Value, json};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn every_mistake_of_a_configuration_is_told_at_once_with_an_example() {
    let server = Server::start();
    for command in [&["config", "check"][..], &["serve"]] {
        let output = server
            .command(command)
            .env("FARDEL_LISTEN", "nonsense")
            .env("FARDEL_MAX_FILE_SIZE", "ten")
            .env("FARDEL_DATABASE", "mysql://x")
            .env("FARDEL_COLOUR", "red")
            .env("FARDEL_RATE_LIMITS__LOGIN", "-1")
            .output()
            .unwrap();
        assert!(!output.status.success());
        let said = said(&output);
        for key in ["listen", "max_file_size", "database", "colour", "rate_limits.login"] {
            assert!(said.contains(key), "{key} is not named:\n{said}");
        }
        assert!(said.contains("127.0.0.1:8080"), "no example:\n{said}");
    }
}

#[test]
fn a_sound_configuration_is_called_sound() {
    let server = Server::start();
    let output = server.cli(&["config", "check"], "");
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn a_shown_configuration_hides_secrets() {
    let server = Server::start();
    let output = server
        .command(&["config", "show"])
        .env("FARDEL_DATABASE", "postgres://fardel:a-secret-word@db.example.org/fardel")
        .output()
        .unwrap();
    let said = said(&output);
    assert!(output.status.success() && said.contains("db.example.org") && !said.contains("a-secret-word"), "{said}");
}

#[test]
fn a_configuration_file_is_read_and_the_environment_wins() {
    let server = Server::start();
    let file = server.data().parent().unwrap().join("own.toml");
    fs::write(&file, "trash_days = 7\nmax_file_size = \"3MiB\"\n[rate_limits]\npresign = 77\n").unwrap();
    let output = server
        .command(&["config", "show", "--config", file.to_str().unwrap()])
        .env("FARDEL_TRASH_DAYS", "9")
        .output()
        .unwrap();
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let has = |key: &str, value: &str| said.lines().any(|line| line.contains(key) && line.contains(value));
    assert!(has("trash_days", "9") && has("max_file_size", "3MiB") && has("presign", "1000000"), "{said}");
    fs::write(&file, "trash_days = [\n").unwrap();
    let output = server.command(&["config", "check", "--config", file.to_str().unwrap()]).output().unwrap();
    assert!(!output.status.success());
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let server = Server::start();
    for arguments in [&["frobnicate"][..], &["serve", "--colour"], &["user", "add"], &["user", "add", "a@example.org"]]
    {
        assert_eq!(server.cli(arguments, "").status.code(), Some(2), "{arguments:?}");
    }
}

#[tokio::test]
async fn accounts_are_added_listed_disabled_and_given_new_passwords() {
    let server = Server::start();
    let add = |email: &str, password: &str| {
        server.cli(&["user", "add", email, "--name", "Ada", "--password-stdin"], password)
    };
    let output = add("ada@example.org", "correct horse battery\n");
    assert!(output.status.success(), "{}", said(&output));
    let again = add("ADA@example.org", "correct horse battery");
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("ADA@example.org") || said(&again).contains("already"), "{}", said(&again));
    for (email, password) in
        [("no address", "correct horse battery"), ("eve@example.org", "short"), ("eve@example.org", "")]
    {
        let refused = add(email, password);
        assert_eq!(refused.status.code(), Some(1), "{email}: {}", said(&refused));
    }

    let listed = said(&server.cli(&["user", "list"], ""));
    assert!(listed.contains("ada@example.org") && listed.contains("active"), "{listed}");
    let json = server.cli(&["user", "list", "--json"], "");
    let line: Value = serde_json::from_slice(&json.stdout).expect("one JSON line");
    assert_eq!((&line["email"], &line["state"]), (&json!("ada@example.org"), &json!("active")));
    let secrets = line.to_string().to_lowercase();
    assert!(!secrets.contains("hash") && !secrets.contains("argon"), "{secrets}");

    let login = |password: &'static str| {
        let client = server.anonymous();
        async move { client.post("/auth/login", &json!({ "email": "ada@example.org", "password": password })).await }
    };
    login("correct horse battery").await.expect(200);
    assert!(server.cli(&["user", "disable", "ada@example.org"], "").status.success());
    login("correct horse battery").await.problem(401, "invalid-credentials");
    assert!(server.cli(&["user", "enable", "ada@example.org"], "").status.success());
    assert!(
        server
            .cli(&["user", "reset-password", "ada@example.org", "--password-stdin"], "a new sound password")
            .status
            .success()
    );
    login("correct horse battery").await.problem(401, "invalid-credentials");
    login("a new sound password").await.expect(200);
    for command in ["disable", "enable"] {
        let unknown = server.cli(&["user", command, "nobody@example.org"], "");
        assert_eq!(unknown.status.code(), Some(1), "{}", said(&unknown));
    }
}

#[tokio::test]
async fn a_reset_password_ends_all_sessions() {
    let server = Server::start();
    let person = server.person().await;
    let output = server.cli(&["user", "reset-password", &person.email, "--password-stdin"], "a new sound password");
    assert!(output.status.success(), "{}", said(&output));
    fardel_tests::eventually_within(std::time::Duration::from_secs(5), "the old session is refused", || async {
        (person.get("/me").await.status == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_quota_is_read_with_its_unit() {
    let server = Server::start();
    let person = server.person_with_quota("3GiB").await;
    assert_eq!(person.storage().await["quotaBytes"], 3u64 << 30);
    let other = server.person_with_quota("2GB").await;
    assert_eq!(other.storage().await["quotaBytes"], 2_000_000_000u64);
    let refused =
        server.cli(&["user", "add", "x@example.org", "--quota", "many", "--password-stdin"], "correct horse battery");
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
}

#[test]
fn what_is_secret_on_disk_is_for_its_owner_only() {
    let mut server = Server::start();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&server.data()), 0o700);
    let keys = server.data().join("keys");
    assert_eq!(mode(&keys), 0o700);
    let files: Vec<_> = fs::read_dir(&keys).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    assert_eq!(mode(&server.data().join("setup-code")), 0o600);

    server.kill();
    for file in &files {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        let output = server.cli(&["serve", "--listen", "127.0.0.1:0"], "");
        assert_eq!(output.status.code(), Some(1), "{} may be read by all: {}", file.display(), said(&output));
        assert!(said(&output).contains("chmod"), "{}", said(&output));
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    server.launch();
}

#[test]
fn the_api_document_is_printed_without_any_configuration() {
    let server = Server::start();
    let output = server.cli(&["openapi"], "");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[tokio::test]
async fn a_default_quota_holds_for_new_accounts() {
    let server = Server::with("default_quota", "5MiB").start();
    assert_eq!(server.person().await.storage().await["quotaBytes"], 5 << 20);
    assert_eq!(Start::default().start().person().await.storage().await["quotaBytes"], Value::Null);
}

#[tokio::test]
async fn links_planted_in_the_object_folder_are_never_followed() {
    if parts() == Parts::Scaled {
        return;
    }
    let server = Server::start();
    let person = server.person().await;
    let outside = server.data().parent().unwrap().join("outside.txt");
    fs::write(&outside, "outside").unwrap();
    person.upload("a.txt", b"content").await;
    // Every object is put beside itself and replaced by a link to a file outside.
    let mut folders = vec![server.data().join("objects")];
    let mut replaced = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(7).any(|window| window == b"content")) {
                fs::remove_file(&path).unwrap();
                std::os::unix::fs::symlink(&outside, &path).unwrap();
                replaced += 1;
            }
        }
    }
    assert!(replaced > 0, "no object was found under the data folder");
    let mut server = server;
    server.kill();
    server.launch();
    let person = person.reconnected();
    let file = person.list(None).await.remove(0);
    let url = person.get(&format!("/files/{}/download", file["id"].as_str().unwrap())).await.expect(200);
    let answer = person.get(url["url"].as_str().unwrap()).await;
    assert!(answer.status >= 400 && !answer.text().contains("outside"), "{}", answer.told());
    assert_eq!(fs::read_to_string(&outside).unwrap(), "outside");
}
