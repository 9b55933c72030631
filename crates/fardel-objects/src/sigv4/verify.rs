//! Verifying a presigned request: the only door to its body.

use std::time::Duration;

use aws_lc_rs::hmac;
use fardel_domain::time::Timestamp;
use http::{HeaderMap, Method, Request, header};
use time::{PrimitiveDateTime, macros::format_description};

use super::{ALGORITHM, Credentials, MAX_VALIDITY, Scope, UNSIGNED_PAYLOAD, canonical, string_to_sign};

/// How far ahead of ours the clock of a signer may be.
const CLOCK_SKEW: Duration = Duration::from_mins(15);

/// Why a request was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no signature in the query.
    #[error("this store honours presigned requests only")]
    Unsigned,
    /// The path is not spelled canonically.
    #[error("the path holds a character that this store does not use")]
    Path,
    /// A parameter of the signature is missing, twice there or wrong.
    #[error("{0}")]
    Malformed(&'static str),
    /// A header that has a meaning to S3 is not covered by the signature.
    #[error("There were headers present in the request which were not signed: {0}")]
    UnsignedHeader(String),
    /// The access key is not ours.
    #[error("the access key is not known to this store")]
    UnknownKey,
    /// The signature is not that of this request.
    #[error("the signature is not that of this request; send method, URL and signed headers exactly as given")]
    Mismatch,
    /// The request is dated in the future.
    #[error("Request is not valid yet")]
    NotYetValid,
    /// The request was valid once.
    #[error("Request has expired")]
    Expired,
}

/// A request whose signature holds. Only [`Verifier::verify`] makes one.
#[derive(Debug)]
pub struct VerifiedRequest<B> {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    signed: Vec<(String, String)>,
    headers: HeaderMap,
    body: B,
}

impl<B> VerifiedRequest<B> {
    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path with its leading slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The signed parameters that are not the signature's own, decoded.
    pub fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The signed headers, sorted, in lower case.
    pub fn signed_headers(&self) -> &[(String, String)] {
        &self.signed
    }

    /// The value of a header that the signature covers.
    pub fn signed(&self, name: &str) -> Option<&str> {
        self.signed.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Every header, signed or not.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body, not read yet.
    pub fn into_body(self) -> B {
        self.body
    }
}

/// Verifies requests that were signed with one key pair for one region.
#[derive(Debug, Clone)]
pub struct Verifier {
    credentials: Credentials,
    region: String,
}

/// The parameters of a signature.
#[derive(Default)]
struct Signature {
    algorithm: Option<String>,
    credential: Option<String>,
    date: Option<String>,
    expires: Option<String>,
    signed_headers: Option<String>,
    value: Option<String>,
}

impl Verifier {
    /// Honours signatures of `credentials` for `region` and the service `s3`.
    pub fn new(credentials: Credentials, region: impl Into<String>) -> Self {
        Self { credentials, region: region.into() }
    }

    /// Takes a request only when its signature covers method, path, query, host and every `x-amz-*`
    /// header, and holds at `now`.
    pub fn verify<B>(&self, request: Request<B>, now: Timestamp) -> Result<VerifiedRequest<B>, Refusal> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        if !canonical::is_plain_path(path) {
            return Err(Refusal::Path);
        }
        let raw_query =
            parts.uri.query().filter(|query| query.contains("X-Amz-Signature=")).ok_or(Refusal::Unsigned)?;
        if parts.headers.contains_key(header::AUTHORIZATION) {
            return Err(Refusal::Malformed("only one way to authenticate is allowed; leave out Authorization"));
        }
        let (signature, query, signed_query) = split_query(raw_query)?;
        let names = signature.signed_headers.ok_or(MISSING)?;
        let signed = signed_headers(&names, &parts)?;

        if signature.algorithm.as_deref() != Some(ALGORITHM) {
            return Err(Refusal::Malformed("X-Amz-Algorithm only supports AWS4-HMAC-SHA256"));
        }
        let date = signature.date.ok_or(MISSING)?;
        let signed_at = parse_date(&date)?;
        let valid_for = parse_expires(&signature.expires.ok_or(MISSING)?)?;
        let scope = Scope { date: &date[..8], region: &self.region };
        let credential = signature.credential.ok_or(MISSING)?;
        let (key_id, scope_text) = credential.split_once('/').ok_or(WRONG_SCOPE)?;
        if key_id != self.credentials.access_key_id {
            return Err(Refusal::UnknownKey);
        }
        if scope_text != scope.text() {
            return Err(WRONG_SCOPE);
        }

