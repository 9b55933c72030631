//! `GET` and `PATCH /me`: the caller's own account.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use fardel_db::{
    drives::{self, Drive},
    users::{self, User},
};
use fardel_domain::{checksum::Sha256, id::UserId, problem::Problem, rights::Role};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::accounts::check_name;
use crate::{
    answer::{
        Answer, Failure, Json,
        etag::{self, Etag, IfMatch},
    },
    app::App,
    request::{Caller, Person},
};

/// An account as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The account's id.
    pub id: UserId,
    /// The address to sign in with.
    #[schema(example = "ada@example.org")]
    pub email: String,
    /// The name that others see.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// What the account may do to the installation.
    pub role: Role,
    /// The language of choice (BCP 47); null for the browser's.
    #[schema(example = "en-GB", required = true)]
    pub locale: Option<String>,
    /// What the files take up.
    pub storage: Storage,
}

/// Bytes used, promised and allowed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the HTTP contract")]
pub struct Storage {
    /// All files and versions, the trash included.
    #[schema(example = 1_048_576)]
    pub used_bytes: i64,
    /// Uploads that are not finished.
    #[schema(example = 0)]
    pub reserved_bytes: i64,
    /// The most that both may be; null for no limit.
    #[schema(required = true)]
    pub quota_bytes: Option<i64>,
}

impl Me {
    /// From the rows.
    pub fn new(user: User, drive: &Drive) -> Self {
        Self {
            id: user.id,
            email: user.email,
            name: user.name,
            role: user.role,
            locale: user.locale,
            storage: Storage {
                used_bytes: drive.used_bytes,
                reserved_bytes: drive.reserved_bytes,
                quota_bytes: drive.quota_bytes,
            },
        }
    }
}

/// The own account
#[utoipa::path(
    get, path = "/me", operation_id = "getMe", tag = "account",
    responses((status = 200, description = "The caller's account", body = Me), (status = 304, description = "Unchanged")),
)]
pub async fn get_me(State(app): State<App>, Caller(actor): Caller, headers: HeaderMap) -> Answer<Response> {
    let user = own(&app, actor.user_id).await?;
    let drive = drives::of_user(&app.db, user.id).await?;
    let etag = etag_of(&user, &drive);
    if let Some(not_modified) = etag::not_modified(&headers, &etag) {
        return Ok(not_modified);
    }
    Ok((etag::header(&etag), Json(Me::new(user, &drive))).into_response())
}

/// What to change; a member that is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "null and left out mean different things")]
pub struct UpdateMe {
    /// The name that others see, 1 to 100 characters.
    #[schema(example = "Ada Lovelace")]
    pub name: Option<String>,
    /// The language of choice (BCP 47); null for the browser's.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "en-GB")]
    pub locale: Option<Option<String>>,
}

/// Tells null from a member that is left out.
#[expect(clippy::option_option, reason = "null and left out mean different things")]
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Change the own account
///
/// The e-mail address and the role are not the owner's to change.
#[utoipa::path(
    patch, path = "/me", operation_id = "updateMe", tag = "account", request_body = UpdateMe,
    responses((status = 200, description = "The account as it is now", body = Me)),
)]
pub async fn update_me(
    State(app): State<App>,
    person: Person,
    headers: HeaderMap,
    Json(request): Json<UpdateMe>,
) -> Answer<Response> {
    check(&request)?;
    let if_match = IfMatch::from(&headers);
    let drive = drives::of_user(&app.db, person.user_id).await?;
    let (id, now) = (person.user_id, app.clock.now());
    let user = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let user = users::lock(tx, id).await?.ok_or_else(Problem::internal)?;
                if_match.check(&etag_of(&user, &drive))?;
                let name = request.name.unwrap_or(user.name);
                let locale = request.locale.unwrap_or(user.locale);
                users::update_profile(tx, id, name.clone(), locale.clone(), now).await?;
                Ok::<_, Failure>(User { name, locale, updated_at: now, ..user })
            })
        })
        .await?;
    let etag = etag_of(&user, &drive);
    Ok((etag::header(&etag), Json(Me::new(user, &drive))).into_response())
}

fn check(request: &UpdateMe) -> Result<(), Problem> {
    if let Some(Err(detail)) = request.name.as_deref().map(check_name) {
        return Err(Problem::field("/name", detail));
    }
    let is_tag =
        |tag: &str| (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match &request.locale {
        Some(Some(locale)) if !is_tag(locale) => Err(Problem::field("/locale", "must be a language tag such as en-GB")),
        _ => Ok(()),
    }
}

async fn own(app: &App, id: UserId) -> Answer<User> {
    users::by_id(&app.db, id).await?.ok_or_else(|| Problem::internal().into())
}

fn etag_of(user: &User, drive: &Drive) -> Etag {
    let state = format!(
        "{} {} {} {:?} {}",
        user.updated_at.micros(),
        drive.used_bytes,
        drive.reserved_bytes,
        drive.quota_bytes,
        user.email
    );
    etag::of_text(&Sha256::of(state.as_bytes()).to_hex()[..32])
}
