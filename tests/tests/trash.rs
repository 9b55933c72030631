//! Delete and restore: gone at once, back as it was.

#![expect(clippy::unwrap_used, reason = "a step that fails fails its test")]

use fardel_tests::{Client, Server, announcement};
use serde_json::{Value, json};

fn path(file: &Value) -> String {
    format!("/files/{}", file["id"].as_str().expect("an id"))
}

async fn trash(client: &Client) -> Vec<Value> {
    client.get("/files?trashed=true&limit=500").await.expect(200)["items"].as_array().unwrap().clone()
}

/// Whole days between two times of the wire, by their dates.
fn days(from: &str, to: &str) -> i64 {
    let day = |text: &str| {
        let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
        let (year, month, day) = (number(0..4), number(5..7), number(8..10));
        // Days since 1970 (Howard Hinnant's algorithm).
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year - era * 400;
        let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    };
    day(to) - day(from)
}

#[tokio::test]
async fn a_deleted_file_is_out_of_its_folder_at_once_and_kept_for_thirty_days() {
    let person = Server::shared().person().await;
    let file = person.upload("a.txt", b"content").await;
    let deleted = person.delete(&path(&file)).await.expect(200);
    let (at, purge) = (deleted["deletedAt"].as_str().unwrap(), deleted["purgeAt"].as_str().unwrap());
    assert_eq!(days(at, purge), 30);
    assert!(person.names(None).await.is_empty());
    let trash = trash(&person).await;
    assert_eq!((trash.len(), &trash[0]["id"], &trash[0]["status"]), (1, &file["id"], &json!("deleted")));
    let seen = person.get(&path(&file)).await.expect(200);
    assert_eq!((&seen["status"], &seen["deletedAt"]), (&json!("deleted"), &deleted["deletedAt"]));
    person.get(&format!("{}/download", path(&file))).await.any_problem();
}

#[tokio::test]
async fn a_delete_repeated_answers_the_same() {
    let person = Server::shared().person().await;
    let file = person.upload("a.txt", b"content").await;
    let first = person.delete(&path(&file)).await.expect(200);
    assert_eq!(person.delete(&path(&file)).await.expect(200), first);
}

#[tokio::test]
async fn a_restored_file_is_as_it_was_and_a_repeat_changes_nothing() {
    let person = Server::shared().person().await;
    let folder = person.folder("photos", None).await;
    let file = person.upload_into(folder["id"].as_str().unwrap(), "a.txt", b"content").await;
    person.delete(&path(&file)).await.expect(200);
    let restored = person.post_empty(&format!("{}/restore", path(&file))).await.expect(200);
    for member in ["id", "name", "parentId", "size", "checksum", "createdAt", "contentVersion"] {
        assert_eq!(restored[member], file[member], "{member}");
    }
    assert_eq!((&restored["status"], &restored["deletedAt"]), (&json!("active"), &Value::Null));
    person.post_empty(&format!("{}/restore", path(&file))).await.expect(200);
    assert_eq!(person.names(folder["id"].as_str()).await, ["a.txt"]);
    assert!(trash(&person).await.is_empty());
    assert_eq!(person.download(file["id"].as_str().unwrap()).await.text(), "content");
}

#[tokio::test]
async fn a_restored_file_whose_name_was_taken_gets_another() {
    let person = Server::shared().person().await;
    let old = person.upload("a.txt", b"old").await;
    person.delete(&path(&old)).await.expect(200);
    person.upload("a.txt", b"new").await;
    let restored = person.post_empty(&format!("{}/restore", path(&old))).await.expect(200);
    assert_eq!((&restored["id"], &restored["name"]), (&old["id"], &json!("a (2).txt")));
    assert_eq!(person.names(None).await, ["a (2).txt", "a.txt"]);
}

