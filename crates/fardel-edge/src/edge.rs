//! The handler of content URLs.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{OriginalUri, Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use fardel_domain::{
    media_type,
    object_store::{ObjectKey, ObjectStore, StoreError},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, uri::PathAndQuery};
use url::Url;

use crate::{
    answer::{Refusal, add_content_headers},
    body::{ObjectBody, no_body},
    cloudfront::UrlVerifier,
    content_url::ContentUrl,
    disposition::content_disposition,
    origin::{Origin, Servable},
    preconditions::{Validators, Verdict},
    range::Wanted,
    small_objects::{MAX_SMALL, SmallObjects},
};

const DEFAULT_CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// Everything that the edge needs to serve contents.
pub struct Edge {
    base: String,
    verifier: Arc<UrlVerifier>,
    origin: Arc<dyn Origin>,
    store: Arc<dyn ObjectStore>,
    small: SmallObjects,
}

impl Edge {
    /// An edge for URLs at the scheme, host and port of `base`, the address that clients know. The request's
    /// own `Host` plays no part.
    pub fn new(base: &Url, verifier: Arc<UrlVerifier>, origin: Arc<dyn Origin>, store: Arc<dyn ObjectStore>) -> Self {
        let base = base.origin().ascii_serialization();
        Self { base, verifier, origin, store, small: SmallObjects::new(DEFAULT_CACHE_BYTES) }
    }

    /// Keeps up to `bytes` of small objects in memory, in place of 64 MiB.
    #[must_use]
    pub fn with_cache_bytes(self, bytes: u64) -> Self {
        Self { small: SmallObjects::new(bytes), ..self }
    }

    async fn answer(&self, path_and_query: &str, head: bool, headers: &HeaderMap) -> Result<Response, Refusal> {
        let url = format!("{}{path_and_query}", self.base);
        let signed = self.verifier.verify(&url).ok_or(Refusal::Forbidden)?;
        let resource = signed.resource().strip_prefix(&self.base).ok_or(Refusal::Forbidden)?;
        let content = ContentUrl::parse(resource).ok_or(Refusal::Forbidden)?;
        let servable = self
            .origin
            .resolve(content.file, content.content_version)
            .await
            .map_err(|error| {
                tracing::warn!(file = %content.file, %error, "a content cannot be resolved");
                Refusal::Unavailable
            })?
            .ok_or(Refusal::Forbidden)?;

        let validators = Validators::new(&servable.etag, servable.modified_at).ok_or(Refusal::Unavailable)?;
        let verdict = validators.check(headers);
        let wanted = match verdict {
            Verdict::Failed => return Err(Refusal::Precondition),
            // RFC 9110 defines Range for GET alone.
            Verdict::Serve if !head && validators.honours_range(headers) => {
                Wanted::parse(headers.get(header::RANGE), servable.size)
            }
            _ => Wanted::Whole,
        };
        let (status, range) = match wanted {
            _ if verdict == Verdict::NotModified => (StatusCode::NOT_MODIFIED, None),
            Wanted::Unsatisfiable => return Err(Refusal::Range(servable.size)),
            Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
            Wanted::Whole => (StatusCode::OK, None),
        };
        let span = range.clone().unwrap_or(0..servable.size);
        let body = match status {
            _ if head => no_body(),
            StatusCode::NOT_MODIFIED => no_body(),
            _ => self.body(&servable, span.clone()).await.map_err(|error| refusal(&servable.object, &error))?,
        };

        let mut response = Response::new(body);
        *response.status_mut() = status;
        let out = response.headers_mut();
        add_content_headers(out, validators, signed.remaining());
        if status != StatusCode::NOT_MODIFIED {
            let media_type = served_type(&servable.media_type);
            let disposition = content.disposition.tamed(&media_type);
            out.insert(header::CONTENT_DISPOSITION, content_disposition(disposition, &servable.name));
            out.insert(header::CONTENT_TYPE, content_type(media_type));
            out.insert(header::CONTENT_LENGTH, (span.end - span.start).into());
        }
        if let Some(range) = range {
            let text = format!("bytes {}-{}/{}", range.start, range.end - 1, servable.size);
            out.insert(header::CONTENT_RANGE, HeaderValue::try_from(text).map_err(|_| Refusal::Unavailable)?);
        }
        Ok(response)
    }

    async fn body(&self, servable: &Servable, span: std::ops::Range<u64>) -> Result<Body, Arc<StoreError>> {
        if servable.size <= MAX_SMALL {
            let bytes = self.small.get(&*self.store, &servable.object, servable.size).await?;
            let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            return Ok(Body::from(bytes.slice(at(span.start)..at(span.end))));
        }
        let range = (span != (0..servable.size)).then(|| span.clone());
        let read = self.store.get(&servable.object, range).await?;
        if read.meta.size != servable.size || read.range != span {
            return Err(Arc::new(StoreError::Unavailable("the object has another size than its record".into())));
        }
        Ok(Body::new(ObjectBody::new(read.body, span.end - span.start)))
    }
}

/// A content that is gone from the store was purged meanwhile; every other fault is ours.
fn refusal(object: &ObjectKey, error: &StoreError) -> Refusal {
    tracing::warn!(%object, %error, "a content cannot be read");
    if matches!(error, StoreError::NotFound) { Refusal::Forbidden } else { Refusal::Unavailable }
}

/// The type as stored, if it is well-formed; bytes otherwise.
fn served_type(stored: &str) -> Cow<'static, str> {
    media_type::parse(stored).map_or(Cow::Borrowed("application/octet-stream"), Cow::Owned)
}

fn content_type(media_type: Cow<'static, str>) -> HeaderValue {
    // Without a charset a browser guesses one from the bytes, which their author controls.
    let text = if media_type.starts_with("text/") { format!("{media_type}; charset=utf-8") } else { media_type.into() };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// The route of contents, `GET|HEAD /cdn/f/{file}/{version}`. Everything else under `/cdn/` is the same 403,
/// so that a path spelt differently does not show what it would have meant; more precise routes may be merged.
pub fn router(edge: Edge) -> Router {
    Router::new().route("/cdn/", any(serve)).route("/cdn/{*path}", any(serve)).with_state(Arc::new(edge))
}

async fn serve(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    let head = request.method() == Method::HEAD;
    let answer = if head || request.method() == Method::GET {
        // The text as it was sent: a router that this one is nested in has changed `request.uri()`.
        let uri = request.extensions().get::<OriginalUri>().map_or(request.uri(), |OriginalUri(uri)| uri);
        edge.answer(uri.path_and_query().map_or("/", PathAndQuery::as_str), head, request.headers()).await
    } else {
        Err(Refusal::Method)
    };
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    if head {
        *response.body_mut() = no_body();
    }
    response
}

#[cfg(test)]
mod tests;
