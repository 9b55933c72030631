//! Problems on the wire (RFC 9457): one shape for every error, and a page for every code.

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use fardel_domain::problem::{FieldError, Problem, ProblemCode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The media type of every error answer.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The answer for `problem`, still without a body: the outermost layer writes it, because only
/// that layer knows the request's path and trace, whichever layer the problem came from.
pub fn response(problem: Problem) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status(problem.code);
    response.extensions_mut().insert(problem);
    response
}

fn status(code: ProblemCode) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An error answer in the shape of RFC 9457. Some codes add members of their own, such as `missing`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(title = "Problem")]
pub struct ProblemBody {
    /// The stable address of the code's description, relative to the server.
    #[schema(example = "/problems/name-taken", format = "uri-reference")]
    pub r#type: String,
    /// The same short sentence for every occurrence of the code.
    #[schema(example = "The name is taken")]
    pub title: String,
    /// The HTTP status once more.
    #[schema(example = 409)]
    pub status: u16,
    /// What happened here and what to do.
    #[schema(example = "A file named \"report.pdf\" is here already. Choose another name.")]
    pub detail: String,
    /// The path of the request.
    #[schema(example = "/api/v1/files", format = "uri-reference")]
    pub instance: String,
    /// The stable code, in kebab-case; programs decide by it.
    #[schema(example = "name-taken")]
    pub code: &'static str,
    /// What to name when you report the problem; the server's log has it too.
    #[schema(example = "0af7651916cd43dd8448eb211c80319c")]
    pub trace_id: String,
    /// The fields that are wrong; only with `invalid-field` and `unknown-field`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// The members that the code adds.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extensions: Map<String, Value>,
}

/// Turns a response that carries a [`Problem`] into its final form; leaves others as they are.
pub(crate) fn render(response: Response, path: &str, trace_id: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let Some(problem) = parts.extensions.remove::<Problem>() else {
        return Response::from_parts(parts, body);
    };
    parts.status = status(problem.code);
    let body = ProblemBody {
        r#type: problem.code.type_uri(),
        title: problem.code.title().to_owned(),
        status: problem.code.status(),
        detail: problem.detail,
        instance: path.to_owned(),
        code: problem.code.code(),
        trace_id: trace_id.to_owned(),
        errors: problem.errors,
        extensions: problem.extensions,
    };
    for stale in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::ETAG, header::LAST_MODIFIED] {
        parts.headers.remove(stale);
    }
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Some(seconds) = problem.retry_after {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if parts.status == StatusCode::UNAUTHORIZED {
        parts.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Response::from_parts(parts, Body::from(serde_json::to_vec(&body).unwrap_or_default()))
}

/// The problem for an error answer that some library wrote by itself.
pub(crate) fn for_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => not_found(),
        StatusCode::METHOD_NOT_ALLOWED => method_not_allowed(),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(ProblemCode::BodyTooLarge, "Send a smaller body."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => unsupported_media_type(),
        StatusCode::UNPROCESSABLE_ENTITY => Problem::fields(Vec::new()),
        StatusCode::REQUEST_TIMEOUT => {
            Problem::new(ProblemCode::Timeout, "The body did not arrive in time. Send it again.")
        }
        status if status.is_client_error() => {
            Problem::new(ProblemCode::InvalidRequest, "The request cannot be read; see the API description.")
        }
        _ => Problem::internal(),
    }
}

/// 404: no such route.
pub fn not_found() -> Problem {
    Problem::new(ProblemCode::NotFound, "There is nothing at this address; see /api/v1/openapi.json for what there is.")
}

/// 405: the route has other methods.
pub fn method_not_allowed() -> Problem {
    Problem::new(
        ProblemCode::MethodNotAllowed,
        "This address does not take this method; the Allow header names those it takes.",
    )
}

/// 415: the body is no JSON, or is encoded.
pub fn unsupported_media_type() -> Problem {
    Problem::new(
        ProblemCode::UnsupportedMediaType,
        "Send the body as Content-Type: application/json, without Content-Encoding.",
    )
}

/// `GET /problems/{code}`: what a code means, for the person who follows `type`.
pub(crate) async fn describe(Path(name): Path<String>) -> Response {
    let Some(code) = ProblemCode::ALL.iter().find(|code| code.code() == name) else {
        return response(not_found());
    };
    // Both texts come from the registry: nothing of the request is repeated here.
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1><p>Code <code>{code}</code>, HTTP status {status}.</p>\
         <p>The <code>detail</code> of the answer tells what happened and what to do; \
         <code>errors</code> names wrong fields; quote its <code>traceId</code> to your administrator.</p></html>\n",
        title = code.title(),
        code = code.code(),
        status = code.status(),
    ))
    .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_problem_is_rendered_as_rfc_9457_says() {
        let problem = Problem::field("/name", "is empty").with("missing", vec![2, 3]).retry_after(7);
        let response = render(response(problem), "/api/v1/files", "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "7");
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        assert_eq!(
            serde_json::from_slice::<Value>(&body).unwrap(),
            serde_json::json!({
                "type": "/problems/invalid-field",
                "title": "Some fields are not valid",
                "status": 422,
                "detail": "Some fields are not valid; see errors for each.",
                "instance": "/api/v1/files",
                "code": "invalid-field",
                "traceId": "0af7651916cd43dd8448eb211c80319c",
                "errors": [{ "pointer": "/name", "detail": "is empty" }],
                "missing": [2, 3],
            })
        );
    }
}
