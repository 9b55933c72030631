//! The child's answers on its standard output: frames of a kind, a length and that many bytes.
//!
//! The parent believes nothing of it: lengths are bounded before anything is allocated, and JSON is read into types.

use std::io::{self, Write};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// The walls stand (JSON of [`Isolation`](crate::Isolation)); sent before the first byte of input is read.
    Ready = 1,
    /// JSON of the [`Report`](crate::Report); a [`Kind::Bytes`] follows for each of its renditions.
    Report = 2,
    /// The bytes of one rendition.
    Bytes = 3,
    /// JSON of a [`Refusal`](crate::Refusal).
    Refused = 4,
    /// Nothing follows.
    End = 5,
}

/// One frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn write(out: &mut impl Write, kind: Kind, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
    out.write_all(&[kind as u8])?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(body)?;
    out.flush()
}

/// Why a frame could not be read.
#[derive(Debug)]
pub(crate) enum FrameError {
    /// The child ended before its last frame.
    Closed,
    /// More bytes than the parent takes.
    TooMuch,
    /// Not a frame.
    Garbage,
    Io(io::Error),
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Closed } else { Self::Io(error) }
    }
}

/// Reads a frame and takes its length off `budget`.
pub(crate) async fn read(input: &mut (impl AsyncRead + Unpin), budget: &mut u64) -> Result<Frame, FrameError> {
    let mut head = [0; 5];
    input.read_exact(&mut head).await?;
    let [kind, length @ ..] = head;
    let kind = match kind {
        1 => Kind::Ready,
        2 => Kind::Report,
        3 => Kind::Bytes,
        4 => Kind::Refused,
        5 => Kind::End,
        _ => return Err(FrameError::Garbage),
    };
    let length = u64::from(u32::from_le_bytes(length));
    *budget = budget.checked_sub(length).ok_or(FrameError::TooMuch)?;
    let mut body = Vec::new();
    // Grows with what arrives, not with what is announced.
    if input.take(length).read_to_end(&mut body).await? as u64 != length {
        return Err(FrameError::Closed);
    }
    Ok(Frame { kind, body })
}
