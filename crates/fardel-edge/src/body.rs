//! The bytes of an object on their way to a client: as many as were announced, or a broken connection.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use fardel_domain::object_store::StoreError;
use futures_util::{
    Stream,
    stream::{self, BoxStream},
};
use http_body::{Body, Frame, SizeHint};

/// No bytes, and no word on how many there would be: axum adds `Content-Length: 0` to an empty body, which
/// would be wrong for 304 (RFC 9110 §8.6).
pub(crate) fn no_body() -> axum::body::Body {
    axum::body::Body::from_stream(stream::empty::<Result<Bytes, Infallible>>())
}

/// A stream of chunks of known length in all.
pub(crate) struct ObjectBody {
    chunks: BoxStream<'static, Result<Bytes, StoreError>>,
    remaining: u64,
}

impl ObjectBody {
    /// `chunks`, which give `size` bytes.
    pub(crate) fn new(chunks: BoxStream<'static, Result<Bytes, StoreError>>, size: u64) -> Self {
        Self { chunks, remaining: size }
    }
}

impl Body for ObjectBody {
    type Data = Bytes;
    type Error = StoreError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StoreError>>> {
        if self.remaining == 0 {
            return Poll::Ready(None);
        }
        let outcome = match ready!(Pin::new(&mut self.chunks).poll_next(cx)) {
            Some(Ok(chunk)) if chunk.len() as u64 <= self.remaining => {
                self.remaining -= chunk.len() as u64;
                return Poll::Ready(Some(Ok(Frame::data(chunk))));
            }
            Some(Ok(_)) => StoreError::Unavailable("it gave more bytes than the object has".into()),
            Some(Err(error)) => error,
            None => StoreError::Unavailable("it gave fewer bytes than the object has".into()),
        };
        tracing::warn!(error = %outcome, "a content broke off while it was sent");
        self.remaining = 0;
        Poll::Ready(Some(Err(outcome)))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    fn body(chunks: &'static [&'static [u8]], size: u64) -> ObjectBody {
        ObjectBody::new(Box::pin(stream::iter(chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk))))), size)
    }

    #[tokio::test]
    async fn too_few_and_too_many_bytes_break_the_answer() {
        assert_eq!(body(&[b"ab", b"c"], 3).collect().await.unwrap().to_bytes(), "abc");
        assert!(body(&[b"ab"], 3).collect().await.is_err());
        assert!(body(&[b"ab", b"cd"], 3).collect().await.is_err());
    }
}
