//! Checks signed URLs strictly: only the very text that [`super::UrlSigner`] gives is accepted.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    signature::ParsedPublicKey,
};
use fardel_domain::time::{Clock, Timestamp};
use p256::ecdsa::Signature;

use super::{PublicKey, canned_policy, decode};

/// How many URLs are remembered as proven.
const PROVEN_SLOTS: usize = 4096;

/// The longest base64 of a DER signature on P-256: 72 bytes.
const MAX_SIGNATURE_CHARS: usize = 96;

/// A URL whose signature holds at this moment. Only [`UrlVerifier::verify`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedResource<'a> {
    resource: &'a str,
    remaining: Duration,
}

impl<'a> SignedResource<'a> {
    /// What was signed: the URL without the signature's parameters.
    pub const fn resource(&self) -> &'a str {
        self.resource
    }

    /// How long the signature still holds, above zero.
    pub const fn remaining(&self) -> Duration {
        self.remaining
    }
}

/// Verifies URLs by a ring of public keys.
pub struct UrlVerifier {
    ring: RwLock<Arc<Ring>>,
    clock: Clock,
}

impl UrlVerifier {
    /// A verifier that trusts `keys`: the one that signs now, and those whose URLs have not expired yet.
    pub fn new(keys: &[PublicKey], clock: Clock) -> Self {
        Self { ring: RwLock::new(Arc::new(Ring::new(keys))), clock }
    }

    /// Trusts exactly `keys` from now on.
    pub fn replace_keys(&self, keys: &[PublicKey]) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Ring::new(keys));
    }

    /// What `url`, an absolute URL in the exact text of the request, gives access to. `None` for every
    /// kind of fault alike: wrong or no signature, unknown key, expired, parameters missing, added,
    /// doubled or in another order, or another spelling of the same URL.
    pub fn verify<'a>(&self, url: &'a str) -> Option<SignedResource<'a>> {
        let claim = Claim::parse(url)?;
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner).clone();
        let key = ring.keys.get(claim.key_id)?;
        let now = self.clock.now();
        let expires = Timestamp::from_seconds(claim.expires);
        if now >= expires {
            return None;
        }
        ring.proven
            .holds_or(url, || claim.is_signed_by(key))
            .then(|| SignedResource { resource: claim.resource, remaining: expires.since(now) })
    }
}

impl fmt::Debug for UrlVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UrlVerifier")
    }
}

/// A URL cut into what it claims.
struct Claim<'a> {
    resource: &'a str,
    expires: i64,
    signature: &'a str,
    key_id: &'a str,
}

impl<'a> Claim<'a> {
    fn parse(url: &'a str) -> Option<Self> {
        if !url.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'#') {
            return None;
        }
        let at = url.find("Expires=")?;
        let (head, parameters) = url.split_at(at);
        let resource = &head[..head.len().checked_sub(1)?];
        let separator = if resource.contains('?') { '&' } else { '?' };
        let mut parameters = head.ends_with(separator).then(|| parameters.split('&'))?;
        let mut value = |prefix: &str| parameters.next()?.strip_prefix(prefix);
        let expires_text = value("Expires=")?;
        let signature = value("Signature=")?;
        let key_id = value("Key-Pair-Id=")?;
        (value("Hash-Algorithm=")? == "SHA256" && value("").is_none()).then_some(())?;
        let expires: i64 = expires_text.parse().ok()?;
        // One spelling only: no sign, no leading zero.
        (expires.to_string() == expires_text && signature.len() <= MAX_SIGNATURE_CHARS).then_some(Self {
            resource,
            expires,
            signature,
            key_id,
        })
    }

    fn is_signed_by(&self, key: &ParsedPublicKey) -> bool {
        let Some(der) = decode(self.signature) else { return false };
        // (r, s) and (r, n − s) both verify; only the one that the signer gives is taken.
        let is_low = Signature::from_der(&der).is_ok_and(|signature| signature.normalize_s() == signature);
        is_low && key.verify_sig(canned_policy(self.resource, self.expires).as_bytes(), &der).is_ok()
    }
}

/// The keys of one moment, and what they have proven.
struct Ring {
    keys: HashMap<String, ParsedPublicKey>,
    proven: Proven,
}

impl Ring {
    fn new(keys: &[PublicKey]) -> Self {
        let keys = keys.iter().filter_map(|key| Some((key.id().to_owned(), key.parsed()?))).collect();
        Self { keys, proven: Proven::new() }
    }
}

/// Remembers URLs whose signature has held, by digest, one a slot: players and browsers ask for ranges
/// of one URL again and again, and an ECDSA check costs more than the rest of a small answer.
struct Proven(Box<[Mutex<[u8; 32]>]>);

impl Proven {
    fn new() -> Self {
        Self((0..PROVEN_SLOTS).map(|_| Mutex::new([0; 32])).collect())
    }

    fn holds_or(&self, url: &str, check: impl FnOnce() -> bool) -> bool {
        let found = digest(&SHA256, url.as_bytes());
        let Ok(found) = <[u8; 32]>::try_from(found.as_ref()) else { return check() };
        let slot = usize::from(u16::from_le_bytes([found[0], found[1]])) % PROVEN_SLOTS;
        let known = *self.0[slot].lock().unwrap_or_else(PoisonError::into_inner);
        if verify_slices_are_equal(&known, &found).is_ok() {
            return true;
        }
        let holds = check();
        if holds {
            *self.0[slot].lock().unwrap_or_else(PoisonError::into_inner) = found;
        }
        holds
    }
}
