//! Making a presigned request.

use std::time::Duration;

use fardel_domain::{object_store::PresignedRequest, time::Timestamp};
use time::macros::format_description;
use url::{Position, Url};

use super::{ALGORITHM, Credentials, MAX_VALIDITY, Scope, canonical, string_to_sign};

/// What is to be signed.
#[derive(Debug)]
pub struct Presign<'a> {
    /// `PUT`, `GET` or `HEAD`.
    pub method: http::Method,
    /// Where to, without query. The path holds no character that needs an escape.
    pub url: Url,
    /// Parameters of the operation, such as `partNumber`.
    pub query: &'a [(&'a str, String)],
    /// Headers that the client must send as given, in lower case, without `host`.
    pub headers: Vec<(String, String)>,
    /// For how long the request holds; cut at [`MAX_VALIDITY`], at least one second.
    pub valid_for: Duration,
}

/// Signs a request at `now`.
pub fn presign(credentials: &Credentials, region: &str, now: Timestamp, request: Presign<'_>) -> PresignedRequest {
    let Presign { method, mut url, query, headers, valid_for } = request;
    let timestamp = now
        .to_date_time()
        .format(format_description!("[year][month][day]T[hour][minute][second]Z"))
        .expect("a UTC date and time has all of these components");
    let scope = Scope { date: &timestamp[..8], region };
    let seconds = valid_for.min(MAX_VALIDITY).as_secs().max(1);

    let mut signed = headers.clone();
    signed.push(("host".to_owned(), url[Position::BeforeHost..Position::AfterPort].to_owned()));
    signed.sort();

    let mut pairs: Vec<(String, String)> =
        query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    pairs.extend(
        [
            ("X-Amz-Algorithm", ALGORITHM.to_owned()),
            ("X-Amz-Credential", format!("{}/{}", credentials.access_key_id, scope.text())),
            ("X-Amz-Date", timestamp.clone()),
            ("X-Amz-Expires", seconds.to_string()),
            ("X-Amz-SignedHeaders", canonical::header_names(&signed)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let canonical_request = canonical::request(method.as_str(), url.path(), &pairs, &signed);
    let key = scope.key(&credentials.secret_key);
    let signature = aws_lc_rs::hmac::sign(&key, string_to_sign(&timestamp, &scope, &canonical_request).as_bytes());
    pairs.push(("X-Amz-Signature".to_owned(), hex::encode(signature)));

    let query: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", canonical::encode(name), canonical::encode(value))).collect();
    url.set_query(Some(&query.join("&")));
    let expires_at = Timestamp::from_seconds(now.seconds()) + Duration::from_secs(seconds);
    PresignedRequest { method, url, headers, expires_at }
}
