//! `/me/api-keys`: keys that programs use in place of the caller's session.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fardel_db::api_keys::{self, ApiKey, scopes_from_text, scopes_to_text};
use fardel_domain::{
    checksum::Sha256,
    id::ApiKeyId,
    problem::{FieldError, Problem, ProblemCode},
    rights::Scope,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::accounts::check_name;
use crate::{
    answer::{Answer, Failure, Json, Path, Query},
    app::App,
    identity::KEY_PREFIX,
    request::Person,
    request::paging::{PageQuery, Pagination, next_cursor, with_next_link},
};

/// So many keys may one account have.
const MOST_KEYS: i64 = 100;
/// So many characters of a key are shown in lists.
const HINT_LENGTH: usize = KEY_PREFIX.len() + 4;

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyResource {
    /// The key's id.
    pub id: ApiKeyId,
    /// What the key is for.
    #[schema(example = "backup of the laptop")]
    pub name: String,
    /// What the key reaches.
    pub scopes: Vec<Scope>,
    /// The first characters of the key.
    #[schema(example = "fardel_x7Qa")]
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; null for never.
    #[schema(required = true)]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, give or take a minute; null for never.
    #[schema(required = true)]
    pub last_used_at: Option<Timestamp>,
}

/// A new key, with its secret for the only time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewApiKey {
    /// The key's id.
    pub id: ApiKeyId,
    /// What the key is for.
    #[schema(example = "backup of the laptop")]
    pub name: String,
    /// What the key reaches.
    pub scopes: Vec<Scope>,
    /// The first characters of the key.
    #[schema(example = "fardel_x7Qa")]
    pub hint: String,
    /// The key itself: send it as `Authorization: Bearer`. It is not shown again.
    #[schema(example = "fardel_x7QaExampleOnlyExampleOnlyExampleOnlyExampl")]
    pub key: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; null for never.
    #[schema(required = true)]
    pub expires_at: Option<Timestamp>,
}

/// A page of keys, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyPage {
    /// The keys.
    pub items: Vec<ApiKeyResource>,
    /// How to go on.
    pub pagination: Pagination,
}

/// List the own API keys
#[utoipa::path(
    get, path = "/me/api-keys", operation_id = "listApiKeys", tag = "account", params(PageQuery),
    responses((status = 200, description = "The caller's keys", body = ApiKeyPage)),
)]
pub async fn list_api_keys(State(app): State<App>, person: Person, Query(query): Query<PageQuery>) -> Answer<Response> {
    let limit = query.limit()?;
    let scope = format!("api keys {}", person.user_id);
    let after: Option<(i64, ApiKeyId)> = query.position(&app, &scope)?;
    let after = after.unwrap_or((i64::MAX, Uuid::max().into()));
    let after = (Timestamp::from_micros(after.0), after.1);
    let mut rows = api_keys::of_user(&app.db, person.user_id, after, limit + 1).await?;
    let total = api_keys::count_of_user(&app.db, person.user_id).await?;
    let next_cursor = next_cursor(&app, &scope, &mut rows, limit, |last| (last.created_at.micros(), last.id));
    let items = rows
        .into_iter()
        .map(|row| ApiKeyResource {
            id: row.id,
            name: row.name,
            scopes: scopes_from_text(&row.scopes),
            hint: row.hint,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        })
        .collect();
    let pagination = Pagination { limit, page: None, total, next_cursor };
    Ok(with_next_link("/api/v1/me/api-keys", &[], &pagination.clone(), ApiKeyPage { items, pagination }))
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateApiKey {
    /// What the key is for.
    #[schema(example = "backup of the laptop")]
    pub name: String,
    /// What the key reaches; at least one.
    pub scopes: Vec<Scope>,
    /// When it ends; left out or null for never.
    pub expires_at: Option<Timestamp>,
}

/// Make an API key
///
/// Only a signed-in person can: a key never makes another. The key is in this answer and nowhere
/// else.
#[utoipa::path(
    post, path = "/me/api-keys", operation_id = "createApiKey", tag = "account", request_body = CreateApiKey,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat answer the same key")),
    responses((status = 201, description = "The new key, with its secret", body = NewApiKey)),
)]
pub async fn create_api_key(
    State(app): State<App>,
    person: Person,
    Json(request): Json<CreateApiKey>,
) -> Answer<Response> {
    let now = app.clock.now();
    check(&request, now)?;
    if api_keys::count_of_user(&app.db, person.user_id).await? >= MOST_KEYS {
        let detail = format!("An account may have {MOST_KEYS} keys. Delete one that is not used any more.");
        return Err(Problem::new(ProblemCode::Conflict, detail).into());
    }
    let secret = format!("{KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
    let mut scopes = request.scopes;
    scopes.sort_by_key(|scope| Scope::ALL.iter().position(|known| known == scope));
    scopes.dedup();
    let key = ApiKey {
        id: ApiKeyId::new(now),
        user_id: person.user_id,
        name: request.name,
        hint: secret.chars().take(HINT_LENGTH).collect(),
        scopes: scopes_to_text(&scopes),
        created_at: now,
        expires_at: request.expires_at,
        last_used_at: None,
    };
    let answer = NewApiKey {
        id: key.id,
        name: key.name.clone(),
        scopes,
        hint: key.hint.clone(),
        created_at: now,
        expires_at: key.expires_at,
        key: secret.clone(),
    };
    let hash = Sha256::of(secret.as_bytes());
    app.db
        .write(move |tx| Box::pin(async move { api_keys::insert(tx, &key, hash).await.map_err(Failure::from) }))
        .await?;
    tracing::info!(user = %person.user_id, key = %answer.id, "an API key was made");
    let location = format!("/api/v1/me/api-keys/{}", answer.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(answer)).into_response())
}

fn check(request: &CreateApiKey, now: Timestamp) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: &str, detail: &str| {
        errors.push(FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() });
    };
    if let Err(detail) = check_name(&request.name) {
        wrong("/name", detail);
    }
    if request.scopes.is_empty() || request.scopes.len() > Scope::ALL.len() {
        wrong("/scopes", "must name 1 to 4 scopes: files.read, files.write, share, admin");
    }
    if request.expires_at.is_some_and(|expires_at| expires_at <= now) {
        wrong("/expiresAt", "lies in the past");
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(errors)) }
}

/// Delete an API key
///
/// It ends within 5 s on every server.
#[utoipa::path(
    delete, path = "/me/api-keys/{apiKeyId}", operation_id = "deleteApiKey", tag = "account",
    params(("apiKeyId" = ApiKeyId, Path, description = "The key")),
    responses((status = 204, description = "Deleted")),
)]
pub async fn delete_api_key(State(app): State<App>, person: Person, Path(id): Path<ApiKeyId>) -> Answer<StatusCode> {
    let user = person.user_id;
    let deleted = app.db.write(move |tx| Box::pin(api_keys::delete(tx, user, id))).await.map_err(Failure::from)?;
    app.identities.credentials.forget_all();
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::forbidden().into()) }
}
