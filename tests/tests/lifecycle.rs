//! Start, stop, crash, full disk: nothing that was acknowledged is lost.

#![expect(clippy::unwrap_used, reason = "a step that fails fails its test")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use fardel_tests::{Parts, Person, Server, announcement, digest, eventually, parts};
use futures_util::{StreamExt, future::join_all};
use serde_json::{Value, json};

#[tokio::test]
async fn a_terminated_server_finishes_what_it_began_and_ends_within_ten_seconds() {
    let mut server = Server::start();
    let person = server.person().await;
    let bytes = vec![7; 4 << 20];
    let presigned = person.announce("a", &bytes).await;
    let is_embedded = parts() == Parts::Embedded;

    // Half of the body is sent; the rest follows once the server was told to stop.
    let (told, wait) = tokio::sync::oneshot::channel::<()>();
    let (first, second) = (Bytes::copy_from_slice(&bytes[..2 << 20]), Bytes::copy_from_slice(&bytes[2 << 20..]));
    let (sending, begun) = tokio::sync::oneshot::channel::<()>();
    let body = futures_util::stream::iter([first]).chain(futures_util::stream::once(async move {
        let _ = sending.send(());
        let _ = wait.await;
        second
    }));
    let mut headers = reqwest::header::HeaderMap::new();
    for (name, value) in presigned["headers"].as_object().unwrap() {
        headers.insert(name.parse::<reqwest::header::HeaderName>().unwrap(), value.as_str().unwrap().parse().unwrap());
    }
    headers.insert("content-length", bytes.len().into());
    let put =
        reqwest::Client::builder().no_proxy().build().unwrap().put(presigned["url"].as_str().unwrap()).headers(headers);
    let upload = tokio::spawn(put.body(reqwest::Body::wrap_stream(body.map(Ok::<_, std::io::Error>))).send());
    begun.await.unwrap();
    if is_embedded {
        // The client has sent half; the signal must not come before the server has begun as well.
        let temps = server.data().join("objects/.tmp");
        eventually("the server writes the first half", || async { has_temp_file(&temps).then_some(()) }).await;
    }

    let stopping = tokio::task::spawn_blocking(move || {
        let outcome = server.stop(Duration::from_secs(10));
        (server, outcome)
    });
    told.send(()).unwrap();
    let (server, (status, _)) = stopping.await.unwrap();
    assert!(status.success(), "{status}:\n{}", server.log());
    if is_embedded {
        assert_eq!(upload.await.unwrap().expect("an answer").status(), 200);
    }
    let mut server = server;
    server.launch();
    let person = person.reconnected();
    if is_embedded {
        person.confirm(&presigned["fileId"]).await;
    }
    assert!(person.get("/me").await.status == 200, "sessions outlive a restart");
}

#[tokio::test]
async fn a_second_process_on_the_same_data_is_refused_with_the_reason() {
    let server = Server::start();
    let output = server.cli(&["serve", "--listen", "127.0.0.1:0"], "");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("data folder") && said.contains("stop it"), "{said}");
    server.anonymous().get("//healthz").await.expect_status(200);
}

#[tokio::test]
async fn an_address_in_use_is_told() {
    let server = Server::start();
    let other = Server::start();
    let output = {
        let mut stopped = other;
        stopped.stop(Duration::from_secs(10));
        stopped.cli(&["serve", "--listen", &server.address().to_string()], "")
    };
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&server.address().to_string()), "{said}");
}

/// What a client was told before the server died.
#[derive(Default)]
struct Acknowledged {
    confirmed: Vec<(String, String, Vec<u8>)>,
    stored: Vec<(String, Vec<u8>)>,
}

