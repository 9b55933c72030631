//! The 64 bytes at the end of every object's file, which hold what the store knows of it.
//!
//! A trailer costs no second file, no second fsync and no directory read, and it is written in the
//! same `fdatasync` as the bytes: a file either has a sound trailer or is no object.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 8 | magic `FARDELO1` |
//! | 8 | 8 | bytes of the object, little endian |
//! | 16 | 8 | part size when it came in parts, else 0 |
//! | 24 | 8 | made at, microseconds since 1970 |
//! | 32 | 32 | SHA-256 of the object, or of the parts' digests |

use fardel_domain::{checksum::Sha256, object_store::ObjectMeta, time::Timestamp};

/// Bytes of a trailer.
pub(super) const TRAILER_LEN: u64 = 64;
const MAGIC: &[u8; 8] = b"FARDELO1";

/// What a trailer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    pub size: u64,
    /// `None` for an object that came in one piece.
    pub part_size: Option<u64>,
    pub made_at: Timestamp,
    pub digest: Sha256,
}

impl Record {
    pub fn encode(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&self.size.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.part_size.unwrap_or(0).to_le_bytes());
        bytes[24..32].copy_from_slice(&self.made_at.micros().to_le_bytes());
        bytes[32..].copy_from_slice(self.digest.as_bytes());
        bytes
    }

    /// Reads the trailer of a file of `file_len` bytes; `None` when it is not a whole object.
    pub fn decode(bytes: &[u8], file_len: u64) -> Option<Self> {
        let (magic, fields) = bytes.split_first_chunk::<8>()?;
        let (size, fields) = fields.split_first_chunk::<8>()?;
        let (part_size, fields) = fields.split_first_chunk::<8>()?;
        let (made_at, digest) = fields.split_first_chunk::<8>()?;
        let digest: [u8; 32] = digest.try_into().ok()?;
        let size = u64::from_le_bytes(*size);
        let sound = magic == MAGIC && size.checked_add(TRAILER_LEN) == Some(file_len);
        sound.then(|| Self {
            size,
            part_size: Some(u64::from_le_bytes(*part_size)).filter(|&part_size| part_size > 0),
            made_at: Timestamp::from_micros(i64::from_le_bytes(*made_at)),
            digest: Sha256::from(digest),
        })
    }

    /// The entity tag: the digest, and as S3 does it the number of parts behind it.
    pub fn etag(&self) -> String {
        match self.part_size {
            None => self.digest.to_hex(),
            Some(part_size) => format!("{}-{}", self.digest.to_hex(), self.size.div_ceil(part_size).max(1)),
        }
    }

    pub fn meta(&self) -> ObjectMeta {
        ObjectMeta { size: self.size, etag: self.etag(), checksum: Some(self.digest), modified_at: self.made_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailer_round_trips_and_a_damaged_one_is_no_object() {
        let record = Record {
            size: 40,
            part_size: Some(16),
            made_at: Timestamp::from_micros(1_700_000_000_123_456),
            digest: Sha256::of(b"x"),
        };
        let bytes = record.encode();
        assert_eq!(Record::decode(&bytes, 104), Some(record));
        assert!(record.etag().ends_with("-3"));
        assert_eq!(Record::decode(&bytes, 103), None);
        assert_eq!(Record::decode(&bytes[1..], 104), None);
        assert_eq!(Record::decode(&[0; 64], 64), None);
    }
}
