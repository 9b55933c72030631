//! Who asks: the credential of a request, verified once.

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::Response,
};
use fardel_domain::{
    id::{SessionId, UserId},
    problem::{Problem, ProblemCode},
    rights::Actor,
};

use super::credential::verify;
use crate::{
    answer::{Answer, Failure},
    app::App,
};

/// The verified caller; a handler that takes it answers 401 `unauthenticated` to everyone else.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

/// A caller who signed in as a person; keys are refused (403). For everything that would let a
/// stolen key widen or keep its power.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// Who.
    pub user_id: UserId,
    /// By which session.
    pub session_id: SessionId,
}

/// What the request's credential is worth: nobody, somebody, or a failure that a handler reports
/// when it asks.
#[derive(Debug, Clone)]
pub(crate) struct Identity(Answer<Option<Actor>>);

impl Identity {
    /// The verified actor.
    pub(crate) fn actor(&self) -> Option<&Actor> {
        self.0.as_ref().ok()?.as_ref()
    }
}

/// Verifies the credential once, for the limits and for the handler.
pub(crate) async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let identity = Identity(credential(&app, request.headers()).await);
    request.extensions_mut().insert(identity);
    next.run(request).await
}

/// Only the `Authorization` header counts: no cookie, no query, no header that a proxy may set.
async fn credential(app: &App, headers: &HeaderMap) -> Answer<Option<Actor>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let bearer = value.to_str().ok().and_then(|value| {
        let (scheme, credential) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
    });
    match bearer {
        Some(bearer) if values.next().is_none() => verify(app, bearer).await.map(Some),
        _ => Err(Problem::new(
            ProblemCode::Unauthenticated,
            "Send one Authorization header: Bearer and an access token or API key.",
        )
        .into()),
    }
}

async fn actor(parts: &Parts, app: &App) -> Answer<Option<Actor>> {
    match parts.extensions.get::<Identity>() {
        Some(identity) => identity.0.clone(),
        None => credential(app, &parts.headers).await,
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Answer<Self> {
        actor(parts, app).await?.map(Self).ok_or_else(|| {
            Problem::new(ProblemCode::Unauthenticated, "This needs an access token or an API key. Sign in first.")
                .into()
        })
    }
}

impl OptionalFromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Answer<Option<Self>> {
        Ok(actor(parts, app).await?.map(Self))
    }
}

impl FromRequestParts<App> for Person {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Answer<Self> {
        let Caller(actor) = <Caller as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        match actor.session() {
            Some(session_id) => Ok(Self { user_id: actor.user_id, session_id }),
            None => Err(Problem::forbidden().into()),
        }
    }
}
