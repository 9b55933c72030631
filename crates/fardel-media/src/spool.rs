//! Brings bytes that come over the network into a file that a child can have as its only input.

use std::fs::File;
use std::io;
use std::path::Path;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

/// Why bytes could not be spooled.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// There were more than allowed.
    #[error("the file is larger than the {0} bytes that are read for processing")]
    TooLarge(u64),
    /// Reading the source or writing the temporary file failed.
    #[error("spooling failed: {0}")]
    Io(#[from] io::Error),
}

/// Copies `source` into a file without a name in `folder` and returns it opened for reading only, at its start. It is
/// gone from the disk when the last descriptor closes, after a crash too.
pub async fn spool(source: impl AsyncRead, limit: u64, folder: &Path) -> Result<File, SpoolError> {
    let named = tempfile::NamedTempFile::new_in(folder)?;
    // Opened a second time, since a child must not get a descriptor that it could write to.
    let readable = File::open(named.path())?;
    let (writable, path) = named.into_parts();
    drop(path);

    let mut out = tokio::fs::File::from_std(writable);
    let mut source = std::pin::pin!(source.take(limit.saturating_add(1)));
    let copied = tokio::io::copy(&mut source, &mut out).await?;
    out.flush().await?;
    if copied > limit {
        return Err(SpoolError::TooLarge(limit));
    }
    Ok(readable)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[tokio::test]
    async fn spooled_bytes_can_be_read_and_leave_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = spool(&b"hello"[..], 5, folder.path()).await.unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
        assert!(io::Write::write(&mut file, b"x").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn more_than_the_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let outcome = spool(&b"hello"[..], 4, folder.path()).await;
        assert!(matches!(outcome, Err(SpoolError::TooLarge(4))));
    }
}
