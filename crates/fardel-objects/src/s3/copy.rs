//! Copying inside the bucket.

use aws_sdk_s3::types::MetadataDirective;
use fardel_domain::{
    object_store::{CompletedPart, ObjectKey, ObjectMeta, ObjectStore, StoreError},
    part_plan::{PartNumber, PartPlan},
};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    S3Store, SHA256, digest, errors::store_error, multipart::UploadId, part_number, patient, put::Source, unquoted,
};

/// How many parts are copied at a time.
const AT_ONCE: usize = 8;

impl S3Store {
    /// Contents of several parts are copied part by part, after the same plan: one copy may not move
    /// more than 5 GiB, and the composite checksum of the copy must be that of the source.
    pub(super) async fn copy_object(&self, from: &ObjectKey, to: &ObjectKey) -> Result<ObjectMeta, StoreError> {
        let source = self.meta(from).await?;
        // Not every server honours the condition on a copy; for those this narrows the race.
        if self.head_exists(to).await? {
            return Err(StoreError::AlreadyExists);
        }
        let plan = PartPlan::for_size(source.size);
        if plan.is_multipart() {
            return self.copy_parts(from, to, &plan).await;
        }
        let copy = self.client.copy_object().bucket(&self.bucket).key(to.as_str()).copy_source(self.source(from));
        let copy = copy.metadata_directive(MetadataDirective::Copy).checksum_algorithm(SHA256).if_none_match("*");
        let copied = copy.copy_source_if_match(format!("\"{}\"", source.etag)).customize().config_override(patient());
        copied.send().await.map_err(|error| store_error(&error))?;
        self.meta(to).await
    }

    async fn copy_parts(&self, from: &ObjectKey, to: &ObjectKey, plan: &PartPlan) -> Result<ObjectMeta, StoreError> {
        let begun = self.begin_parts(to, plan).await?;
        let upload = begun.id();
        let copied = stream::iter(plan.numbers())
            .map(|number| self.copy_part(from, to, upload, plan, number))
            .buffered(AT_ONCE)
            .try_collect::<Vec<CompletedPart>>()
            .await;
        let completed = match copied {
            Ok(parts) => self.complete_parts(to, &upload, &parts).await,
            Err(error) => Err(error),
        };
        if completed.is_err() {
            self.give_up(to, &upload).await;
        }
        completed
    }

    async fn copy_part(
        &self,
        from: &ObjectKey,
        to: &ObjectKey,
        upload: UploadId<'_>,
        plan: &PartPlan,
        number: PartNumber,
    ) -> Result<CompletedPart, StoreError> {
        let start = plan.offset(number);
        let length = plan.length(number).ok_or(StoreError::Mismatch)?;
        let copy = self.client.upload_part_copy().bucket(&self.bucket).key(to.as_str()).upload_id(upload.id);
        let copy = copy.part_number(part_number(number)).copy_source(self.source(from));
        let copy = copy.copy_source_range(format!("bytes={start}-{}", start + length - 1));
        let copied = copy.customize().config_override(patient()).send().await.map_err(|error| store_error(&error))?;
        let part = copied.copy_part_result();
        // versitygw 1.8 answers with the composite checksum of the source instead of the part's own.
        let own = part.and_then(|part| part.checksum_sha256()).filter(|checksum| !checksum.contains('-'));
        if let Some(sha256) = digest(own) {
            return Ok(CompletedPart { number, etag: unquoted(part.and_then(|part| part.e_tag())), sha256 });
        }
        // Without a checksum the part is read and sent again, which makes S3 verify it.
        let read = self.get(from, Some(start..start + length)).await?;
        self.put_part(to, upload, plan, number, &mut Source::new(read.body)).await
    }

    /// Keys hold nothing that would need an escape.
    fn source(&self, key: &ObjectKey) -> String {
        format!("{}/{key}", self.bucket)
    }

    async fn head_exists(&self, key: &ObjectKey) -> Result<bool, StoreError> {
        match self.meta(key).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Frees the parts of an upload of our own that failed; what cannot be freed now is the bucket's
    /// lifecycle rule's.
    pub(super) async fn give_up(&self, key: &ObjectKey, upload: &UploadId<'_>) {
        let abort = self.client.abort_multipart_upload().bucket(&self.bucket).key(key.as_str()).upload_id(upload.id);
        if let Err(error) = abort.send().await {
            tracing::warn!(error = %store_error(&error), "parts of a failed upload were left in the bucket");
        }
    }
}
