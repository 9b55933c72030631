//! `GET /files`: the entries of a folder, or of the trash, page by page.

use std::collections::HashMap;

use axum::{extract::State, response::Response};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use fardel_db::files::{self, File, ListFilter, Section, SortValue};
use fardel_domain::{
    file::{FileKind, Sort},
    id::FileId,
    media_type::Category,
    problem::Problem,
    rights::{Actor, Right},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::resource::{FileResource, Owner, resource};
use crate::{
    access::{Place, check_place},
    answer::{Answer, Failure, Query},
    app::App,
    request::{
        Caller,
        paging::{self, Pagination, with_next_link},
    },
};

/// The last row that `page` can reach; cursors go on from there.
const PAGE_WINDOW: i64 = 10_000;
const DEFAULT_LIMIT: i64 = 20;

/// What to list, and in which order.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// The folder; left out for the top of the own drive.
    pub parent_id: Option<FileId>,
    /// The page, from 1; page × limit is at most 10,000. Use `cursor` to go further.
    #[param(minimum = 1)]
    pub page: Option<i64>,
    /// Rows a page, 1 to 500; 20 by default.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `nextCursor`, with the same filters and sort.
    pub cursor: Option<String>,
    /// The order; folders come first in each.
    #[serde(default)]
    #[param(inline)]
    pub sort: Sort,
    /// Only this media type.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// Only this category.
    pub category: Option<Category>,
    /// Only with a star, or only without.
    pub starred: Option<bool>,
    /// Only names that hold this text, whatever its case.
    pub q: Option<String>,
    /// The trash of the own drive instead of a folder, newest first.
    #[serde(default)]
    pub trashed: bool,
}

/// A page of files.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilePage {
    /// The rows.
    pub items: Vec<FileResource>,
    /// How to go on.
    pub pagination: Pagination,
}

/// Where a page ended.
#[derive(Debug, Serialize, Deserialize)]
struct Position {
    folder: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    id: FileId,
}

/// List a folder
#[utoipa::path(
    get, path = "/files", operation_id = "listFiles", tag = "files", params(ListQuery),
    responses((status = 200, description = "A page of the folder", body = FilePage)),
)]
pub async fn list_files(
    State(app): State<App>,
    Caller(actor): Caller,
    Query(query): Query<ListQuery>,
) -> Answer<Response> {
    let place = if query.trashed {
        check_place(&app, &actor, None, Right::Read).await?
    } else {
        check_place(&app, &actor, query.parent_id, Right::Read).await?
    };
    let limit = paging::limit(query.limit, DEFAULT_LIMIT)?;
    check_window(&query, limit)?;
    let scope = scope(&actor, &query, &place);
    let skip = (query.page.unwrap_or(1) - 1) * limit;
    let (mut rows, total) = if query.trashed {
        trash_rows(&app, &place, &query, &scope, limit + 1, skip).await?
    } else {
        folder_rows(&app, &place, &query, &scope, limit + 1, skip).await?
    };

    let next_cursor = paging::next_cursor(&app, &scope, &mut rows, limit, |last| {
        let sort_value = if query.trashed {
            SortValue::Number(last.deleted_at.map_or(0, Timestamp::micros))
        } else {
            SortValue::of(last, query.sort)
        };
        Position::after(last, sort_value)
    });
    let owner = Owner { id: actor.user_id, name: files::owner_name(&app.db, actor.user_id).await? };
    let mut paths = if query.trashed {
        files::paths(&app.db, &rows.iter().map(|file| file.id).collect::<Vec<_>>()).await?
    } else {
        HashMap::new()
    };
    let items = rows
        .into_iter()
        .map(|file| match paths.remove(&file.id) {
            Some(path) => resource(&actor, file, &path, owner.clone()),
            None => resource(&actor, file, &place.path, owner.clone()),
        })
        .collect();
    let pagination = Pagination { limit, page: query.page, total, next_cursor };
    let page = FilePage { items, pagination: pagination.clone() };
    Ok(with_next_link("/api/v1/files", &filters(&query), &pagination, page))
}

fn check_window(query: &ListQuery, limit: i64) -> Result<(), Failure> {
    match query.page {
        Some(page) if page < 1 => Err(Problem::field("page", "must be 1 or more").into()),
        Some(page) if page.saturating_mul(limit) > PAGE_WINDOW => {
            Err(Problem::field("page", "page × limit may be at most 10,000; go on with `cursor`").into())
        }
        Some(_) if query.cursor.is_some() => {
            Err(Problem::field("page", "cannot be given together with `cursor`").into())
        }
        _ => Ok(()),
    }
}

/// What a cursor is bound to: the user, the place, the filters and the sort.
fn scope(actor: &Actor, query: &ListQuery, place: &Place) -> String {
    format!(
        "files {} {} {:?} {:?} {:?} {:?} {:?} {}",
        actor.user_id, place.id, query.sort, query.media_type, query.category, query.starred, query.q, query.trashed
    )
}

