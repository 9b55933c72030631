//! Collections that come page by page, with cursors that only their own listing opens.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use fardel_domain::problem::{Problem, ProblemCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use crate::{
    answer::{Answer, Json},
    app::App,
};

/// The most rows of any page.
const MAX_LIMIT: i64 = 500;
const DEFAULT_LIMIT: i64 = 50;

/// Where to go on, and how far.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows a page, 1 to 500; 50 by default.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<i64>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// Where a page stands in its listing.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// Rows a page.
    #[schema(example = 50)]
    pub limit: i64,
    /// The page's number, when it was asked for by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<i64>,
    /// Rows in the whole listing.
    #[schema(example = 2)]
    pub total: i64,
    /// Give it as `cursor` for the next page; null on the last.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

impl PageQuery {
    /// The number of rows asked for.
    pub fn limit(&self) -> Answer<i64> {
        limit(self.limit, DEFAULT_LIMIT)
    }

    /// The position that the cursor holds, if it was given and belongs to `scope`.
    pub fn position<T: DeserializeOwned>(&self, app: &App, scope: &str) -> Answer<Option<T>> {
        position(app, scope, self.cursor.as_deref())
    }
}

/// The number of rows asked for, or the collection's default.
pub fn limit(asked: Option<i64>, default: i64) -> Answer<i64> {
    match asked.unwrap_or(default) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Problem::field("limit", "must be between 1 and 500").into()),
    }
}

/// The position that `cursor` holds; 400 `invalid-cursor` unless it was sealed for `scope`.
pub fn position<T: DeserializeOwned>(app: &App, scope: &str, cursor: Option<&str>) -> Answer<Option<T>> {
    let Some(cursor) = cursor else { return Ok(None) };
    app.cursor_seal.open(scope, cursor).map(Some).map_err(|_| {
        let detail = "The cursor was altered or belongs to another listing. Begin again without it.";
        Problem::new(ProblemCode::InvalidCursor, detail).into()
    })
}

/// Cuts rows, of which one more than `limit` was read, to the page, and gives the cursor of the next.
pub fn next_cursor<R, P: Serialize>(
    app: &App,
    scope: &str,
    rows: &mut Vec<R>,
    limit: i64,
    position: impl FnOnce(&R) -> P,
) -> Option<String> {
    if i64::try_from(rows.len()).is_ok_and(|count| count <= limit) {
        return None;
    }
    rows.pop();
    rows.last().map(|last| app.cursor_seal.seal(scope, &position(last)))
}

/// `page` with the link to the next (RFC 8288), if there is one; `filters` go with it.
pub fn with_next_link(
    path: &str,
    filters: &[(&str, String)],
    pagination: &Pagination,
    page: impl Serialize,
) -> Response {
    let Some(cursor) = &pagination.next_cursor else { return Json(page).into_response() };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("limit", &pagination.limit.to_string())
        .append_pair("cursor", cursor)
        .extend_pairs(filters)
        .finish();
    ([(header::LINK, format!("<{path}?{query}>; rel=\"next\""))], Json(page)).into_response()
}
