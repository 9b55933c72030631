//! Refusals in S3's form: its codes, its statuses, its XML.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use fardel_domain::object_store::StoreError;
use http::{HeaderName, HeaderValue, StatusCode, header};
use quick_xml::escape::escape;

use crate::sigv4::Refusal;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal;)*) => {
        /// The codes of S3 that this store answers with, and their statuses.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            pub fn status(self) -> StatusCode {
                StatusCode::from_u16(match self { $(Self::$name => $status,)* }).expect("a valid status")
            }
        }
    };
}

codes! {
    AccessDenied = 403;
    AccessForbidden = 403;
    AuthorizationQueryParametersError = 400;
    BadDigest = 400;
    EntityTooLarge = 400;
    EntityTooSmall = 400;
    IncompleteBody = 400;
    /// The disk is full. S3 has no such code; HTTP has the status.
    InsufficientStorage = 507;
    InvalidAccessKeyId = 403;
    InvalidArgument = 400;
    InvalidRange = 416;
    InvalidRequest = 400;
    InvalidURI = 400;
    MissingContentLength = 411;
    NoSuchKey = 404;
    NoSuchUpload = 404;
    NotImplemented = 501;
    PreconditionFailed = 412;
    RequestTimeout = 408;
    ServiceUnavailable = 503;
    SignatureDoesNotMatch = 403;
}

/// A request that is not served, with the reason for its sender.
#[derive(Debug)]
pub(super) struct Rejection {
    pub code: Code,
    pub message: String,
    /// The size of the object whose range was asked in vain.
    pub object_size: Option<u64>,
}

impl Rejection {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), object_size: None }
    }
}

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");

/// What S3 calls a request.
pub(super) fn request_id() -> String {
    super::random_name()[..16].to_ascii_uppercase()
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let Self { code, message, object_size } = self;
        let id = request_id();
        tracing::debug!(?code, message, request_id = id, "the object store refused a request");
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code:?}</Code><Message>{}</Message><RequestId>{id}</RequestId></Error>",
            escape(message.as_str())
        );
        let mut response = (code.status(), Body::from(xml)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, id);
        }
        if let Some(size) = object_size {
            headers.insert(header::CONTENT_RANGE, HeaderValue::from_str(&format!("bytes */{size}")).expect("digits"));
        }
        if matches!(code, Code::RequestTimeout) {
            // The rest of the body would still come.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::Path => Code::InvalidURI,
            Refusal::Malformed(_) => Code::AuthorizationQueryParametersError,
            Refusal::UnknownKey => Code::InvalidAccessKeyId,
            Refusal::Mismatch => Code::SignatureDoesNotMatch,
            Refusal::Unsigned | Refusal::UnsignedHeader(_) | Refusal::NotYetValid | Refusal::Expired => {
                Code::AccessDenied
            }
        };
        Self::new(code, refusal.to_string())
    }
}

impl From<StoreError> for Rejection {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::new(Code::NoSuchKey, "The specified key does not exist."),
            StoreError::AlreadyExists => {
                Self::new(Code::PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
            }
            StoreError::Mismatch => {
                Self::new(Code::BadDigest, "The SHA256 you specified did not match the calculated checksum.")
            }
            StoreError::InvalidRange(size) => Self {
                object_size: Some(size),
                ..Self::new(Code::InvalidRange, "The requested range is not satisfiable")
            },
            StoreError::Full => Self::new(Code::InsufficientStorage, "The disk of the store is full."),
            StoreError::InvalidParts(_) => Self::new(Code::InvalidRequest, "The parts are not those of the upload."),
            StoreError::Unavailable(_) => {
                Self::new(Code::ServiceUnavailable, "The store's disk does not answer as it should. Try again shortly.")
            }
        }
    }
}
