//! Listing, reading and changing files and folders.

#![expect(clippy::unwrap_used, reason = "a step that fails fails its test")]

use fardel_tests::{Client, Person, Server, announcement};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

const UNKNOWN: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

fn id(file: &Value) -> &str {
    file["id"].as_str().expect("an id")
}

fn path(file: &Value) -> String {
    format!("/files/{}", id(file))
}

/// A folder with entries that every sort puts into another order.
async fn furnished(person: &Person) -> Value {
    let folder = person.folder("furnished", None).await;
    for name in ["zebra folder", "Alpha folder"] {
        person.folder(name, Some(id(&folder))).await;
    }
    for (name, size, year) in [
        ("file 10.txt", 30, 2011),
        ("File 9.zip", 10, 2013),
        ("file 2.png", 20, 2012),
        ("Éclair.txt", 40, 2010),
        ("zoo", 50, 2009),
    ] {
        let bytes = vec![b'x'; size];
        let mut announced = announcement(name, &bytes);
        announced["parentId"] = folder["id"].clone();
        announced["modifiedAt"] = json!(format!("{year}-01-01T00:00:00Z"));
        person.upload_as(announced, &bytes).await;
    }
    folder
}

/// The names of a listing, gathered by pages of two.
async fn names_by_cursor(client: &Client, query: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.get(&format!("/files?{query}&limit=2{cursor}")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        names.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        match page["pagination"]["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return names,
        }
    }
}

