//! PUT of an object or of a part: exactly the bytes that were signed, or nothing.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use fardel_domain::{
    checksum::Sha256,
    object_store::{ObjectKey, StoreError},
    part_plan::PartNumber,
};
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use tokio::{task::JoinHandle, time::Instant};

use super::{
    super::{
        BATCH, BodyLimits, LocalStore, blocking,
        multipart::PartWriter,
        write::ObjectWriter,
        xml::{Code, REQUEST_ID, Rejection, request_id},
    },
    not_implemented, only,
};
use crate::sigv4::VerifiedRequest;

/// S3's bound on one PUT.
const MAX_SIZE: u64 = 5 << 30;
const SIGNED: &[&str] = &["x-amz-checksum-sha256", "x-amz-sdk-checksum-algorithm"];

pub(super) async fn put(
    store: &Arc<LocalStore>,
    key: ObjectKey,
    verified: VerifiedRequest<Body>,
) -> Result<Response, Rejection> {
    let part = part_of(&verified)?;
    let operation = if part.is_some() { "UploadPart" } else { "PutObject" };
    let parameters: &[&str] = if part.is_some() { &["partNumber", "uploadId"] } else { &[] };
    only(&verified, operation, parameters, SIGNED)?;
    let (size, sha256) = binding(&verified, part.is_none())?;

    let digest = match part {
        None => put_object(store, key, size, sha256, verified.into_body()).await?,
        Some((number, upload)) => put_part(store, &key, &upload, number, size, sha256, verified.into_body()).await?,
    };
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    let text = |text: &str| HeaderValue::from_str(text).expect("hexadecimal, base64 and quotes");
    headers.insert(header::ETAG, text(&format!("\"{}\"", digest.to_hex())));
    headers.insert("x-amz-checksum-sha256", text(&digest.to_base64()));
    headers.insert("x-amz-checksum-type", HeaderValue::from_static("FULL_OBJECT"));
    headers.insert(REQUEST_ID, text(&request_id()));
    Ok(response)
}

/// Which part of which upload; `None` for a whole object.
fn part_of(verified: &VerifiedRequest<Body>) -> Result<Option<(PartNumber, String)>, Rejection> {
    let number = match (verified.parameter("partNumber"), verified.parameter("uploadId")) {
        (None, None) => return Ok(None),
        (Some(number), Some(upload)) => (number.parse().ok().and_then(|n: u32| PartNumber::try_from(n).ok()), upload),
        _ => return Err(Rejection::new(Code::InvalidArgument, "partNumber and uploadId belong together")),
    };
    match number {
        (Some(number), upload) => Ok(Some((number, upload.to_owned()))),
        (None, _) => {
            Err(Rejection::new(Code::InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"))
        }
    }
}

/// The size and digest that the signature binds the body to. They are demanded, not optional.
fn binding(verified: &VerifiedRequest<Body>, first_use_only: bool) -> Result<(u64, Sha256), Rejection> {
    let headers = verified.headers();
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Rejection::new(Code::MissingContentLength, "You must provide the Content-Length HTTP header."));
    }
    if headers.contains_key(header::CONTENT_ENCODING) || headers.contains_key(header::TRAILER) {
        return Err(not_implemented("bodies are stored as they come; leave out Content-Encoding and Trailer"));
    }
    let signed = |name: &str| {
        verified
            .signed(name)
            .ok_or_else(|| Rejection::new(Code::AccessDenied, format!("the signature must cover {name}")))
    };
    let length = signed("content-length")?;
    let size = length.parse::<u64>().ok().filter(|size| size.to_string() == length);
    let size = size.ok_or_else(|| Rejection::new(Code::InvalidRequest, "Content-Length is no number of bytes"))?;
    if size > MAX_SIZE {
        return Err(Rejection::new(Code::EntityTooLarge, "Your proposed upload exceeds the maximum allowed size"));
    }
    let sha256 = Sha256::from_base64(signed("x-amz-checksum-sha256")?)
        .ok_or_else(|| Rejection::new(Code::InvalidRequest, "Value for x-amz-checksum-sha256 header is invalid."))?;
    if first_use_only && signed("if-none-match")? != "*" {
        return Err(Rejection::new(Code::AccessDenied, "the signature must cover if-none-match: *"));
    }
    Ok((size, sha256))
}

async fn put_object(
    store: &Arc<LocalStore>,
    key: ObjectKey,
    size: u64,
    sha256: Sha256,
    body: Body,
) -> Result<Sha256, Rejection> {
    let mut body = SlowBody::new(body, store.limits);
    let clock = store.clock.clone();
    if size <= BATCH as u64 {
        // One step on one thread for all of a small object.
        let batch = body.collect(size).await?;
        let layout = Arc::clone(&store.layout);
        let stored = blocking(move || {
            let mut writer = ObjectWriter::begin(&layout, &key, size)?;
            writer.write(&batch)?;
            writer.finish(&key, Some(sha256), clock.now())
        });
        stored.await?;
        return Ok(sha256);
    }
    let (layout, begun) = (Arc::clone(&store.layout), key.clone());
    let writer = blocking(move || ObjectWriter::begin(&layout, &begun, size)).await?;
    let writer = body.pour(size, writer, ObjectWriter::write).await?;
    blocking(move || writer.finish(&key, Some(sha256), clock.now())).await?;
    Ok(sha256)
}

