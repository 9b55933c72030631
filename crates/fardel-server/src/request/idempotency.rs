//! `Idempotency-Key`: a repeated POST gets the answer of the first, and makes nothing twice.
//!
//! The database learns neither the key nor the answer in clear: answers hold presigned URLs and new
//! API keys. The row's key is a digest, and the answer is sealed with another digest of the same
//! key, which only the caller knows.

use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use fardel_db::idempotency::{self, StoredAnswer};
use fardel_domain::{
    checksum::Sha256,
    id::UserId,
    problem::{Problem, ProblemCode},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;

use super::caller::Identity;
use crate::{
    answer::{Failure, json, problem},
    app::App,
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST_KEY: usize = 255;
/// Longer answers are not kept: a repeat runs again.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;
/// Whoever claimed a key and has not answered by then is taken for dead.
const GIVEN_UP_AFTER: Duration = Duration::from_mins(1);

/// Makes the POSTs of `router` repeatable: same key and same request, same answer (for a day).
pub fn idempotent(router: OpenApiRouter<App>) -> OpenApiRouter<App> {
    router.route_layer(from_fn(once))
}

async fn once(request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    run(request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn run(request: Request, next: Next) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let key = key(&parts.headers)?;
    let caller = parts.extensions.get::<Identity>().and_then(Identity::actor).map(|actor| actor.user_id);
    let (Some(user), Some(app)) = (caller, parts.extensions.get::<App>().cloned()) else {
        // Nobody's request is refused by its handler.
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let body = json::read(&parts.headers, body).await?;
    let claim = Claim::new(user, &key, &parts, &body);
    if let Some(stored) = claim.take(&app).await? {
        return claim.replay(stored);
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    claim.settle(&app, response).await
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(KEY).iter();
    let value = values.next().and_then(|value| value.to_str().ok());
    match value {
        Some(key)
            if (1..=LONGEST_KEY).contains(&key.len())
                && key.bytes().all(|b| b.is_ascii_graphic())
                && values.next().is_none() =>
        {
            Ok(key.to_owned())
        }
        _ => Err(Problem::field("Idempotency-Key", "must be 1 to 255 visible ASCII characters; a UUID is best")),
    }
}

/// A user's claim on a key for one request.
struct Claim {
    user: UserId,
    row: String,
    seal: [u8; 32],
    request: Sha256,
}

/// An answer as it is sealed. A problem keeps its parts, for its body names the present request.
#[derive(Serialize, Deserialize)]
struct Answer {
    content_type: Option<String>,
    etag: Option<String>,
    body: String,
}

impl Claim {
    fn new(user: UserId, key: &str, parts: &Parts, body: &Bytes) -> Self {
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        let request = Sha256::of(body);
        Self {
            user,
            row: digest("row", user, key).to_hex(),
            seal: *digest("answer", user, key).as_bytes(),
            request: Sha256::of(format!("{} {target} {}", parts.method, request.to_hex()).as_bytes()),
        }
    }

    /// `None`: the key is now this request's. A claim whose holder died is taken over.
    async fn take(&self, app: &App) -> Result<Option<StoredAnswer>, Failure> {
        let (user, row, request, now) = (self.user, self.row.clone(), self.request, app.clock.now());
        app.db
            .write(move |tx| {
                Box::pin(async move {
                    let stored = idempotency::claim(tx, user, row.clone(), request, now).await?;
                    match stored {
                        Some(stored) if stored.status.is_none() && now.since(stored.created_at) > GIVEN_UP_AFTER => {
                            let taken = idempotency::take_over(tx, user, row, request, stored.created_at, now).await?;
                            Ok(if taken { None } else { Some(stored) })
                        }
                        stored => Ok(stored),
                    }
                })
            })
            .await
    }

    fn replay(&self, stored: StoredAnswer) -> Result<Response, Failure> {
        if stored.request_hash != self.request.as_bytes() {
            return Err(Problem::new(
                ProblemCode::IdempotencyMismatch,
                "This Idempotency-Key came with another request before. Use a new key for a new request.",
            )
            .into());
        }
        let (Some(status), Some(body)) = (stored.status, stored.body) else {
            return Err(Problem::new(
                ProblemCode::InFlight,
                "The first request with this Idempotency-Key is still being worked on. Ask again shortly.",
            )
            .retry_after(1)
            .into());
        };
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let (Some(status), Some(answer)) = (status, self.open(&body)) else {
            tracing::error!("a stored answer cannot be read");
            return Err(Problem::internal().into());
        };
        let mut response = if answer.content_type.as_deref() == Some(problem::MEDIA_TYPE) {
            problem::response(stored_problem(&answer.body).ok_or_else(Problem::internal)?)
        } else {
            (status, answer.body).into_response()
        };
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, answer.content_type),
            (header::ETAG, answer.etag),
            (header::LOCATION, stored.location),
        ] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(response)
    }

    /// Keeps the answer, or frees the key when a repeat may fare better.
    async fn settle(&self, app: &App, response: Response) -> Result<Response, Failure> {
        let (user, row) = (self.user, self.row.clone());
        let (parts, body) = response.into_parts();
        let status = parts.status;
        let passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let body = to_bytes(body, LONGEST_ANSWER).await.map_err(|error| {
            tracing::error!(%error, "an answer is too long to be kept for repeats");
            Problem::internal()
        })?;
        let text =
            |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned);
        let answer = match parts.extensions.get::<Problem>() {
            Some(problem) => Some(Answer {
                content_type: Some(problem::MEDIA_TYPE.to_owned()),
                etag: None,
                body: stored_text(problem),
            }),
            None => std::str::from_utf8(&body).ok().map(|body| Answer {
                content_type: text(header::CONTENT_TYPE),
                etag: text(header::ETAG),
                body: body.to_owned(),
            }),
        };
        let sealed = answer.filter(|_| !passing).and_then(|answer| self.close(&answer));
        let location = text(header::LOCATION);
        let kept = app
            .db
            .write(move |tx| {
                Box::pin(async move {
                    match sealed {
                        Some(sealed) => idempotency::store(tx, user, row, status.as_u16(), sealed, location).await,
                        None => idempotency::release(tx, user, row).await,
                    }
                })
            })
            .await;
        if let Err(error) = kept {
            let error: fardel_db::DbError = error;
            tracing::error!(%error, "an answer could not be kept for repeats");
        }
        Ok(Response::from_parts(parts, Body::from(body)))
    }

    fn close(&self, answer: &Answer) -> Option<String> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.seal).ok()?;
        let mut bytes = serde_json::to_vec(answer).ok()?;
        let nonce = key.seal_in_place_append_tag(Aad::from(self.request.as_bytes()), &mut bytes).ok()?;
        bytes.extend_from_slice(nonce.as_ref());
        Some(STANDARD.encode(bytes))
    }

    fn open(&self, sealed: &str) -> Option<Answer> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.seal).ok()?;
        let mut bytes = STANDARD.decode(sealed).ok()?;
        let nonce = bytes.split_off(bytes.len().checked_sub(aws_lc_rs::aead::NONCE_LEN)?);
        let nonce = Nonce::try_assume_unique_for_key(&nonce).ok()?;
        let clear = key.open_in_place(nonce, Aad::from(self.request.as_bytes()), &mut bytes).ok()?;
        serde_json::from_slice(clear).ok()
    }
}