#[tokio::test]
async fn every_sort_has_folders_first_and_the_order_that_people_expect() {
    let person = Server::shared().person().await;
    let folder = furnished(&person).await;
    let folders = ["Alpha folder", "zebra folder"];
    for (sort, files) in [
        ("name", ["Éclair.txt", "file 2.png", "File 9.zip", "file 10.txt", "zoo"]),
        ("-name", ["zoo", "file 10.txt", "File 9.zip", "file 2.png", "Éclair.txt"]),
        ("date", ["zoo", "Éclair.txt", "file 10.txt", "file 2.png", "File 9.zip"]),
        ("-date", ["File 9.zip", "file 2.png", "file 10.txt", "Éclair.txt", "zoo"]),
        ("size", ["File 9.zip", "file 2.png", "file 10.txt", "Éclair.txt", "zoo"]),
        ("-size", ["zoo", "Éclair.txt", "file 10.txt", "file 2.png", "File 9.zip"]),
        ("type", ["zoo", "file 2.png", "Éclair.txt", "file 10.txt", "File 9.zip"]),
        ("-type", ["File 9.zip", "file 10.txt", "Éclair.txt", "file 2.png", "zoo"]),
    ] {
        let names = names_by_cursor(&person, &format!("parentId={}&sort={sort}", id(&folder))).await;
        let mut first = names[..2].to_vec();
        first.sort();
        assert_eq!(first, folders, "{sort}");
        assert_eq!(names[2..], files, "{sort}");

        // The same by page number, and on one page.
        let mut by_page = Vec::new();
        for page in 1..=4 {
            let query = format!("/files?parentId={}&sort={sort}&limit=2&page={page}", id(&folder));
            let page = person.get(&query).await.expect(200);
            by_page
                .extend(page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        }
        assert_eq!(by_page, names, "{sort}");
    }
    let default = names_by_cursor(&person, &format!("parentId={}", id(&folder))).await;
    assert_eq!(default, names_by_cursor(&person, &format!("parentId={}&sort=name", id(&folder))).await);
    person.get("/files?sort=colour").await.problem(422, "invalid-field");
}

#[tokio::test]
async fn a_page_tells_how_many_there_are_and_where_the_next_begins() {
    let person = Server::shared().person().await;
    let folder = furnished(&person).await;
    let answer = person.get(&format!("/files?parentId={}&limit=3&page=1", id(&folder))).await;
    let page = answer.expect(200);
    let pagination = &page["pagination"];
    assert_eq!((&pagination["limit"], &pagination["page"], &pagination["total"]), (&json!(3), &json!(1), &json!(7)));
    let link = answer.header("link");
    assert!(link.ends_with("rel=\"next\""), "{link}");
    let next = link.trim_start_matches('<').split('>').next().unwrap().trim_start_matches("/api/v1").to_owned();
    let second = person.get(&next).await.expect(200);
    assert_eq!(second["items"].as_array().unwrap().len(), 3);
    assert!(page["items"].as_array().unwrap().iter().all(|item| !second["items"].as_array().unwrap().contains(item)));

    let last = person.get(&format!("/files?parentId={}&limit=500", id(&folder))).await;
    assert_eq!((last.expect(200)["pagination"]["nextCursor"].clone(), last.header("link")), (Value::Null, ""));
    let default = person.get("/files").await.expect(200);
    assert_eq!(default["pagination"]["limit"], 20);
}

#[tokio::test]
async fn pages_reach_ten_thousand_rows_and_limits_five_hundred() {
    let person = Server::shared().person().await;
    person.get("/files?page=20&limit=500").await.expect(200);
    for query in [
        "page=21&limit=500",
        "page=501&limit=20",
        "page=0",
        "page=-1",
        "limit=0",
        "limit=501",
        "limit=x",
        "page=9223372036854775807",
    ] {
        person.get(&format!("/files?{query}")).await.problem(422, "invalid-field");
    }
    person.get("/files?colour=red").await.problem(422, "unknown-field");
    person.get("/files?limit=1&limit=2").await.problem(422, "invalid-field");
}

#[tokio::test]
async fn a_cursor_that_was_altered_or_lent_is_refused() {
    let server = Server::shared();
    let (person, other) = (server.person().await, server.person().await);
    let folder = furnished(&person).await;
    let query = format!("parentId={}&sort=size", id(&folder));
    let page = person.get(&format!("/files?{query}&limit=2")).await.expect(200);
    let cursor = page["pagination"]["nextCursor"].as_str().unwrap().to_owned();
    person.get(&format!("/files?{query}&limit=2&cursor={cursor}")).await.expect(200);

    let refused = |query: String| {
        let person = person.clone();
        async move { person.get(&format!("/files?{query}")).await.problem(400, "invalid-cursor") }
    };
    let flips = (0..cursor.len()).map(|at| {
        let mut altered = cursor.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        refused(format!("{query}&limit=2&cursor={}", String::from_utf8(altered).unwrap()))
    });
    join_all(flips).await;
    let shorter = &cursor[..cursor.len() - 4];
    for other_use in [
        format!("parentId={}&sort=-size&cursor={cursor}", id(&folder)),
        format!("parentId={}&sort=name&cursor={cursor}", id(&folder)),
        format!("sort=size&cursor={cursor}"),
        format!("{query}&starred=true&cursor={cursor}"),
        format!("{query}&q=file&cursor={cursor}"),
        format!("trashed=true&cursor={cursor}"),
        format!("{query}&cursor={shorter}"),
        format!("{query}&cursor={cursor}AAAA"),
        format!("{query}&cursor=x"),
        format!("{query}&cursor="),
    ] {
        refused(other_use).await;
    }
    other.get(&format!("/files?sort=size&cursor={cursor}")).await.problem(400, "invalid-cursor");
}

#[tokio::test]
async fn a_listing_by_cursor_neither_repeats_nor_leaves_out_while_others_come_and_go() {
    let person = Server::shared().person().await;
    let folder = person.folder("f", None).await;
    for number in 0..10 {
        person.folder(&format!("m{number}"), Some(id(&folder))).await;
    }
    let query = format!("/files?parentId={}&limit=3", id(&folder));
    let first = person.get(&query).await.expect(200);
    person.folder("a earlier than all", Some(id(&folder))).await;
    person.delete(&path(&first["items"][1])).await.expect(200);
    let mut names: Vec<String> =
        first["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
    let mut cursor = first["pagination"]["nextCursor"].as_str().map(str::to_owned);
    while let Some(next) = cursor {
        let page = person.get(&format!("{query}&cursor={next}")).await.expect(200);
        names.extend(page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        cursor = page["pagination"]["nextCursor"].as_str().map(str::to_owned);
    }
    let expected: Vec<String> = (0..10).map(|number| format!("m{number}")).collect();
    assert_eq!(names, expected);
}

#[tokio::test]
async fn filters_keep_what_they_name() {
    let person = Server::shared().person().await;
    let folder = furnished(&person).await;
    let starred = person.list(Some(id(&folder))).await.into_iter().find(|item| item["name"] == "zoo").unwrap();
    person.patch(&path(&starred), &json!({ "starred": true })).await.expect(200);
    let parent = id(&folder);
    for (filter, expected) in [
        ("starred=true", vec!["zoo"]),
        ("category=archive", vec!["File 9.zip"]),
        ("type=text/plain", vec!["Éclair.txt", "file 10.txt"]),
        ("q=FILE", vec!["file 2.png", "File 9.zip", "file 10.txt"]),
        ("q=%C3%89CLAIR", vec!["Éclair.txt"]),
        ("q=nothing%20like%20it", vec![]),
        ("q=%25", vec![]),
        ("q=_", vec![]),
    ] {
        let page = person.get(&format!("/files?parentId={parent}&limit=500&{filter}")).await.expect(200);
        let names: Vec<&str> =
            page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{filter}");
        assert_eq!(page["pagination"]["total"], expected.len(), "{filter}");
        if expected.len() > 1 {
            assert_eq!(names_by_cursor(&person, &format!("parentId={parent}&{filter}")).await, expected, "{filter}");
        }
    }
}

#[tokio::test]
async fn an_entry_knows_the_way_to_it() {
    let person = Server::shared().person().await;
    let outer = person.folder("outer", None).await;
    let inner = person.folder("inner", Some(id(&outer))).await;
    let file = person.upload_into(id(&inner), "a.txt", b"content").await;
    let way = json!([{ "id": outer["id"], "name": "outer" }, { "id": inner["id"], "name": "inner" }]);
    assert_eq!(person.get(&path(&file)).await.expect(200)["path"], way);
    assert_eq!(person.list(Some(id(&inner))).await[0]["path"], way);
    assert_eq!((&outer["path"], &outer["parentId"]), (&json!([]), &Value::Null));
    assert_eq!(person.get(&path(&inner)).await.expect(200)["childCount"], 1);
}

#[tokio::test]
async fn a_folder_that_is_there_fails_renames_or_merges_as_asked() {
    let person = Server::shared().person().await;
    let first = person.folder("f", None).await;
    let make = |on_conflict: &'static str| {
        let person = person.clone();
        async move { person.post("/files", &json!({ "name": "F", "onConflict": on_conflict })).await }
    };
    assert_eq!(make("fail").await.problem(409, "name-taken")["existing"]["id"], first["id"]);
    assert_eq!(make("rename").await.expect(201)["name"], "F (2)");
    assert_eq!(make("merge").await.expect(200)["id"], first["id"]);
    person.upload("file", b"x").await;
    person.post("/files", &json!({ "name": "file", "onConflict": "merge" })).await.problem(409, "name-taken");
    person.post("/files", &json!({ "kind": "file", "name": "x" })).await.problem(422, "invalid-field");
    person.post("/files", &json!({ "name": "x", "ownerId": person.id })).await.problem(422, "unknown-field");
}

#[tokio::test]
async fn folders_of_one_name_at_once_become_one_when_they_merge() {
    let person = Server::shared().person().await;
    let made = join_all((0..12).map(|_| {
        let person = person.clone();
        async move { person.post("/files", &json!({ "name": "f", "onConflict": "merge" })).await }
    }))
    .await;
    let mut ids: Vec<String> =
        made.iter().map(|answer| answer.json()["id"].as_str().unwrap_or_default().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{:?}", made.iter().map(|answer| answer.status).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_unchanged_file_answers_304_and_a_stale_change_412() {
    let person = Server::shared().person().await;
    let file = person.upload("a.txt", b"content").await;
    let first = person.get(&path(&file)).await;
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with('"'), "{etag}");
    let again = person.get_with(&path(&file), "if-none-match", &etag).await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, etag.as_str()));

    let rename = |name: &'static str, etag: String| {
        let request =
            person.request(Method::PATCH, &path(&file)).header("if-match", etag).json(&json!({ "name": name }));
        let person = person.clone();
        async move { person.send(request).await }
    };
    let renamed = rename("b.txt", etag.clone()).await;
    assert_eq!(renamed.expect(200)["name"], "b.txt");
    assert_ne!(renamed.header("etag"), etag);
    rename("c.txt", etag.clone()).await.problem(412, "precondition-failed");
    rename("c.txt", "*".to_owned()).await.expect(200);
    person.get_with(&path(&file), "if-none-match", &etag).await.expect(200);
}

