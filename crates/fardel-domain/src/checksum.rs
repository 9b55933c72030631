//! SHA-256 digests of parts, and the identity of a content that they join to.

use std::fmt;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::part_plan::PartPlan;

/// A SHA-256 digest; base64 on the wire, as in S3's `x-amz-checksum-sha256`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, utoipa::ToSchema)]
#[schema(value_type = String, example = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut value = [0; 32];
        value.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        Self(value)
    }

    /// The 32 raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Standard base64 with padding.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// Lower-case hexadecimal.
    pub fn to_hex(self) -> String {
        use fmt::Write;
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// From standard base64 with padding.
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl From<[u8; 32]> for Sha256 {
    fn from(value: [u8; 32]) -> Self {
        Self(value)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64())
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_base64(&text).ok_or_else(|| de::Error::custom("is no SHA-256 digest in base64 (44 characters)"))
    }
}

/// What identifies a content of a known size: the SHA-256 itself when it is one part, else the
/// SHA-256 over the parts' digests (S3's composite checksum). Equal sizes have equal plans, so
/// equal contents have equal identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentChecksum(Sha256);

impl ContentChecksum {
    /// Joins the digests of all parts of `plan`; `None` when their number is not the plan's.
    pub fn join(plan: &PartPlan, parts: &[Sha256]) -> Option<Self> {
        match parts {
            [only] if plan.part_count() == 1 => Some(Self(*only)),
            parts if parts.len() == plan.part_count() as usize => {
                let joined: Vec<u8> = parts.iter().flat_map(|part| part.0).collect();
                Some(Self(Sha256::of(&joined)))
            }
            _ => None,
        }
    }

    /// The digest that stands for the whole content.
    pub const fn digest(&self) -> &Sha256 {
        &self.0
    }
}

impl From<Sha256> for ContentChecksum {
    fn from(digest: Sha256) -> Self {
        Self(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_keeps_its_own_digest_and_more_are_joined() {
        let digest = Sha256::of(b"abc");
        let single = PartPlan::for_size(3);
        assert_eq!(ContentChecksum::join(&single, &[digest]).unwrap().digest(), &digest);
        let double = PartPlan::for_size(101_000_000);
        assert_eq!(ContentChecksum::join(&double, &[digest]), None);
        let parts = vec![digest; double.part_count() as usize];
        let joined: Vec<u8> = parts.iter().flat_map(|part| *part.as_bytes()).collect();
        assert_eq!(ContentChecksum::join(&double, &parts).unwrap().digest(), &Sha256::of(&joined));
    }

    #[test]
    fn base64_and_hex_round_trip() {
        let digest = Sha256::of(b"");
        assert_eq!(digest.to_base64(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(Sha256::from_base64(&digest.to_base64()), Some(digest));
        assert!(digest.to_hex().starts_with("e3b0c44298fc1c14"));
        assert_eq!(Sha256::from_base64("abc"), None);
    }
}
