//! AWS Signature Version 4 in the query of a URL: making presigned requests and verifying them.
//!
//! Follows "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)" of the Amazon
//! S3 API reference. The verifier is stricter than S3: it takes only the canonical spelling of a
//! path and a query, so that no byte of a signed URL can be changed without being noticed.

mod canonical;
mod presign;
mod verify;

use std::fmt;

use aws_lc_rs::hmac;

pub use self::{
    presign::{Presign, presign},
    verify::{Refusal, VerifiedRequest, Verifier},
};

/// Presigned requests hold for at most this long.
pub const MAX_VALIDITY: std::time::Duration = std::time::Duration::from_hours(7 * 24);

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What stands for the body's hash: the body of a presigned request is not known when it is signed.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The key pair that signs and verifies.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Public name of the key.
    pub access_key_id: String,
    /// The secret.
    pub secret_key: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).field("secret_key", &"***").finish()
    }
}

/// Where and when a signature holds: `date/region/s3/aws4_request`.
struct Scope<'a> {
    /// `YYYYMMDD`.
    date: &'a str,
    region: &'a str,
}

impl Scope<'_> {
    fn text(&self) -> String {
        format!("{}/{}/s3/aws4_request", self.date, self.region)
    }

    /// The signing key of this scope, derived from the secret by four HMACs.
    fn key(&self, secret: &str) -> hmac::Key {
        let step = |key: &[u8], message: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
        let date = step(format!("AWS4{secret}").as_bytes(), self.date);
        let region = step(date.as_ref(), self.region);
        let service = step(region.as_ref(), "s3");
        let request = step(service.as_ref(), "aws4_request");
        hmac::Key::new(hmac::HMAC_SHA256, request.as_ref())
    }
}

/// The text whose HMAC is the signature.
fn string_to_sign(timestamp: &str, scope: &Scope<'_>, canonical_request: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical_request.as_bytes());
    format!("{ALGORITHM}\n{timestamp}\n{}\n{}", scope.text(), hex::encode(digest))
}

#[cfg(test)]
mod tests;