#[tokio::test]
async fn a_change_changes_what_it_names_and_raises_the_version() {
    let person = Server::shared().person().await;
    let folder = person.folder("f", None).await;
    let file = person.upload("a.txt", b"content").await;
    let wanted = json!({ "name": "b.txt", "parentId": folder["id"], "starred": true });
    let changed = person.patch(&path(&file), &wanted).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["parentId"], &changed["starred"]),
        (&json!("b.txt"), &folder["id"], &json!(true))
    );
    assert!(changed["version"].as_i64() > file["version"].as_i64());
    assert_eq!(changed["contentVersion"], file["contentVersion"]);
    assert_eq!(person.names(None).await, ["f"]);
    assert_eq!(person.patch(&path(&file), &json!({ "parentId": null })).await.expect(200)["parentId"], Value::Null);
    assert_eq!(person.get(&path(&folder)).await.expect(200)["childCount"], 0);
    for (field, value) in [
        ("ownerId", json!(UNKNOWN)),
        ("status", json!("deleted")),
        ("permissions", json!(["read"])),
        ("downloadCount", json!(0)),
        ("processing", json!({ "scan": "clean" })),
        ("version", json!(99)),
        ("size", json!(1)),
    ] {
        person.patch(&path(&file), &json!({ field: value })).await.problem(422, "unknown-field");
    }
    person.patch(&path(&file), &json!({ "starred": "yes" })).await.problem(422, "invalid-field");
    person.patch(&path(&file), &json!({})).await.expect(200);
}

