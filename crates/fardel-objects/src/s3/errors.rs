//! What the failures of S3 mean to the port.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use fardel_domain::object_store::StoreError;

/// The kinds of failures that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    NotFound,
    AlreadyExists,
    InvalidRange,
    /// The parts of a completion are not those of the upload.
    InvalidParts,
    /// The bytes are not those declared.
    Mismatch,
    Full,
    Other,
}

pub(super) fn kind<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Kind {
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    match (error.as_service_error().and_then(ProvideErrorMetadata::code), status) {
        (Some("NoSuchKey" | "NoSuchUpload" | "NotFound"), _) => Kind::NotFound,
        // A bucket that is missing is a fault of the set-up and no missing object.
        (Some("NoSuchBucket"), _) => Kind::Other,
        (Some("PreconditionFailed" | "ConditionalRequestConflict" | "BucketAlreadyOwnedByYou"), _) => {
            Kind::AlreadyExists
        }
        (Some("InvalidRange"), _) | (_, 416) => Kind::InvalidRange,
        (Some("InvalidPart" | "InvalidPartOrder" | "EntityTooSmall"), _) => Kind::InvalidParts,
        (
            Some("BadDigest" | "InvalidDigest" | "XAmzContentChecksumMismatch" | "IncompleteBody" | "EntityTooLarge"),
            _,
        ) => Kind::Mismatch,
        (Some("InsufficientStorage" | "XMinioStorageFull" | "QuotaExceeded"), _) | (_, 507) => Kind::Full,
        (_, 404) => Kind::NotFound,
        (_, 409 | 412) => Kind::AlreadyExists,
        _ => Kind::Other,
    }
}

pub(super) fn store_error<E>(error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match kind(error) {
        Kind::NotFound => StoreError::NotFound,
        Kind::AlreadyExists => StoreError::AlreadyExists,
        Kind::InvalidRange => StoreError::InvalidRange(0),
        Kind::InvalidParts => StoreError::InvalidParts(Vec::new()),
        Kind::Mismatch => StoreError::Mismatch,
        Kind::Full => StoreError::Full,
        Kind::Other => {
            let reason = DisplayErrorContext(error).to_string();
            tracing::warn!(reason, "a call to S3 failed");
            StoreError::Unavailable(reason)
        }
    }
}
