//! Putting a stream of the server's own: in one request, or in the parts of the plan.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use fardel_domain::{
    checksum::Sha256,
    object_store::{CompletedPart, ObjectKey, ObjectMeta, StoreError},
    part_plan::{PartNumber, PartPlan},
};
use futures_util::{StreamExt, stream::BoxStream};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

use super::{
    S3Store, SHA256, digest, errors::store_error, multipart::UploadId, part_number, patient, signed_length, unquoted,
};

/// Bodies up to this size are collected before they are sent.
const WHOLE_MAX: u64 = 1 << 20;

impl S3Store {
    pub(super) async fn put_stream(
        &self,
        key: &ObjectKey,
        size: u64,
        body: BoxStream<'static, Result<Bytes, StoreError>>,
    ) -> Result<ObjectMeta, StoreError> {
        let plan = PartPlan::for_size(size);
        let mut source = Source::new(body);
        if plan.is_multipart() {
            return self.put_parts(key, &plan, source).await;
        }
        let put = self.client.put_object().bucket(&self.bucket).key(key.as_str()).content_length(signed_length(size)?);
        let put = put.if_none_match("*");
        if size <= WHOLE_MAX {
            // Known as a whole: the checksum goes ahead of it and the request can be repeated.
            let bytes = source.collect(size).await?;
            let put = put.checksum_sha256(Sha256::of(&bytes).to_base64()).body(ByteStream::from(bytes));
            put.send().await.map_err(|error| store_error(&error))?;
        } else {
            let (sender, body) = channel(size);
            let put = put.checksum_algorithm(SHA256).body(ByteStream::from_body_1_x(body));
            let put = put.customize().config_override(patient()).send();
            let (filled, put) = tokio::join!(source.fill(sender, size, true), put);
            filled?;
            put.map_err(|error| store_error(&error))?;
        }
        self.meta(key).await
    }

    async fn put_parts(&self, key: &ObjectKey, plan: &PartPlan, mut source: Source) -> Result<ObjectMeta, StoreError> {
        let begun = self.begin_parts(key, plan).await?;
        let upload = begun.id();
        let mut parts = Vec::with_capacity(plan.part_count() as usize);
        let mut outcome = Ok(());
        for number in plan.numbers() {
            match self.put_part(key, upload, plan, number, &mut source).await {
                Ok(part) => parts.push(part),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        let completed = match outcome {
            Ok(()) => self.complete_parts(key, &upload, &parts).await,
            Err(error) => Err(error),
        };
        if completed.is_err() {
            self.give_up(key, &upload).await;
        }
        completed
    }

    /// Sends one part of the plan; the stream must end with the last.
    pub(super) async fn put_part(
        &self,
        key: &ObjectKey,
        upload: UploadId<'_>,
        plan: &PartPlan,
        number: PartNumber,
        source: &mut Source,
    ) -> Result<CompletedPart, StoreError> {
        let size = plan.length(number).ok_or(StoreError::Mismatch)?;
        let (sender, body) = channel(size);
        let put = self.client.upload_part().bucket(&self.bucket).key(key.as_str()).upload_id(upload.id);
        let put = put.part_number(part_number(number)).content_length(signed_length(size)?);
        let put = put.checksum_algorithm(SHA256).body(ByteStream::from_body_1_x(body));
        let put = put.customize().config_override(patient()).send();
        let (filled, put) = tokio::join!(source.fill(sender, size, number.get() == plan.part_count()), put);
        filled?;
        let put = put.map_err(|error| store_error(&error))?;
        let sha256 = digest(put.checksum_sha256());
        let sha256 = sha256.ok_or_else(|| StoreError::Unavailable("S3 gave no checksum of a part".to_owned()))?;
        Ok(CompletedPart { number, etag: unquoted(put.e_tag()), sha256 })
    }
}

/// The caller's stream, cut where requests end.
pub(super) struct Source {
    stream: BoxStream<'static, Result<Bytes, StoreError>>,
    ready: Bytes,
}

type BodyError = Box<dyn std::error::Error + Send + Sync>;

impl Source {
    pub fn new(stream: BoxStream<'static, Result<Bytes, StoreError>>) -> Self {
        Self { stream, ready: Bytes::new() }
    }

    /// Whether there are bytes left.
    async fn more(&mut self) -> Result<bool, StoreError> {
        while self.ready.is_empty() {
            match self.stream.next().await {
                Some(bytes) => self.ready = bytes?,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// All of a small body.
    async fn collect(&mut self, size: u64) -> Result<Bytes, StoreError> {
        let mut all = Vec::new();
        while self.more().await? {
            all.extend_from_slice(&std::mem::take(&mut self.ready));
            if all.len() as u64 > size {
                return Err(StoreError::Mismatch);
            }
        }
        if all.len() as u64 == size { Ok(all.into()) } else { Err(StoreError::Mismatch) }
    }

    /// Sends exactly `size` bytes. The last chunk of the `last` request is sent only when the stream
    /// has ended with it: a stream of another length breaks the request before it is whole.
    async fn fill(
        &mut self,
        sender: mpsc::Sender<Result<Bytes, BodyError>>,
        size: u64,
        last: bool,
    ) -> Result<(), StoreError> {
        let filled = self.fill_whole(&sender, size, last).await;
        if let Err(error) = &filled {
            let _ = sender.send(Err(error.to_string().into())).await;
        }
        filled
    }

    async fn fill_whole(
        &mut self,
        sender: &mpsc::Sender<Result<Bytes, BodyError>>,
        size: u64,
        last: bool,
    ) -> Result<(), StoreError> {
        let mut left = size;
        while left > 0 {
            if !self.more().await? {
                return Err(StoreError::Mismatch);
            }
            let length = usize::try_from(left).map_or(self.ready.len(), |left| left.min(self.ready.len()));
            let chunk = self.ready.split_to(length);
            left -= chunk.len() as u64;
            if last && left == 0 && self.more().await? {
                return Err(StoreError::Mismatch);
            }
            if sender.send(Ok(chunk)).await.is_err() {
                // The request has ended; its answer says why.
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A body of known length that is fed from elsewhere.
struct ChannelBody {
    receiver: mpsc::Receiver<Result<Bytes, BodyError>>,
    left: u64,
}

fn channel(size: u64) -> (mpsc::Sender<Result<Bytes, BodyError>>, ChannelBody) {
    let (sender, receiver) = mpsc::channel(2);
    (sender, ChannelBody { receiver, left: size })
}

impl Body for ChannelBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.receiver.poll_recv(context).map(|received| {
            let chunk = match received? {
                Ok(chunk) => chunk,
                Err(error) => return Some(Err(error)),
            };
            self.left = self.left.saturating_sub(chunk.len() as u64);
            Some(Ok(Frame::data(chunk)))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
