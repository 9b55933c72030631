//! The keys that sign access tokens: a ring of Ed25519 keys in a folder of their own.

use std::{
    collections::HashMap,
    fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use fardel_domain::checksum::Sha256;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::Serialize;
use utoipa::ToSchema;

/// Names sort by age: the next key is `token-0002.pem`.
const FIRST_KEY: &str = "token-0001.pem";

/// Why the keys cannot be used. The message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The folder or a file in it cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others than the owner could read a secret.
    #[error("{0} may be read by others; run: chmod go-rwx {0}")]
    Exposed(PathBuf),
    /// The file holds no Ed25519 key.
    #[error("{0} is no Ed25519 private key in PKCS#8 PEM form; remove it, or put the right file there")]
    Malformed(PathBuf),
}

/// The key ring: the newest key signs, every key in the folder verifies. To rotate, add a file; to
/// retire a key, remove its file.
pub struct TokenKeys {
    signing_id: String,
    signing: EncodingKey,
    verifying: HashMap<String, DecodingKey>,
    published: KeySet,
}

/// The public keys (RFC 7517), served at `/.well-known/jwks.json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeySet {
    /// The keys, oldest first.
    pub keys: Vec<PublicKey>,
}

/// One public key (RFC 8037).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct PublicKey {
    #[schema(example = "OKP")]
    pub kty: &'static str,
    #[schema(example = "Ed25519")]
    pub crv: &'static str,
    #[schema(example = "EdDSA")]
    pub alg: &'static str,
    #[schema(example = "sig")]
    pub r#use: &'static str,
    /// The thumbprint (RFC 7638).
    pub kid: String,
    /// The key itself in base64url.
    pub x: String,
}

impl TokenKeys {
    /// Loads every `token-*.pem` of `dir`; makes the folder (0700) and a first key (0600) when there
    /// is none. Refuses a folder or file that others may read.
    pub fn load_or_create(dir: &Path) -> Result<Self, KeyError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| KeyError::File { path, source }
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed(dir))?;
        refuse_exposed(dir)?;
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).map_err(failed(dir))? {
            let path = entry.map_err(failed(dir))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("token-") && name.ends_with(".pem") {
                files.push(path);
            }
        }
        if files.is_empty() {
            files.push(create(dir)?);
        }
        files.sort();
        let mut ring = Vec::new();
        for path in &files {
            refuse_exposed(path)?;
            let pem = fs::read(path).map_err(failed(path))?;
            ring.push(read_key(&pem).ok_or_else(|| KeyError::Malformed(path.clone()))?);
        }
        Self::from_ring(ring).ok_or_else(|| KeyError::Malformed(dir.to_owned()))
    }

    /// A ring with one new key that lives no longer than this value: for tests.
    #[cfg(test)]
    pub fn ephemeral() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        Self::from_ring(vec![read_key(to_pem(pair.to_pkcs8v1().unwrap().as_ref()).as_bytes()).unwrap()]).unwrap()
    }

    fn from_ring(ring: Vec<(PublicKey, EncodingKey)>) -> Option<Self> {
        let verifying = ring
            .iter()
            .map(|(public, _)| Some((public.kid.clone(), DecodingKey::from_ed_components(&public.x).ok()?)))
            .collect::<Option<_>>()?;
        let published = KeySet { keys: ring.iter().map(|(public, _)| public.clone()).collect() };
        let (newest, signing) = ring.into_iter().next_back()?;
        Some(Self { signing_id: newest.kid, signing, verifying, published })
    }

    /// The key that signs, and its id.
    pub(crate) fn signing(&self) -> (&str, &EncodingKey) {
        (&self.signing_id, &self.signing)
    }

    /// The key with this id.
    pub(crate) fn verifying(&self, id: &str) -> Option<&DecodingKey> {
        self.verifying.get(id)
    }

    /// The public keys.
    pub fn published(&self) -> &KeySet {
        &self.published
    }
}

impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TokenKeys").field(&self.signing_id).finish()
    }
}

fn refuse_exposed(path: &Path) -> Result<(), KeyError> {
    let mode =
        fs::metadata(path).map_err(|source| KeyError::File { path: path.to_owned(), source })?.permissions().mode();
    if mode.trailing_zeros() >= 6 { Ok(()) } else { Err(KeyError::Exposed(path.to_owned())) }
}

/// A new key, complete and on disk before its name appears.
fn create(dir: &Path) -> Result<PathBuf, KeyError> {
    let path = dir.join(FIRST_KEY);
    let write = || -> io::Result<()> {
        let document = Ed25519KeyPair::generate()
            .and_then(|pair| pair.to_pkcs8v1())
            .map_err(|_| io::Error::other("no Ed25519 key could be generated"))?;
        let unfinished = path.with_extension("new");
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        io::Write::write_all(&mut file, to_pem(document.as_ref()).as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        fs::File::open(dir)?.sync_all()
    };
    write().map_err(|source| KeyError::File { path: path.clone(), source })?;
    Ok(path)
}

fn to_pem(document: &[u8]) -> String {
    let text = STANDARD.encode(document);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

fn read_key(pem: &[u8]) -> Option<(PublicKey, EncodingKey)> {
    let signing = EncodingKey::from_ed_pem(pem).ok()?;
    let pair = Ed25519KeyPair::from_pkcs8(signing.as_bytes()).ok()?;
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let thumbprint = Sha256::of(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes());
    let kid = URL_SAFE_NO_PAD.encode(thumbprint.as_bytes());
    Some((PublicKey { kty: "OKP", crv: "Ed25519", alg: "EdDSA", r#use: "sig", kid, x }, signing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_for_the_owners_eyes() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("keys");
        let first = TokenKeys::load_or_create(&dir).unwrap();
        let again = TokenKeys::load_or_create(&dir).unwrap();
        assert_eq!(first.signing_id, again.signing_id);
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        let file = fs::read_dir(&dir).unwrap().next().unwrap().unwrap().path();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

        // A second, newer key signs; both verify.
        fs::rename(&file, dir.join("token-0000.pem")).unwrap();
        create(&dir).unwrap();
        let ring = TokenKeys::load_or_create(&dir).unwrap();
        assert_ne!(ring.signing_id, first.signing_id);
        assert!(ring.verifying(&first.signing_id).is_some());
        assert_eq!(ring.published().keys.len(), 2);

        fs::set_permissions(dir.join("token-0000.pem"), fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(TokenKeys::load_or_create(&dir), Err(KeyError::Exposed(_))));
    }
}