async fn put_part(
    store: &Arc<LocalStore>,
    key: &ObjectKey,
    upload: &str,
    number: PartNumber,
    size: u64,
    sha256: Sha256,
    body: Body,
) -> Result<Sha256, Rejection> {
    let no_such_upload = || {
        Rejection::new(
            Code::NoSuchUpload,
            "The specified upload does not exist. It may have been aborted or completed.",
        )
    };
    let (uploads, key, id) = (Arc::clone(&store.uploads), key.clone(), upload.to_owned());
    let upload = blocking(move || uploads.find(&key, &id)).await?.ok_or_else(no_such_upload)?;
    let planned = upload.plan().length(number);
    if planned != Some(size) {
        let code =
            if planned.is_some_and(|planned| size < planned) { Code::EntityTooSmall } else { Code::EntityTooLarge };
        return Err(Rejection::new(code, format!("part {number} of this upload has another size")));
    }
    let ended = |error: StoreError| match error {
        StoreError::NotFound => no_such_upload(),
        other => other.into(),
    };
    let turn = upload.turn(number).await;
    let writer = PartWriter::begin(&store.layout, upload, turn, number, size, sha256)?;
    let writer =
        SlowBody::new(body, store.limits).pour(size, writer, PartWriter::write).await.map_err(|error| match error {
            Poured::Store(error) => ended(error),
            Poured::Client(rejection) => rejection,
        })?;
    blocking(move || writer.finish()).await.map_err(ended)?;
    Ok(sha256)
}

/// What ended a body before its end.
#[derive(Debug)]
enum Poured {
    Client(Rejection),
    Store(StoreError),
}

impl From<Poured> for Rejection {
    fn from(poured: Poured) -> Self {
        match poured {
            Poured::Client(rejection) => rejection,
            Poured::Store(error) => error.into(),
        }
    }
}

/// A body whose sender may not be slow for ever.
struct SlowBody {
    body: Body,
    limits: BodyLimits,
    waited: Duration,
    received: u64,
}

impl SlowBody {
    fn new(body: Body, limits: BodyLimits) -> Self {
        Self { body, limits, waited: Duration::ZERO, received: 0 }
    }

    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Rejection> {
        let incomplete = || Rejection::new(Code::IncompleteBody, "the body ended before its Content-Length");
        loop {
            let earned = Duration::from_secs(self.received / self.limits.min_rate.max(1)).max(self.limits.grace);
            let patience = self.limits.idle.min(earned.saturating_sub(self.waited));
            let began = Instant::now();
            let frame = tokio::time::timeout(patience, self.body.frame()).await;
            self.waited += began.elapsed();
            match frame {
                Err(_) => {
                    let message = "Your socket connection to the server was not read from or written to within the timeout period.";
                    return Err(Rejection::new(Code::RequestTimeout, message));
                }
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(incomplete()),
                Ok(Some(Ok(frame))) => {
                    let Ok(bytes) = frame.into_data() else { continue };
                    self.received += bytes.len() as u64;
                    return Ok(Some(bytes));
                }
            }
        }
    }

    /// Up to about [`BATCH`] bytes, as they came; none at the end.
    async fn batch(&mut self, size: u64) -> Result<Vec<Bytes>, Rejection> {
        let mut batch = Vec::new();
        let mut collected = 0;
        while collected < BATCH {
            let Some(bytes) = self.next().await? else { break };
            collected += bytes.len();
            batch.push(bytes);
            if self.received > size {
                return Err(Rejection::new(Code::EntityTooLarge, "the body is longer than its Content-Length"));
            }
        }
        Ok(batch)
    }

    /// All of a small body.
    async fn collect(&mut self, size: u64) -> Result<Vec<Bytes>, Rejection> {
        let mut all = Vec::new();
        loop {
            let batch = self.batch(size).await?;
            if batch.is_empty() {
                break;
            }
            all.extend(batch);
        }
        self.complete(size)?;
        Ok(all)
    }

    fn complete(&self, size: u64) -> Result<(), Rejection> {
        if self.received == size {
            return Ok(());
        }
        Err(Rejection::new(Code::IncompleteBody, "the body ended before its Content-Length"))
    }

    /// Writes the body to `writer` batch by batch. While one batch is on its way to the disk the
    /// next is collected; no thread waits for the client. When this future is dropped the writer is
    /// dropped after its batch, and with it what was written.
    async fn pour<W: Send + 'static>(
        mut self,
        size: u64,
        writer: W,
        write: fn(&mut W, &[Bytes]) -> Result<(), StoreError>,
    ) -> Result<W, Poured> {
        let mut writer = Some(writer);
        let mut writing: Option<JoinHandle<Result<W, StoreError>>> = None;
        loop {
            let batch = self.batch(size).await.map_err(Poured::Client)?;
            let mut idle = match (writer.take(), writing.take()) {
                (Some(writer), _) => writer,
                (None, Some(running)) => ended(running).await?,
                (None, None) => return Err(Poured::Store(StoreError::Unavailable("a writer was lost".to_owned()))),
            };
            if batch.is_empty() {
                self.complete(size).map_err(Poured::Client)?;
                return Ok(idle);
            }
            writing = Some(tokio::task::spawn_blocking(move || write(&mut idle, &batch).map(|()| idle)));
        }
    }
}

async fn ended<W>(running: JoinHandle<Result<W, StoreError>>) -> Result<W, Poured> {
    let lost = |_| Err(StoreError::Unavailable("a task of the object store did not end".to_owned()));
    running.await.unwrap_or_else(lost).map_err(Poured::Store)
}
