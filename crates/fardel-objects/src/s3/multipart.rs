//! Uploads in parts: SHA-256 is declared when they begin, so that S3 demands it of every part.

use aws_sdk_s3::types::{ChecksumType, CompletedMultipartUpload, CompletedPart as SdkPart};
use fardel_domain::{
    checksum::{ContentChecksum, Sha256},
    object_store::{CompletedPart, MultipartId, ObjectKey, ObjectMeta, StoreError, StoredPart, wrong_parts},
    part_plan::{PartNumber, PartPlan},
};

use super::{
    S3Store, SHA256, digest,
    errors::{Kind, kind, store_error},
    part_number, patient, signed_length, size, unquoted,
};

/// S3's name of an upload with the size of the whole before it: S3 does not know how many parts
/// there must be, and completing an upload without its last part would cut the content silently.
#[derive(Debug, Clone, Copy)]
pub(super) struct UploadId<'a> {
    pub size: u64,
    pub id: &'a str,
}

impl<'a> UploadId<'a> {
    /// [`StoreError::NotFound`] for names that this adapter did not give.
    pub fn parse(upload: &'a MultipartId) -> Result<Self, StoreError> {
        let (size, id) = upload.0.split_once('-').ok_or(StoreError::NotFound)?;
        Ok(Self { size: size.parse().map_err(|_| StoreError::NotFound)?, id })
    }
}

/// An upload that this process began.
#[derive(Debug)]
pub(super) struct Begun {
    size: u64,
    id: String,
}

impl Begun {
    pub fn id(&self) -> UploadId<'_> {
        UploadId { size: self.size, id: &self.id }
    }
}

impl From<Begun> for MultipartId {
    fn from(begun: Begun) -> Self {
        Self(format!("{}-{}", begun.size, begun.id))
    }
}

impl S3Store {
    pub(super) async fn begin_parts(&self, key: &ObjectKey, plan: &PartPlan) -> Result<Begun, StoreError> {
        let create = self.client.create_multipart_upload().bucket(&self.bucket).key(key.as_str());
        let create = create.checksum_algorithm(SHA256).checksum_type(ChecksumType::Composite);
        let created = create.send().await.map_err(|error| store_error(&error))?;
        let id = created.upload_id().ok_or_else(|| StoreError::Unavailable("S3 gave no upload id".to_owned()))?;
        Ok(Begun { size: plan.size(), id: id.to_owned() })
    }

    /// Every page of the parts that S3 holds.
    pub(super) async fn held_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId<'_>,
    ) -> Result<Vec<StoredPart>, StoreError> {
        let mut parts = Vec::new();
        let mut marker = None;
        loop {
            let list = self.client.list_parts().bucket(&self.bucket).key(key.as_str()).upload_id(upload.id);
            let page = list.set_part_number_marker(marker).send().await.map_err(|error| store_error(&error))?;
            parts.extend(page.parts().iter().filter_map(|part| {
                Some(StoredPart {
                    number: PartNumber::try_from(u32::try_from(part.part_number()?).ok()?).ok()?,
                    size: size(part.size()),
                    etag: unquoted(part.e_tag()),
                    sha256: digest(part.checksum_sha256()),
                })
            }));
            marker = page.next_part_number_marker().map(str::to_owned);
            if !page.is_truncated().unwrap_or(false) || marker.is_none() {
                return Ok(parts);
            }
        }
    }

    /// Completes with exactly the parts that S3 verified. The list is compared first: S3 does not
    /// say which parts are wrong, and some servers do not compare the checksums at all.
    pub(super) async fn complete_parts(
        &self,
        key: &ObjectKey,
        upload: &UploadId<'_>,
        parts: &[CompletedPart],
    ) -> Result<ObjectMeta, StoreError> {
        let plan = PartPlan::for_size(upload.size);
        let held = match self.held_parts(key, upload).await {
            Ok(held) => held,
            Err(StoreError::NotFound) => return self.completed_before(key, &plan, parts).await,
            Err(other) => return Err(other),
        };
        let wrong = wrong_parts(&plan, parts, |part| is_held(&plan, &held, part));
        if !wrong.is_empty() {
            return Err(StoreError::InvalidParts(wrong));
        }
        let sdk_parts = parts.iter().map(|part| {
            SdkPart::builder()
                .part_number(part_number(part.number))
                .e_tag(format!("\"{}\"", part.etag))
                .checksum_sha256(part.sha256.to_base64())
                .build()
        });
        let complete = self.client.complete_multipart_upload().bucket(&self.bucket).key(key.as_str());
        let complete = complete.upload_id(upload.id).if_none_match("*").checksum_type(ChecksumType::Composite);
        let complete = complete.mpu_object_size(signed_length(upload.size)?);
        let complete =
            complete.multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(sdk_parts.collect())).build());
        match complete.customize().config_override(patient()).send().await {
            Ok(_) => self.meta(key).await,
            // A repeat of a call whose answer was lost.
            Err(error) if kind(&error) == Kind::NotFound => self.completed_before(key, &plan, parts).await,
            Err(error) => Err(store_error(&error)),
        }
    }

    async fn completed_before(
        &self,
        key: &ObjectKey,
        plan: &PartPlan,
        parts: &[CompletedPart],
    ) -> Result<ObjectMeta, StoreError> {
        let meta = self.meta(key).await?;
        let digests: Vec<Sha256> = parts.iter().map(|part| part.sha256).collect();
        let joined = ContentChecksum::join(plan, &digests).map(|checksum| *checksum.digest());
        if meta.size == plan.size() && joined.is_some() && meta.checksum == joined {
            Ok(meta)
        } else {
            Err(StoreError::NotFound)
        }
    }
}

/// Whether the store holds this part, whole.
fn is_held(plan: &PartPlan, held: &[StoredPart], part: &CompletedPart) -> bool {
    let at = held.binary_search_by_key(&part.number, |held| held.number);
    at.ok().map(|at| &held[at]).is_some_and(|held| {
        part.etag == held.etag
            && plan.length(part.number) == Some(held.size)
            && held.sha256.is_none_or(|sha256| sha256 == part.sha256)
    })
}
