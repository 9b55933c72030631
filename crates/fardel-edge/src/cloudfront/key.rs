//! Keys for URL signatures: ECDSA on P-256, as `CloudFront` accepts them.

use std::fmt;

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey},
};
use p256::{
    SecretKey,
    ecdsa::{Signature, VerifyingKey, signature::Signer},
    pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding},
};

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is no PEM of such a key.
    #[error("the key is no P-256 key in PEM; make one with `openssl ecparam -name prime256v1 -genkey -noout`")]
    Pem,
    /// The id cannot stand in a URL.
    #[error("the key's id must be 1 to 64 characters of A-Z a-z 0-9 - _")]
    Id,
    /// The machine gives no random numbers.
    #[error("the system gave no random numbers for a new key")]
    Random,
}

/// A private key and the id under which verifiers know it.
#[derive(Clone)]
pub struct SigningKey {
    id: String,
    key: p256::ecdsa::SigningKey,
}

impl SigningKey {
    /// A new key from the system's random source.
    pub fn generate() -> Result<Self, KeyError> {
        loop {
            let mut secret = [0; 32];
            aws_lc_rs::rand::fill(&mut secret).map_err(|_| KeyError::Random)?;
            // One in 2^32 draws is no scalar of the group and is drawn again.
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&secret) {
                return Ok(Self::derived(key));
            }
        }
    }

    /// From PEM, PKCS #8 (`PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`).
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        SecretKey::from_pkcs8_pem(pem)
            .or_else(|_| SecretKey::from_sec1_pem(pem))
            .map(|secret| Self::derived(secret.into()))
            .map_err(|_| KeyError::Pem)
    }

    /// The secret as PKCS #8 PEM, to be stored where only the program can read it.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.key.to_pkcs8_pem(LineEnding::LF).map(|pem| pem.to_string()).map_err(|_| KeyError::Pem)
    }

    /// The same key under the id that a `CloudFront` distribution gave to its public half.
    pub fn named(self, id: &str) -> Result<Self, KeyError> {
        Ok(Self { id: checked_id(id)?, ..self })
    }

    /// What `Key-Pair-Id` says; without [`Self::named`] it follows from the public key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The half that verifies.
    pub fn public_key(&self) -> PublicKey {
        PublicKey { id: self.id.clone(), key: *self.key.verifying_key() }
    }

    /// The DER signature of `message`: RFC 6979 with SHA-256, the lower of the two possible `s`.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.key.sign(message);
        signature.normalize_s().to_der().as_bytes().to_vec()
    }

    fn derived(key: p256::ecdsa::SigningKey) -> Self {
        Self { id: derived_id(key.verifying_key()), key }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

/// The public half of a [`SigningKey`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: String,
    key: VerifyingKey,
}

impl PublicKey {
    /// From PEM (`PUBLIC KEY`).
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_public_key_pem(pem).map_err(|_| KeyError::Pem)?;
        Ok(Self { id: derived_id(&key), key })
    }

    /// As PEM, in the form that `CloudFront` takes.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.key.to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::Pem)
    }

    /// The same key under another id; see [`SigningKey::named`].
    pub fn named(self, id: &str) -> Result<Self, KeyError> {
        Ok(Self { id: checked_id(id)?, ..self })
    }

    /// What `Key-Pair-Id` says.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key in the form that verifies fastest.
    pub(super) fn parsed(&self) -> Option<ParsedPublicKey> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, self.key.to_sec1_bytes()).ok()
    }
}

fn derived_id(key: &VerifyingKey) -> String {
    let fingerprint = digest(&SHA256, &key.to_sec1_bytes());
    fingerprint.as_ref()[..8].iter().fold(String::from("K"), |id, byte| format!("{id}{byte:02X}"))
}

fn checked_id(id: &str) -> Result<String, KeyError> {
    let is_sound =
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    is_sound.then(|| id.to_owned()).ok_or(KeyError::Id)
}