fn digest(purpose: &str, user: UserId, key: &str) -> Sha256 {
    Sha256::of(format!("fardel idempotency {purpose} {user} {key}").as_bytes())
}

fn stored_text(problem: &Problem) -> String {
    let errors: Vec<_> = problem.errors.iter().map(|error| (&error.pointer, &error.detail)).collect();
    serde_json::json!([problem.code.code(), problem.detail, errors, problem.extensions, problem.retry_after])
        .to_string()
}

fn stored_problem(text: &str) -> Option<Problem> {
    type Parts = (String, String, Vec<(String, String)>, serde_json::Map<String, serde_json::Value>, Option<u64>);
    let (code, detail, errors, extensions, retry_after) = serde_json::from_str::<Parts>(text).ok()?;
    let code = *ProblemCode::ALL.iter().find(|known| known.code() == code)?;
    let errors =
        errors.into_iter().map(|(pointer, detail)| fardel_domain::problem::FieldError { pointer, detail }).collect();
    Some(Problem { code, detail, errors, extensions, retry_after })
}

#[cfg(test)]
mod tests {
    use fardel_domain::time::Timestamp;

    use super::*;

    fn claim(user: UserId, key: &str, body: &'static [u8]) -> Claim {
        let (parts, ()) = Request::post("/api/v1/files").body(()).unwrap().into_parts();
        Claim::new(user, key, &parts, &Bytes::from_static(body))
    }

    #[test]
    fn a_stored_answer_opens_only_with_its_key_and_request() {
        let user = UserId::new(Timestamp::from_micros(0));
        let answer = Answer { content_type: None, etag: None, body: "fardel_secret".to_owned() };
        let sealed = claim(user, "k1", b"{}").close(&answer).unwrap();
        assert!(!sealed.contains("secret"));
        assert_eq!(claim(user, "k1", b"{}").open(&sealed).unwrap().body, answer.body);
        assert!(claim(user, "k2", b"{}").open(&sealed).is_none());
        assert!(claim(user, "k1", b"[]").open(&sealed).is_none());
        assert!(claim(UserId::new(Timestamp::from_micros(1)), "k1", b"{}").open(&sealed).is_none());
        assert!(!claim(user, "k1", b"{}").row.contains("k1"));
    }

    #[test]
    fn a_stored_problem_is_the_same_problem() {
        let problem = Problem::field("/name", "is empty").with("existing", serde_json::json!({"id": 1})).retry_after(3);
        assert_eq!(stored_problem(&stored_text(&problem)), Some(problem));
    }

    #[test]
    fn a_key_is_short_visible_ascii() {
        let with = |value: &str| HeaderMap::from_iter([(KEY, HeaderValue::from_str(value).unwrap())]);
        assert!(key(&with("8f14e45f-ceea-467f-a9ad-3c1f5c3b2d10")).is_ok());
        for bad in ["", "a b", &"a".repeat(256), &"a".repeat(10_000), "é"] {
            assert_eq!(key(&with(bad)).unwrap_err().code, ProblemCode::InvalidField, "{bad:.20}");
        }
    }
}
