//! The quota: pending uploads count, nothing passes it, and every number is exact afterwards.

use fardel_tests::{Server, announcement, eventually};
use futures_util::future::join_all;
use serde_json::json;

const MIB: usize = 1 << 20;

#[tokio::test]
async fn pending_uploads_are_reserved_and_an_abort_gives_them_back() {
    let person = Server::shared().person_with_quota("10MiB").await;
    assert_eq!(person.storage().await["quotaBytes"], 10 * MIB);
    let first = person.announce("a", &vec![1; 6 * MIB]).await;
    assert_eq!(person.storage().await["reservedBytes"], 6 * MIB);
    let refused = person.post("/files/presigned-url", &announcement("b", &vec![2; 6 * MIB])).await;
    refused.problem(507, "quota-exceeded");

    let upload = format!("/files/{}/upload", first["fileId"].as_str().unwrap());
    person.delete(&upload).await.expect_status(204);
    assert_eq!(person.storage().await["reservedBytes"], 0);
    person.announce("b", &vec![2; 6 * MIB]).await;
}

#[tokio::test]
async fn a_confirm_turns_what_was_reserved_into_what_is_used() {
    let person = Server::shared().person_with_quota("10MiB").await;
    let bytes = vec![3; 4 * MIB];
    let presigned = person.announce("a", &bytes).await;
    person.send_single(&presigned, &bytes).await;
    person.confirm(&presigned["fileId"]).await;
    person.post("/files/confirm", &json!({ "fileId": presigned["fileId"] })).await.expect(200);
    let storage = person.storage().await;
    assert_eq!((&storage["usedBytes"], &storage["reservedBytes"]), (&json!(4 * MIB), &json!(0)));
}

#[tokio::test]
async fn uploads_in_parallel_cannot_pass_the_quota() {
    let person = Server::shared().person_with_quota("10MiB").await;
    let announcements = (0..40u8).map(|number| {
        let person = person.clone();
        async move {
            person.post("/files/presigned-url", &announcement(&format!("file {number}"), &vec![number; MIB])).await
        }
    });
    let answers = join_all(announcements).await;
    let accepted = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(accepted, 10, "ten tenths fit, no more and no less");
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.problem(507, "quota-exceeded");
    }
    assert_eq!(person.storage().await["reservedBytes"], 10 * MIB);

    let aborts = answers.iter().filter(|answer| answer.status == 201).map(|answer| {
        let (person, id) = (person.clone(), answer.json()["fileId"].as_str().unwrap().to_owned());
        async move { person.delete(&format!("/files/{id}/upload")).await.expect_status(204).status }
    });
    join_all(aborts).await;
    assert_eq!(person.storage().await["reservedBytes"], 0);
}

#[tokio::test]
async fn content_that_is_there_already_counts_once_more_and_cannot_pass_the_quota() {
    let person = Server::shared().person_with_quota("10MiB").await;
    let bytes = vec![4; 4 * MIB];
    person.upload("one", &bytes).await;
    person.post("/files/presigned-url", &announcement("two", &bytes)).await.expect(200);
    assert_eq!(person.storage().await["usedBytes"], 8 * MIB);
    person.post("/files/presigned-url", &announcement("three", &bytes)).await.problem(507, "quota-exceeded");
}

#[tokio::test]
async fn the_trash_counts_against_the_quota() {
    let person = Server::shared().person_with_quota("10MiB").await;
    let file = person.upload("one", &vec![5; 6 * MIB]).await;
    person.delete(&format!("/files/{}", file["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(person.storage().await["usedBytes"], 6 * MIB);
    person.post("/files/presigned-url", &announcement("two", &vec![6; 6 * MIB])).await.problem(507, "quota-exceeded");
}

#[tokio::test]
async fn a_refused_announcement_reserves_nothing() {
    let person = Server::shared().person_with_quota("10MiB").await;
    person.folder("taken", None).await;
    person.post("/files/presigned-url", &announcement("taken", b"x")).await.problem(409, "name-taken");
    person.post("/files/presigned-url", &announcement("a/b", b"x")).await.problem(422, "invalid-field");
    let storage = person.storage().await;
    assert_eq!((&storage["usedBytes"], &storage["reservedBytes"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn the_quota_is_exact_after_many_uploads_at_once() {
    let person = Server::shared().person().await;
    let uploads = (0..24u8).map(|number| {
        let person = person.clone();
        // Every third content is one that another upload brings too.
        let bytes = vec![number / 3; 1_000 + usize::from(number / 3)];
        async move { person.upload(&format!("file {number}"), &bytes).await["size"].as_u64().unwrap() }
    });
    let total: u64 = join_all(uploads).await.iter().sum();
    let listed: u64 = person.list(None).await.iter().map(|file| file["size"].as_u64().unwrap()).sum();
    assert_eq!(listed, total);
    let storage = eventually("nothing is reserved any more", || async {
        let storage = person.storage().await;
        (storage["reservedBytes"] == 0).then_some(storage)
    })
    .await;
    assert_eq!(storage["usedBytes"], total);
}
