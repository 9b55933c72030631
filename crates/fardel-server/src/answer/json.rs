//! JSON in and out: every way in which a body can be wrong has its own answer.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use fardel_domain::problem::{FieldError, Problem, ProblemCode};
use http_body_util::{BodyExt, Limited};
use serde::{Serialize, de::DeserializeOwned};

use super::{Failure, problem};

/// No JSON body may be longer. The longest sound one asks to sign an upload of 10,000 parts with
/// their checksums: about 0.5 MiB.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// A JSON body. As an extractor it wants `Content-Type: application/json`, at most [`BODY_LIMIT`]
/// bytes, valid JSON (400), known fields only (422 `unknown-field`; the type must say
/// `deny_unknown_fields`) and values of the right type (422 `invalid-field`).
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(problem::unsupported_media_type().into());
        }
        parse(&read(&parts.headers, body).await?).map(Self).map_err(Failure)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "an answer cannot be written as JSON");
                problem::response(Problem::internal())
            }
        }
    }
}

/// Whether the headers announce a JSON body.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

/// The whole body, unless it is longer than [`BODY_LIMIT`]: then no more than that is read.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(
            ProblemCode::BodyTooLarge,
            format!("The body may have at most {BODY_LIMIT} bytes; split the request."),
        )
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(too_large());
    }
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Err(error) => {
            tracing::debug!(%error, "a request body ended early");
            Err(Problem::new(ProblemCode::Timeout, "The body did not arrive completely. Send it again."))
        }
    }
}

/// Reads `T` and tells precisely what is wrong otherwise.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        explain(pointer, error.inner())
    })?;
    json.end().map_err(|error| explain(String::new(), &error))?;
    Ok(value)
}

fn explain(pointer: String, error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        return Problem::new(
            ProblemCode::InvalidJson,
            format!("The body is not valid JSON at line {}, column {}.", error.line(), error.column()),
        );
    }
    let text = error.to_string();
    // serde_json appends the place, which the pointer says better.
    wrong_value(pointer, text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message))
}

/// The problem behind one of serde's messages about the value at `pointer`.
pub(crate) fn wrong_value(pointer: String, message: &str) -> Problem {
    let named = |prefix: &str| message.strip_prefix(prefix)?.split('`').next();
    let beneath = |field: &str| {
        let step = format!("/{}", escape(field));
        if pointer.ends_with(&step) { pointer.clone() } else { format!("{pointer}{step}") }
    };
    if let Some(field) = named("unknown field `") {
        let detail = message.split_once("`, ").map_or_else(
            || "this field does not exist here; remove it".to_owned(),
            |(_, expected)| format!("this field does not exist here; {expected}"),
        );
        return Problem {
            errors: vec![FieldError { pointer: beneath(field), detail }],
            ..Problem::new(ProblemCode::UnknownField, "A field does not exist here; see errors.")
        };
    }
    if let Some(field) = named("missing field `") {
        return Problem::field(beneath(field), "is missing; give it");
    }
    if let Some(field) = named("duplicate field `") {
        return Problem::field(beneath(field), "is given twice; give it once");
    }
    Problem::field(pointer, message)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.extend(["/", &index.to_string()]),
            Segment::Map { key } => pointer.extend(["/", &escape(key)]),
            // The name of an enum's variant is no step in the document.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// RFC 6901, section 3; long names of unknown fields are cut.
fn escape(step: &str) -> String {
    step.chars().take(100).collect::<String>().replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[allow(dead_code)]
    struct Outer {
        name: String,
        part_numbers: Vec<u32>,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        id: fardel_domain::id::FileId,
    }

    fn fault(body: &str) -> (&'static str, String) {
        let problem = parse::<Outer>(body.as_bytes()).unwrap_err();
        (problem.code.code(), problem.errors.first().map(|error| error.pointer.clone()).unwrap_or_default())
    }

    #[test]
    fn each_fault_of_a_body_has_its_code_and_its_pointer() {
        for (body, code, pointer) in [
            ("", "invalid-json", ""),
            ("{", "invalid-json", ""),
            ("nonsense", "invalid-json", ""),
            (r#"{"name":"a","partNumbers":[]} x"#, "invalid-json", ""),
            (r#"{"partNumbers":[]}"#, "invalid-field", "/name"),
            (r#"{"name":1,"partNumbers":[]}"#, "invalid-field", "/name"),
            (r#"{"name":"a","partNumbers":[1,2,"3"]}"#, "invalid-field", "/partNumbers/2"),
            (r#"{"name":"a","partNumbers":[0.5]}"#, "invalid-field", "/partNumbers/0"),
            (r#"{"name":"a","partNumbers":[-1]}"#, "invalid-field", "/partNumbers/0"),
            (r#"{"name":"a","name":"b","partNumbers":[]}"#, "invalid-field", "/name"),
            (r#"{"name":"a","partNumbers":[],"role":"admin"}"#, "unknown-field", "/role"),
            (r#"{"name":"a","partNumbers":[],"a/b~":1}"#, "unknown-field", "/a~1b~0"),
            (r#"{"name":"a","partNumbers":[],"inner":{"id":"x"}}"#, "invalid-field", "/inner/id"),
            (r#"{"name":"a","partNumbers":[],"inner":{"ownerId":"x"}}"#, "unknown-field", "/inner/ownerId"),
            (r"[]", "invalid-field", ""),
        ] {
            assert_eq!(fault(body), (code, pointer.to_owned()), "{body}");
        }
        let deep = format!(r#"{{"name":{}"#, "[".repeat(10_000));
        assert_eq!(fault(&deep).0, "invalid-field");
        let deep = format!(r#"{{"x":{}"#, "[".repeat(10_000));
        assert_eq!(fault(&deep).0, "unknown-field");
    }
}
