//! Opaque cursors: where a listing goes on, sealed so that nobody can alter or lend them.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

const TAG_BYTES: usize = 16;

/// The cursor was altered, or was made for another scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor was altered or belongs to another listing")]
pub struct InvalidCursor;

/// Seals and opens cursors with the installation's key (HMAC-SHA-256, 128 bits of tag).
#[derive(Clone)]
pub struct CursorSeal(hmac::Key);

impl CursorSeal {
    /// A seal from 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Turns `position` into a cursor that opens only with the same `scope`: user, filters and sort.
    pub fn seal<T: Serialize>(&self, scope: &str, position: &T) -> String {
        let mut bytes = serde_json::to_vec(position).unwrap_or_default();
        let tag = self.tag(scope, &bytes);
        bytes.extend_from_slice(&tag.as_ref()[..TAG_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position inside `cursor`, if it was sealed for `scope`.
    pub fn open<T: DeserializeOwned>(&self, scope: &str, cursor: &str) -> Result<T, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| InvalidCursor)?;
        let (position, tag) = bytes.len().checked_sub(TAG_BYTES).map(|at| bytes.split_at(at)).ok_or(InvalidCursor)?;
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.tag(scope, position).as_ref()[..TAG_BYTES], tag)
            .map_err(|_| InvalidCursor)?;
        serde_json::from_slice(position).map_err(|_| InvalidCursor)
    }

    fn tag(&self, scope: &str, position: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&(scope.len() as u64).to_be_bytes());
        context.update(scope.as_bytes());
        context.update(position);
        context.sign()
    }
}

impl std::fmt::Debug for CursorSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorSeal")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_opens_only_unaltered_and_in_its_scope(scope in ".{0,20}", position in ".{0,40}", at in 0usize..200, with in 0u8..64) {
            let seal = CursorSeal::new(&[7; 32]);
            let cursor = seal.seal(&scope, &position);
            prop_assert_eq!(seal.open::<String>(&scope, &cursor), Ok(position));
            prop_assert_eq!(seal.open::<String>(&format!("{scope}x"), &cursor), Err(InvalidCursor));
            prop_assert_eq!(CursorSeal::new(&[8; 32]).open::<String>(&scope, &cursor), Err(InvalidCursor));
            let mut altered = cursor.clone().into_bytes();
            let at = at % altered.len();
            altered[at] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[with as usize];
            let altered = String::from_utf8(altered).unwrap();
            if altered != cursor {
                prop_assert_eq!(seal.open::<String>(&scope, &altered), Err(InvalidCursor));
            }
        }
    }
}
