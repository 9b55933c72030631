//! What the rules share: the store, a client that plays the browser, and keys of their own.

use std::sync::Arc;

use bytes::Bytes;
use fardel_domain::{
    checksum::Sha256,
    object_store::{BodyBinding, ObjectKey, ObjectRead, ObjectStore, PresignedRequest},
};
use futures_util::TryStreamExt;
use http::StatusCode;

/// A store under test and all that a rule needs beside it.
pub struct Suite {
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// Plays the browser.
    pub client: reqwest::Client,
    prefix: String,
}

/// What the store's HTTP side said.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Suite {
    /// A suite whose keys begin with `prefix`, which no other run has used.
    pub fn new(store: Arc<dyn ObjectStore>, prefix: impl Into<String>) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { store, client, prefix: prefix.into() }
    }

    /// A key of this rule's own.
    pub fn key(&self, name: &str) -> ObjectKey {
        ObjectKey::parse(&format!("{}/{name}", self.prefix)).expect("a sound key")
    }

    /// What every key of this rule begins with.
    pub fn prefix(&self) -> String {
        format!("{}/", self.prefix)
    }

    /// Sends a presigned request as a browser does, which sets `content-length` by itself.
    pub async fn send(&self, request: &PresignedRequest, body: impl Into<Bytes>) -> Option<Answer> {
        self.send_with(request, body, &[]).await
    }

    /// The same with headers beside the signed ones. `None` when the server hung up, which it may do
    /// instead of reading a body that it refuses.
    pub async fn send_with(
        &self,
        request: &PresignedRequest,
        body: impl Into<Bytes>,
        headers: &[(&str, &str)],
    ) -> Option<Answer> {
        let mut builder = self.client.request(request.method.clone(), request.url.clone());
        for (name, value) in &request.headers {
            if name != "content-length" {
                builder = builder.header(name, value);
            }
        }
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        if request.method == http::Method::PUT {
            let body = body.into();
            if body.is_empty() {
                // Browsers send it, this client does not.
                builder = builder.header("content-length", "0");
            }
            builder = builder.body(body);
        }
        let response = builder.send().await.ok()?;
        let (status, headers) = (response.status(), response.headers().clone());
        Some(Answer { status, headers, body: response.bytes().await.ok()? })
    }

    /// Sends a request that must succeed and gives its entity tag without quotes.
    pub async fn must_send(&self, request: &PresignedRequest, body: impl Into<Bytes>) -> String {
        let answer = self.send(request, body).await.expect("an answer");
        assert!(answer.status.is_success(), "{answer:?}");
        answer.etag()
    }

    /// Sends a request that must be refused as a fault of its sender.
    pub async fn must_refuse(&self, request: &PresignedRequest, body: impl Into<Bytes>, what: &str) {
        let answer = self.send(request, body).await;
        let refused = answer.as_ref().is_none_or(|answer| answer.status.is_client_error());
        assert!(refused, "{what}: {answer:?}");
    }

    /// Stores an object by a presigned PUT.
    pub async fn store_object(&self, key: &ObjectKey, content: &Bytes) -> String {
        let request = self.store.presign_put(key, binding(content), HOUR).await.expect("a presigned PUT");
        self.must_send(&request, content.clone()).await
    }

    /// Asserts that nothing lies under a key.
    pub async fn assert_absent(&self, key: &ObjectKey, why: &str) {
        assert_eq!(self.store.head(key).await.expect("an answer"), None, "{why}");
    }

    /// The bytes of an object.
    pub async fn content(&self, key: &ObjectKey) -> Bytes {
        collect(self.store.get(key, None).await.expect("the object")).await
    }
}

impl Answer {
    /// The entity tag without quotes.
    pub fn etag(&self) -> String {
        let etag = self.headers.get("etag").and_then(|etag| etag.to_str().ok());
        etag.expect("an entity tag").trim_matches('"').to_owned()
    }
}

/// All bytes of a read.
pub async fn collect(read: ObjectRead) -> Bytes {
    let range = read.range.clone();
    let chunks: Vec<Bytes> = read.body.try_collect().await.expect("the bytes");
    let all: Bytes = chunks.concat().into();
    assert_eq!(all.len() as u64, range.end - range.start, "as many bytes as the range has");
    all
}

/// `len` bytes that differ by `seed` and do not repeat.
pub fn bytes(seed: u64, len: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut content = Vec::with_capacity(len + 8);
    while content.len() < len {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        content.extend_from_slice(&state.to_le_bytes());
    }
    content.truncate(len);
    content.into()
}

pub(super) const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

pub(super) fn binding(content: &[u8]) -> BodyBinding {
    BodyBinding { size: content.len() as u64, sha256: Sha256::of(content) }
}