impl Position {
    fn after(file: &File, value: SortValue) -> Self {
        let (number, bytes) = match value {
            SortValue::Number(number) => (Some(number), None),
            SortValue::Bytes(bytes) => (None, Some(STANDARD_NO_PAD.encode(bytes))),
        };
        Self { folder: file.kind() == FileKind::Folder, number, bytes, id: file.id }
    }

    fn value(&self) -> Result<SortValue, Failure> {
        match (self.number, &self.bytes) {
            (Some(number), _) => Ok(SortValue::Number(number)),
            (None, Some(bytes)) => {
                STANDARD_NO_PAD.decode(bytes).map(SortValue::Bytes).map_err(|_| Problem::internal().into())
            }
            (None, None) => Err(Problem::internal().into()),
        }
    }
}

/// Folders, then files: the page may begin in the one and end in the other.
async fn folder_rows(
    app: &App,
    place: &Place,
    query: &ListQuery,
    scope: &str,
    limit: i64,
    skip: i64,
) -> Answer<(Vec<File>, i64)> {
    let filter = ListFilter {
        media_type: query.media_type.clone(),
        category: query.category.map(|category| category.as_str().to_owned()),
        starred: query.starred,
        name_part: query.q.as_deref().filter(|q| !q.is_empty()).map(fardel_domain::name::fold),
    };
    let section = |kind| Section { drive: place.drive_id, parent: place.id, kind, sort: query.sort };
    let (folders, files) = (section(FileKind::Folder), section(FileKind::File));
    let start = || (SortValue::start(query.sort), edge_id(query.sort));

    let total = if filter.is_empty() {
        place.child_count
    } else {
        let counted = files::count(&app.db, &folders, &filter, PAGE_WINDOW).await?
            + files::count(&app.db, &files, &filter, PAGE_WINDOW).await?;
        counted.min(PAGE_WINDOW)
    };
    if let Some(position) = paging::position::<Position>(app, scope, query.cursor.as_deref())? {
        let after = (position.value()?, position.id);
        if !position.folder {
            return Ok((files::list(&app.db, &files, &filter, after, limit, 0).await?, total));
        }
        let rows = files::list(&app.db, &folders, &filter, after, limit, 0).await?;
        return Ok((fill(app, rows, &files, &filter, start(), limit, 0).await?, total));
    }
    let rows = files::list(&app.db, &folders, &filter, start(), limit, skip).await?;
    let skipped_folders =
        if rows.is_empty() && skip > 0 { files::count(&app.db, &folders, &filter, skip).await? } else { skip };
    Ok((fill(app, rows, &files, &filter, start(), limit, skip - skipped_folders).await?, total))
}

async fn fill(
    app: &App,
    mut rows: Vec<File>,
    section: &Section,
    filter: &ListFilter,
    start: (SortValue, FileId),
    limit: i64,
    skip: i64,
) -> Answer<Vec<File>> {
    let room = limit - i64::try_from(rows.len()).unwrap_or(limit);
    if room > 0 {
        rows.extend(files::list(&app.db, section, filter, start, room, skip).await?);
    }
    Ok(rows)
}

async fn trash_rows(
    app: &App,
    place: &Place,
    query: &ListQuery,
    scope: &str,
    limit: i64,
    skip: i64,
) -> Answer<(Vec<File>, i64)> {
    if query.parent_id.is_some() {
        return Err(Problem::field("parentId", "cannot be given together with `trashed`").into());
    }
    let after = match paging::position::<Position>(app, scope, query.cursor.as_deref())? {
        Some(position) => (Timestamp::from_micros(position.number.unwrap_or(i64::MAX)), position.id),
        None => (Timestamp::from_micros(i64::MAX), FileId::from(Uuid::max())),
    };
    let rows = files::trash(&app.db, place.drive_id, after, limit, skip).await?;
    Ok((rows, files::count_trash(&app.db, place.drive_id, PAGE_WINDOW).await?))
}

/// The id before, or after, every other: where a section begins.
fn edge_id(sort: Sort) -> FileId {
    match sort {
        Sort::Name | Sort::Date | Sort::Size | Sort::Type => FileId::from(Uuid::nil()),
        Sort::NameDescending | Sort::DateDescending | Sort::SizeDescending | Sort::TypeDescending => {
            FileId::from(Uuid::max())
        }
    }
}

/// What the link to the next page repeats of the query.
fn filters(query: &ListQuery) -> Vec<(&'static str, String)> {
    let sort = serde_json::to_value(query.sort).ok().and_then(|sort| sort.as_str().map(str::to_owned));
    [
        ("parentId", query.parent_id.map(|id| id.to_string())),
        ("sort", sort),
        ("type", query.media_type.clone()),
        ("category", query.category.map(|category| category.as_str().to_owned())),
        ("starred", query.starred.map(|starred| starred.to_string())),
        ("q", query.q.clone()),
        ("trashed", query.trashed.then(|| "true".to_owned())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}
