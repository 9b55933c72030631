//! The registry of problem codes: every error answer of the program, with its status and title.

use serde::Serialize;

/// A problem in the shape of RFC 9457, before the gateway adds `instance` and `traceId`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which problem; decides status, title and type.
    pub code: ProblemCode,
    /// What happened here and what to do; nothing secret, no internals.
    pub detail: String,
    /// The fields of the request that are wrong.
    pub errors: Vec<FieldError>,
    /// Members that this code adds, such as `missing`.
    pub extensions: serde_json::Map<String, serde_json::Value>,
    /// After how many seconds a repeat may succeed.
    pub retry_after: Option<u64>,
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body (RFC 6901), or the name of a query parameter.
    #[schema(example = "/name")]
    pub pointer: String,
    /// What is wrong with it and what would be right.
    #[schema(example = "the name is empty; give at least one visible character")]
    pub detail: String,
}

impl Problem {
    /// A problem with the sentence that tells what to do.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), extensions: serde_json::Map::new(), retry_after: None }
    }

    /// One wrong field (422 `invalid-field`).
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// Several wrong fields at once (422 `invalid-field`).
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(ProblemCode::InvalidField, "Some fields are not valid; see errors for each.") }
    }

    /// The one answer for what the caller may not see, whether or not it exists.
    pub fn forbidden() -> Self {
        Self::new(ProblemCode::Forbidden, "You may not do this here, or it does not exist.")
    }

    /// Something on our side failed; the cause goes to the log, not to the caller.
    pub fn internal() -> Self {
        Self::new(ProblemCode::Internal, "Something failed on the server. Try again; if it stays, report the trace id.")
    }

    /// A part of the system does not answer at present.
    pub fn unavailable(what: &str) -> Self {
        Self {
            retry_after: Some(2),
            ..Self::new(ProblemCode::Unavailable, format!("{what} does not answer at present. Try again shortly."))
        }
    }

    /// Adds a member of this code's own.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<serde_json::Value>) -> Self {
        self.extensions.insert(member.to_owned(), value.into());
        self
    }

    /// Tells after how many seconds to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// The stable code of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemCode {
            $($(#[$doc])* $name,)*
        }

        impl ProblemCode {
            /// Every code, for the documentation and its test.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Kebab-case, stable for ever.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// A short sentence for people, the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The body is no JSON of the expected shape.
    InvalidJson = "invalid-json", 400, "The body is not valid JSON";
    /// A header, path or query value cannot be read.
    InvalidRequest = "invalid-request", 400, "The request cannot be read";
    /// The cursor was altered, or belongs to another user, filter or sort.
    InvalidCursor = "invalid-cursor", 400, "The cursor is not valid here";
    /// No credential, or one that no longer holds.
    Unauthenticated = "unauthenticated", 401, "Sign in first";
    /// E-mail or password is wrong.
    InvalidCredentials = "invalid-credentials", 401, "E-mail or password is wrong";
    /// Not allowed, or not there.
    Forbidden = "forbidden", 403, "Not allowed";
    /// The request came from a page of another site.
    CrossSite = "cross-site", 403, "Requests from other sites are refused";
    /// First-run set-up is over, or the code is wrong.
    SetupClosed = "setup-closed", 403, "Set-up is not open";
    /// The bytes were found to be harmful.
    Infected = "infected", 403, "The file is infected";
    /// No such route, or no such part of something the caller can see.
    NotFound = "not-found", 404, "Nothing is here";
    /// The route exists, the method does not.
    MethodNotAllowed = "method-not-allowed", 405, "This method is not allowed here";
    /// The client was too slow.
    Timeout = "timeout", 408, "The request took too long";
    /// An active sibling has this name.
    NameTaken = "name-taken", 409, "The name is taken";
    /// The bytes have not arrived, or not all of them.
    NotUploaded = "not-uploaded", 409, "The bytes have not arrived";
    /// Parts of a multipart upload are missing.
    PartsMissing = "parts-missing", 409, "Parts are missing";
    /// The change contradicts the present state.
    Conflict = "conflict", 409, "This contradicts the present state";
    /// The same idempotency key is being worked on.
    InFlight = "in-flight", 409, "The same request is being worked on";
    /// The resource changed since the caller read it.
    PreconditionFailed = "precondition-failed", 412, "It changed meanwhile";
    /// The file is larger than allowed.
    TooLarge = "too-large", 413, "The file is too large";
    /// The body of the request is larger than allowed.
    BodyTooLarge = "body-too-large", 413, "The body is too large";
    /// The body's type is not what the route takes.
    UnsupportedMediaType = "unsupported-media-type", 415, "This content type is not accepted";
    /// Files of this type may not be stored.
    TypeNotAllowed = "type-not-allowed", 415, "Files of this type are not allowed";
    /// The range lies outside the content.
    RangeNotSatisfiable = "range-not-satisfiable", 416, "The range lies outside the file";
    /// One or more fields are wrong.
    InvalidField = "invalid-field", 422, "Some fields are not valid";
    /// A field that does not exist here.
    UnknownField = "unknown-field", 422, "A field is unknown";
    /// What was uploaded is not what was announced.
    ContentMismatch = "content-mismatch", 422, "The bytes are not those announced";
    /// The idempotency key was used with another body.
    IdempotencyMismatch = "idempotency-mismatch", 422, "The idempotency key was used for another request";
    /// Too many requests.
    RateLimited = "rate-limited", 429, "Too many requests";
    /// Headers are larger than allowed.
    HeadersTooLarge = "headers-too-large", 431, "The headers are too large";
    /// A fault on our side.
    Internal = "internal", 500, "Something failed on the server";
    /// An engine is down.
    Unavailable = "unavailable", 503, "A part of the server is unavailable";
    /// The quota does not suffice.
    QuotaExceeded = "quota-exceeded", 507, "The storage is used up";
    /// The disk is full.
    StorageFull = "storage-full", 507, "The server's disk is full";
}

impl ProblemCode {
    /// The stable URL of the code, relative to the server.
    pub fn type_uri(self) -> String {
        format!("/problems/{}", self.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_kebab_case_and_errors() {
        let codes: HashSet<_> = ProblemCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(codes.len(), ProblemCode::ALL.len());
        for code in ProblemCode::ALL {
            assert!(code.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code:?}");
            assert!((400..600).contains(&code.status()), "{code:?}");
        }
    }
}