#[tokio::test]
async fn a_restored_file_whose_folder_is_gone_comes_to_the_top() {
    let person = Server::shared().person().await;
    let folder = person.folder("photos", None).await;
    let file = person.upload_into(folder["id"].as_str().unwrap(), "a.txt", b"content").await;
    person.delete(&path(&file)).await.expect(200);
    person.delete(&path(&folder)).await.expect(200);
    let restored = person.post_empty(&format!("{}/restore", path(&file))).await.expect(200);
    assert_eq!(restored["parentId"], Value::Null);
    assert_eq!(person.names(None).await, ["a.txt"]);
}

#[tokio::test]
async fn a_folder_takes_what_is_in_it_to_the_trash_and_back() {
    let person = Server::shared().person().await;
    let outer = person.folder("outer", None).await;
    let inner = person.folder("inner", outer["id"].as_str()).await;
    let file = person.upload_into(inner["id"].as_str().unwrap(), "a.txt", b"content").await;
    person.delete(&path(&outer)).await.expect(200);
    let trashed: Vec<Value> = trash(&person).await.iter().map(|item| item["id"].clone()).collect();
    assert_eq!(trashed, [outer["id"].clone()], "only what was deleted itself stands in the trash");
    assert_eq!(person.get(&path(&file)).await.expect(200)["status"], "deleted");
    let into = json!({ "kind": "folder", "name": "x", "parentId": inner["id"] });
    assert!(person.post("/files", &into).await.any_problem()["status"].as_u64().unwrap() >= 400);

    person.post_empty(&format!("{}/restore", path(&outer))).await.expect(200);
    assert_eq!(person.names(outer["id"].as_str()).await, ["inner"]);
    assert_eq!(person.names(inner["id"].as_str()).await, ["a.txt"]);
    assert_eq!(person.get(&path(&file)).await.expect(200)["status"], "active");
}

#[tokio::test]
async fn the_name_of_a_deleted_file_is_free_at_once() {
    let person = Server::shared().person().await;
    let file = person.upload("a.txt", b"old").await;
    person.delete(&path(&file)).await.expect(200);
    let new = person.upload("a.txt", b"new").await;
    assert_ne!(new["id"], file["id"]);
    assert_eq!(person.download(new["id"].as_str().unwrap()).await.text(), "new");
}

#[tokio::test]
async fn a_delete_of_what_changed_meanwhile_is_refused() {
    let person = Server::shared().person().await;
    let file = person.upload("a.txt", b"content").await;
    let etag = person.get(&path(&file)).await.header("etag").to_owned();
    person.patch(&path(&file), &json!({ "starred": true })).await.expect(200);
    let stale = person.request(reqwest::Method::DELETE, &path(&file)).header("if-match", &etag);
    person.send(stale).await.problem(412, "precondition-failed");
    assert_eq!(person.names(None).await, ["a.txt"]);
}

#[tokio::test]
async fn what_lies_in_the_trash_cannot_be_changed() {
    let person = Server::shared().person().await;
    let file = person.upload("a.txt", b"content").await;
    let folder = person.folder("f", None).await;
    person.delete(&path(&file)).await.expect(200);
    person.delete(&path(&folder)).await.expect(200);
    person.patch(&path(&file), &json!({ "name": "b.txt" })).await.problem(409, "conflict");
    let mut into_trash = announcement("x", b"x");
    into_trash["parentId"] = folder["id"].clone();
    let refused = person.post("/files/presigned-url", &into_trash).await;
    assert!(matches!(refused.status, 403 | 409 | 422), "{}", refused.told());
}

#[tokio::test]
async fn an_upload_whose_folder_was_deleted_meanwhile_is_not_lost() {
    let person = Server::shared().person().await;
    let folder = person.folder("f", None).await;
    let mut announced = announcement("a.txt", b"content");
    announced["parentId"] = folder["id"].clone();
    let presigned = person.post("/files/presigned-url", &announced).await.expect(201);
    person.send_single(&presigned, b"content").await;
    person.delete(&path(&folder)).await.expect(200);
    let file = person.confirm(&presigned["fileId"]).await;
    assert_eq!(file["status"], "active", "{file}");
    assert_eq!(person.download(file["id"].as_str().unwrap()).await.text(), "content");
}
