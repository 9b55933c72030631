//! URL signatures in the grammar of Amazon `CloudFront`: canned policy, ECDSA P-256, SHA-256.
//!
//! The policy `{"Statement":[{"Resource":URL,"Condition":{"DateLessThan":{"AWS:EpochTime":N}}}]}` is
//! signed and not sent. The URL grows by `Expires`, `Signature`, `Key-Pair-Id` and `Hash-Algorithm`, in
//! this order. Signatures are deterministic (RFC 6979) with a low `s`: equal requests give equal URLs on
//! every instance, so that caches hit, and no second signature of the same URL is accepted.

mod key;
mod verifier;

use base64::{Engine, engine::general_purpose::STANDARD};
use fardel_domain::time::Timestamp;
pub use key::{KeyError, PublicKey, SigningKey};
use url::Url;
pub use verifier::{SignedResource, UrlVerifier};

/// Adds signatures to URLs.
#[derive(Debug, Clone)]
pub struct UrlSigner {
    key: SigningKey,
}

impl UrlSigner {
    /// A signer with `key`, whose public half the verifier or the `CloudFront` distribution trusts.
    pub const fn new(key: SigningKey) -> Self {
        Self { key }
    }

    /// `url`, without its fragment, signed until the second in which `expires` lies.
    pub fn sign(&self, mut url: Url, expires: Timestamp) -> Url {
        url.set_fragment(None);
        let expires = expires.seconds();
        let signature = self.key.sign(canned_policy(url.as_str(), expires).as_bytes());
        let parameters = format!(
            "Expires={expires}&Signature={}&Key-Pair-Id={}&Hash-Algorithm=SHA256",
            encode(&signature),
            self.key.id()
        );
        let query = match url.query() {
            Some(query) => format!("{query}&{parameters}"),
            None => parameters,
        };
        url.set_query(Some(&query));
        url
    }
}

/// The text that is signed. `resource` holds neither `"` nor control characters nor non-ASCII.
fn canned_policy(resource: &str, expires: i64) -> String {
    let resource = resource.replace('\\', "\\\\");
    format!(
        r#"{{"Statement":[{{"Resource":"{resource}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}]}}"#
    )
}

/// Base64 with the characters that `CloudFront` puts in place of those that mean something in a URL.
fn encode(signature: &[u8]) -> String {
    STANDARD.encode(signature).replace('+', "-").replace('=', "_").replace('/', "~")
}

/// The inverse of [`encode`]; `None` for anything that [`encode`] does not give.
fn decode(text: &str) -> Option<Vec<u8>> {
    if text.contains(['+', '=', '/']) {
        return None;
    }
    STANDARD.decode(text.replace('-', "+").replace('_', "=").replace('~', "/")).ok()
}

#[cfg(test)]
mod tests;