#[tokio::test]
async fn a_taken_name_stops_a_rename_and_a_move() {
    let person = Server::shared().person().await;
    let folder = person.folder("f", None).await;
    person.upload_into(id(&folder), "a.txt", b"inside").await;
    let file = person.upload("a.txt", b"outside").await;
    person.upload("b.txt", b"other").await;
    person.patch(&path(&file), &json!({ "name": "B.txt" })).await.problem(409, "name-taken");
    person.patch(&path(&file), &json!({ "parentId": folder["id"] })).await.problem(409, "name-taken");
    person.patch(&path(&file), &json!({ "parentId": folder["id"], "name": "c.txt" })).await.expect(200);
}

#[tokio::test]
async fn a_folder_never_comes_into_itself() {
    let person = Server::shared().person().await;
    let outer = person.folder("a", None).await;
    let inner = person.folder("b", Some(id(&outer))).await;
    let innermost = person.folder("c", Some(id(&inner))).await;
    for target in [&outer, &inner, &innermost] {
        person.patch(&path(&outer), &json!({ "parentId": target["id"] })).await.problem(409, "conflict");
    }
    let beside = person.folder("ab", None).await;
    person.patch(&path(&outer), &json!({ "parentId": beside["id"] })).await.expect(200);
    let file = person.upload("file", b"x").await;
    person.patch(&path(&inner), &json!({ "parentId": file["id"] })).await.problem(422, "invalid-field");
}

#[tokio::test]
async fn two_moves_at_once_make_no_circle() {
    let person = Server::shared().person().await;
    for round in 0..5 {
        let (one, two) =
            (person.folder(&format!("one{round}"), None).await, person.folder(&format!("two{round}"), None).await);
        let (into_two, into_one) = (json!({ "parentId": two["id"] }), json!({ "parentId": one["id"] }));
        let (one_path, two_path) = (path(&one), path(&two));
        let answers = tokio::join!(person.patch(&one_path, &into_two), person.patch(&two_path, &into_one));
        let statuses = [answers.0.status, answers.1.status];
        assert!(statuses.contains(&200) && statuses.contains(&409), "{statuses:?}");
        person.get(&one_path).await.expect(200);
        person.get(&two_path).await.expect(200);
    }
}

#[tokio::test]
async fn of_many_renames_to_one_name_one_succeeds() {
    let person = Server::shared().person().await;
    let mut files = Vec::new();
    for number in 0..8 {
        files.push(person.folder(&format!("f{number}"), None).await);
    }
    let renames = files.iter().map(|file| {
        let (person, path) = (person.clone(), path(file));
        async move { person.patch(&path, &json!({ "name": "wanted" })).await.status }
    });
    let statuses = join_all(renames).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
}

#[tokio::test]
async fn a_file_is_no_folder() {
    let person = Server::shared().person().await;
    let file = person.upload("a.txt", b"x").await;
    let parent = json!({ "name": "x", "parentId": file["id"] });
    person.post("/files", &parent).await.problem(422, "invalid-field");
    let mut announced = announcement("x", b"y");
    announced["parentId"] = file["id"].clone();
    person.post("/files/presigned-url", &announced).await.problem(422, "invalid-field");
    let listed = person.get(&format!("/files?parentId={}", id(&file))).await;
    assert!(matches!(listed.status, 409 | 422), "{}", listed.told());
}

#[tokio::test]
async fn many_people_write_at_once_and_nobody_sees_a_locked_database() {
    let server = Server::shared();
    let people = join_all((0..6).map(|_| server.person())).await;
    let writes = people.iter().flat_map(|person| {
        (0..15u8).map(move |number| async move {
            person.upload(&format!("file {number}"), format!("{} {number}", person.id).as_bytes()).await;
            person.folder(&format!("folder {number}"), None).await;
            person.get("/files?sort=-date").await.expect(200);
        })
    });
    join_all(writes).await;
    for person in &people {
        assert_eq!(person.list(None).await.len(), 30);
    }
}