/// Uploads until the server is gone; writes down each acknowledgement at once.
async fn upload_until_the_end(person: Person, worker: u32, acknowledged: Arc<Mutex<Acknowledged>>) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for round in 0..1_000u32 {
        let name = format!("file {worker} {round}");
        let mut bytes = name.clone().into_bytes();
        bytes.resize(3_000 + 37 * worker as usize, b'x');
        let url = person.request(reqwest::Method::POST, "/files/presigned-url");
        let Ok(presigned) = url.json(&announcement(&name, &bytes)).send().await else { return };
        if presigned.status() != 201 {
            return;
        }
        let Ok(presigned) = presigned.json::<Value>().await else { return };
        let mut put = client.put(presigned["url"].as_str().unwrap()).body(bytes.clone());
        for (header, value) in presigned["headers"].as_object().unwrap() {
            if header != "content-length" {
                put = put.header(header, value.as_str().unwrap());
            }
        }
        match put.send().await {
            Ok(answer) if answer.status() == 200 => {}
            _ => return,
        }
        let id = presigned["fileId"].as_str().unwrap().to_owned();
        acknowledged.lock().unwrap().stored.push((id.clone(), bytes.clone()));
        let confirm = person.request(reqwest::Method::POST, "/files/confirm").json(&json!({ "fileId": id }));
        match confirm.send().await {
            Ok(answer) if answer.status() == 201 => {
                acknowledged.lock().unwrap().confirmed.push((id, name, bytes));
            }
            _ => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_during_fifty_uploads_loses_nothing_that_was_acknowledged() {
    let mut server = Server::start();
    let mut person = server.person().await;
    for round in 0..3 {
        let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
        let uploads: Vec<_> = (0..50)
            .map(|worker| {
                tokio::spawn(upload_until_the_end(person.clone(), worker + 100 * round, acknowledged.clone()))
            })
            .collect();
        let wanted = 60 + 30 * round as usize;
        eventually("enough uploads are acknowledged", || async {
            (acknowledged.lock().unwrap().confirmed.len() >= wanted).then_some(())
        })
        .await;
        server.kill();
        join_all(uploads).await;
        server.launch();
        person = person.reconnected();

        let (confirmed, stored) = {
            let mut acknowledged = acknowledged.lock().unwrap();
            (std::mem::take(&mut acknowledged.confirmed), std::mem::take(&mut acknowledged.stored))
        };
        let listed = person.list(None).await;
        for (id, name, bytes) in &confirmed {
            let file = listed.iter().find(|file| file["id"] == *id).unwrap_or_else(|| panic!("{name} is not listed"));
            assert_eq!((&file["name"], &file["checksum"]["value"]), (&json!(name), &json!(digest(bytes))));
            assert_eq!(person.download(id).await.expect_status(200).body, bytes, "{name}");
        }
        // Bytes whose PUT was answered are there, whatever became of the confirm.
        for (id, bytes) in &stored {
            let file = person.post("/files/confirm", &json!({ "fileId": id })).await;
            assert!(matches!(file.status, 200 | 201), "{}", file.told());
            assert_eq!(person.download(id).await.expect_status(200).body, bytes);
        }
        // Nothing is listed that cannot be read, and the numbers add up.
        let listed = person.list(None).await;
        for file in &listed {
            let got = person.download(file["id"].as_str().unwrap()).await;
            assert_eq!(digest(&got.expect_status(200).body), file["checksum"]["value"].as_str().unwrap());
        }
        let total: u64 = listed.iter().map(|file| file["size"].as_u64().unwrap()).sum();
        assert_eq!(person.storage().await["usedBytes"], total);
        for upload in person.get("/files/uploads?limit=500").await.expect(200)["items"].as_array().unwrap() {
            person.delete(&format!("/files/{}/upload", upload["fileId"].as_str().unwrap())).await.expect_status(204);
        }
        assert_eq!(person.storage().await["reservedBytes"], 0);
    }
}

#[tokio::test]
async fn uploads_whose_confirm_never_came_are_finished() {
    let server = Server::with("reconcile_every", "1s").start();
    let person = server.person().await;
    let single = person.announce("single", b"arrived").await;
    person.send_single(&single, b"arrived").await;
    let mut bytes = vec![5; 100_000_001];
    for (number, part) in bytes.chunks_mut(16 << 20).enumerate() {
        part[0] = u8::try_from(number).unwrap();
    }
    let multipart = person.announce("multipart", &bytes).await;
    person.send_parts(&multipart, &bytes, 1..=6).await;
    let listed = eventually("both are files", || async {
        let listed = person.list(None).await;
        (listed.len() == 2).then_some(listed)
    })
    .await;
    let ids: Vec<&Value> = listed.iter().map(|file| &file["id"]).collect();
    assert!(ids.contains(&&single["fileId"]) && ids.contains(&&multipart["fileId"]));
    // A client that comes back late is told what it wanted to hear.
    let confirmed = person.post("/files/confirm", &json!({ "fileId": single["fileId"] })).await.expect(200);
    assert_eq!(confirmed["file"]["name"], "single");
    assert_eq!(person.storage().await["reservedBytes"], 0);
    assert!(person.download(multipart["fileId"].as_str().unwrap()).await.body == bytes, "the bytes differ");
}

#[tokio::test]
async fn abandoned_uploads_are_freed() {
    let server = Server::with("reconcile_every", "1s").set("upload_expires_after", "2s").start();
    let person = server.person().await;
    let single = person.announce("single", b"never sent").await;
    let multipart = person.announce("multipart", &vec![5; 100_000_001]).await;
    person.send_parts(&multipart, &vec![5; 100_000_001], [1]).await;
    assert!(person.storage().await["reservedBytes"].as_u64() > Some(0));
    eventually("nothing is reserved any more", || async {
        (person.storage().await["reservedBytes"] == 0).then_some(())
    })
    .await;
    assert!(person.get("/files/uploads").await.expect(200)["items"].as_array().unwrap().is_empty());
    assert!(person.names(None).await.is_empty());
    for upload in [&single, &multipart] {
        let late = person.post("/files/confirm", &json!({ "fileId": upload["fileId"] })).await;
        assert!(matches!(late.status, 403 | 409), "{}", late.told());
    }
}

#[tokio::test]
async fn a_full_disk_answers_507_and_leaves_nothing_half_written() {
    // An S3 server's disk is its own affair.
    if parts() == Parts::Scaled {
        return;
    }
    let Some(server) = Server::on_a_small_disk("48m") else {
        eprintln!("not run: this user may not mount a tmpfs of its own");
        return;
    };
    let setup = json!({
        "code": server.setup_code(), "email": "ada@example.org", "name": "Ada", "password": "correct horse battery",
    });
    let signed_in = server.anonymous().post("/auth/setup", &setup).await.expect(201);
    let ada = server.anonymous().with_credential(signed_in["accessToken"].as_str().unwrap());
    let before = ada.upload("before.txt", b"before").await;

    let bytes = vec![1; 64 << 20];
    let presigned = ada.post("/files/presigned-url", &announcement("large", &bytes)).await;
    if presigned.status == 507 {
        presigned.problem(507, "storage-full");
    } else {
        let presigned = presigned.expect(201);
        let refused = ada.put(presigned["url"].as_str().unwrap(), &presigned["headers"], bytes).await;
        assert_eq!(refused.status, 507, "{}", refused.told());
        refused.assert_reveals_nothing();
        ada.post("/files/confirm", &json!({ "fileId": presigned["fileId"] })).await.problem(409, "not-uploaded");
        ada.delete(&format!("/files/{}/upload", presigned["fileId"].as_str().unwrap())).await.expect_status(204);
    }
    // What was half written is gone: there is room again, and what was there still is.
    let fits = vec![2; 8 << 20];
    ada.upload("fits", &fits).await;
    assert_eq!(ada.download(before["id"].as_str().unwrap()).await.text(), "before");
    assert_eq!(ada.names(None).await, ["before.txt", "fits"]);
}

/// Whether an object is being written: a file beside the lock of the process's folder.
fn has_temp_file(temps: &std::path::Path) -> bool {
    let folders = temps.read_dir().into_iter().flatten().flatten();
    folders.flat_map(|folder| folder.path().read_dir().into_iter().flatten().flatten()).count() > 1
}