        let canonical_request = canonical::request(parts.method.as_str(), path, &signed_query, &signed);
        let given = signature.value.ok_or(MISSING)?;
        let tag = hex::decode(&given).ok().filter(|_| given.bytes().all(|b| !b.is_ascii_uppercase()));
        let key = scope.key(&self.credentials.secret_key);
        // `hmac::verify` compares in constant time.
        hmac::verify(
            &key,
            string_to_sign(&date, &scope, &canonical_request).as_bytes(),
            &tag.ok_or(Refusal::Mismatch)?,
        )
        .map_err(|_| Refusal::Mismatch)?;

        if now + CLOCK_SKEW < signed_at {
            return Err(Refusal::NotYetValid);
        }
        if now > signed_at + valid_for {
            return Err(Refusal::Expired);
        }
        let path = path.to_owned();
        Ok(VerifiedRequest { method: parts.method, path, query, signed, headers: parts.headers, body })
    }
}

const MISSING: Refusal = Refusal::Malformed(
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
     X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
);
const WRONG_SCOPE: Refusal = Refusal::Malformed("the credential's scope is not this date, region and service");

type Pairs = Vec<(String, String)>;

/// The signature's parameters, the others, and all that the signature covers.
fn split_query(raw: &str) -> Result<(Signature, Pairs, Pairs), Refusal> {
    let pairs = canonical::parse_query(raw).ok_or(Refusal::Malformed("the query is not spelled canonically"))?;
    let mut signature = Signature::default();
    let mut others: Pairs = Vec::new();
    let mut covered: Pairs = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        if covered.iter().any(|(seen, _)| seen.eq_ignore_ascii_case(&name)) {
            return Err(Refusal::Malformed("a query parameter stands there twice"));
        }
        let slot = match name.as_str() {
            "X-Amz-Algorithm" => &mut signature.algorithm,
            "X-Amz-Credential" => &mut signature.credential,
            "X-Amz-Date" => &mut signature.date,
            "X-Amz-Expires" => &mut signature.expires,
            "X-Amz-SignedHeaders" => &mut signature.signed_headers,
            "X-Amz-Signature" => {
                if signature.value.replace(value).is_some() {
                    return Err(Refusal::Malformed("a query parameter stands there twice"));
                }
                continue;
            }
            // Some presigners spell out what a presigned request implies.
            "X-Amz-Content-Sha256" if value == UNSIGNED_PAYLOAD => {
                covered.push((name, value));
                continue;
            }
            _ => {
                others.push((name.clone(), value.clone()));
                covered.push((name, value));
                continue;
            }
        };
        *slot = Some(value.clone());
        covered.push((name, value));
    }
    Ok((signature, others, covered))
}

/// The headers named as signed, each there once; and no `x-amz-*` header beside them.
fn signed_headers(names: &str, parts: &http::request::Parts) -> Result<Pairs, Refusal> {
    let names: Vec<&str> = names.split(';').collect();
    let sound =
        names.is_sorted_by(|a, b| a < b) && names.iter().all(|name| name.bytes().all(|b| !b.is_ascii_uppercase()));
    if !sound || !names.contains(&"host") {
        return Err(Refusal::Malformed("X-Amz-SignedHeaders is not a sorted list in lower case with host"));
    }
    let unsigned = |name: &&str| name.starts_with("x-amz-") && !names.contains(name);
    if let Some(name) = parts.headers.keys().map(http::HeaderName::as_str).find(unsigned) {
        return Err(Refusal::UnsignedHeader(name.to_owned()));
    }
    names
        .iter()
        .map(|name| {
            let value = if *name == "host" { host(parts) } else { single(&parts.headers, name) };
            value.map(|value| ((*name).to_owned(), value)).ok_or(Refusal::Mismatch)
        })
        .collect()
}

/// The host that the client spoke to: HTTP/2 carries it in the URI alone.
fn host(parts: &http::request::Parts) -> Option<String> {
    let from_uri = parts.uri.authority().map(|authority| authority.as_str().to_owned());
    match (single(&parts.headers, "host"), from_uri) {
        (Some(header), Some(uri)) if header != uri => None,
        (Some(host), _) | (None, Some(host)) => Some(host),
        (None, None) => None,
    }
}

fn single(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?.to_owned();
    values.next().is_none().then_some(value)
}

fn parse_date(text: &str) -> Result<Timestamp, Refusal> {
    let wrong = Refusal::Malformed("X-Amz-Date must be in the ISO8601 Long Format yyyyMMdd'T'HHmmss'Z'");
    if text.len() != 16 {
        return Err(wrong);
    }
    PrimitiveDateTime::parse(text, format_description!("[year][month][day]T[hour][minute][second]Z"))
        .map(|date| Timestamp::from_seconds(date.assume_utc().unix_timestamp()))
        .map_err(|_| wrong)
}

fn parse_expires(text: &str) -> Result<Duration, Refusal> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|seconds| digits && (1..=MAX_VALIDITY.as_secs()).contains(seconds))
        .map(Duration::from_secs)
        .ok_or(Refusal::Malformed("X-Amz-Expires must be between 1 and 604800 seconds"))
}
