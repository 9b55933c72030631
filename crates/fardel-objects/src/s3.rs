//! S3 and servers that speak it.
//!
//! Every presigned PUT carries its checksum, length and (for whole objects) `if-none-match: *` as
//! signed *headers*: S3 ignores a checksum that a signer moved into the query.

mod config;
mod copy;
mod errors;
mod multipart;
mod presign;
mod put;

use std::{ops::Range, time::Duration};

use async_trait::async_trait;
use aws_config::{
    BehaviorVersion, Region, retry::RetryConfig, stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_sdk_s3::{
    Client,
    config::{Credentials, ResponseChecksumValidation},
    primitives::DateTime,
    types::{BucketLocationConstraint, ChecksumAlgorithm, ChecksumMode, CorsConfiguration, CorsRule},
};
use bytes::Bytes;
use fardel_domain::{
    checksum::Sha256,
    object_store::{
        BodyBinding, CompletedPart, ListPage, MultipartId, ObjectKey, ObjectMeta, ObjectRead, ObjectStore,
        PresignedRequest, StoreError, StoredPart,
    },
    part_plan::{PartNumber, PartPlan},
    time::Timestamp,
};
use futures_util::{StreamExt, stream, stream::BoxStream};

use self::{
    errors::{Kind, kind, store_error},
    multipart::UploadId,
    presign::{presigned, validity},
};

pub use self::config::{ConfigError, S3Config, parse_url};

/// How long one attempt of an ordinary call may take.
const ATTEMPT: Duration = Duration::from_secs(20);
/// How long all attempts together may take.
const OPERATION: Duration = Duration::from_mins(1);
/// Calls during which the server works on the bytes: complete, copy, put.
const LONG: Duration = Duration::from_mins(15);
/// A body that stands still for longer is given up.
const STALLED: Duration = Duration::from_secs(20);
/// S3's bound on a page of a listing.
const PAGE_MAX: usize = 1000;
const CHECKSUM_HEADER: &str = "x-amz-checksum-sha256";

/// A bucket.
#[derive(Debug, Clone)]
pub struct S3Store {
    client: Client,
    /// Signs for the address at which browsers reach the bucket.
    presigner: Client,
    bucket: String,
}

impl S3Store {
    /// A store in `config.bucket`, which must exist. Without credentials the default chain of AWS is
    /// used: environment, profile, web identity, container and instance roles.
    pub async fn new(config: S3Config) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(config.region))
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(STALLED).build())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    .operation_attempt_timeout(ATTEMPT)
                    .operation_timeout(OPERATION)
                    .build(),
            );
        if let Some(given) = config.credentials {
            loader = loader.credentials_provider(Credentials::new(
                given.access_key_id,
                given.secret_key,
                None,
                None,
                "fardel",
            ));
        }
        let shared = loader.load().await;
        let client = |endpoint: Option<&url::Url>| {
            let mut builder = aws_sdk_s3::config::Builder::from(&shared)
                .force_path_style(config.path_style)
                // Otherwise a presigned GET would demand a header of its client.
                .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
            if let Some(endpoint) = endpoint {
                builder = builder.endpoint_url(endpoint.as_str().trim_end_matches('/'));
            }
            Client::from_conf(builder.build())
        };
        let endpoint = config.endpoint.as_ref();
        Self {
            client: client(endpoint),
            presigner: client(config.public_endpoint.as_ref().or(endpoint)),
            bucket: config.bucket,
        }
    }

    /// Makes the bucket when it does not exist, for tests and first runs.
    pub async fn ensure_bucket(&self) -> Result<(), StoreError> {
        let region = self.client.config().region().map(AsRef::as_ref).unwrap_or_default();
        let place = (region != "us-east-1").then(|| {
            let constraint = BucketLocationConstraint::from(region);
            aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(constraint).build()
        });
        let made = self.client.create_bucket().bucket(&self.bucket).set_create_bucket_configuration(place).send().await;
        match made.map_err(|error| store_error(&error)) {
            Ok(_) | Err(StoreError::AlreadyExists) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// Lets pages of these origins send and fetch. Replaces the bucket's cross-origin rules.
    pub async fn ensure_cors(&self, origins: &[String]) -> Result<(), StoreError> {
        let list = |items: &[&str]| Some(items.iter().map(|item| (*item).to_owned()).collect());
        let rule = CorsRule::builder()
            .set_allowed_origins(Some(origins.to_vec()))
            .set_allowed_methods(list(&["GET", "HEAD", "PUT"]))
            .set_allowed_headers(list(&["content-type", "if-none-match", "range", CHECKSUM_HEADER]))
            .set_expose_headers(list(&["ETag", "Content-Range", CHECKSUM_HEADER]))
            .max_age_seconds(86_400)
            .build();
        let rules = rule.and_then(|rule| CorsConfiguration::builder().cors_rules(rule).build());
        let rules = rules.map_err(|error| StoreError::Unavailable(format!("cross-origin rules: {error}")))?;
        let put = self.client.put_bucket_cors().bucket(&self.bucket).cors_configuration(rules).send().await;
        put.map(|_| ()).map_err(|error| store_error(&error))
    }

    /// The facts of an object that must be there.
    async fn meta(&self, key: &ObjectKey) -> Result<ObjectMeta, StoreError> {
        self.head(key).await?.ok_or(StoreError::NotFound)
    }
}

/// Calls that work on many bytes get more time than others.
fn patient() -> aws_sdk_s3::config::Builder {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(LONG).operation_timeout(LONG * 2).build();
    aws_sdk_s3::Config::builder().timeout_config(timeouts)
}

/// The digest in S3's checksum, without the number of parts behind a composite one.
fn digest(checksum: Option<&str>) -> Option<Sha256> {
    Sha256::from_base64(checksum?.split('-').next()?)
}

fn unquoted(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}

fn timestamp(date: Option<&DateTime>) -> Timestamp {
    date.and_then(|date| i64::try_from(date.as_nanos() / 1000).ok())
        .map_or(Timestamp::from_micros(0), Timestamp::from_micros)
}

fn size(length: Option<i64>) -> u64 {
    length.and_then(|length| u64::try_from(length).ok()).unwrap_or(0)
}

fn signed_length(size: u64) -> Result<i64, StoreError> {
    i64::try_from(size).map_err(|_| StoreError::Mismatch)
}

#[async_trait]
impl ObjectStore for S3Store {
    async fn presign_put(
        &self,
        key: &ObjectKey,
        body: BodyBinding,
        valid_for: Duration,
    ) -> Result<PresignedRequest, StoreError> {
        let config = validity(valid_for)?;
        let put = self.presigner.put_object().bucket(&self.bucket).key(key.as_str());
        let put =
            put.content_length(signed_length(body.size)?).checksum_sha256(body.sha256.to_base64()).if_none_match("*");
        let signed = put.presigned(config.clone()).await.map_err(|error| store_error(&error))?;
        presigned(&signed, &config, &["content-length", "if-none-match", CHECKSUM_HEADER])
    }

    async fn presign_get(&self, key: &ObjectKey, valid_for: Duration) -> Result<PresignedRequest, StoreError> {
        let config = validity(valid_for)?;
        let get = self.presigner.get_object().bucket(&self.bucket).key(key.as_str());
        let signed = get.presigned(config.clone()).await.map_err(|error| store_error(&error))?;
        presigned(&signed, &config, &[])
    }

    async fn create_multipart(&self, key: &ObjectKey, plan: &PartPlan) -> Result<MultipartId, StoreError> {
        Ok(self.begin_parts(key, plan).await?.into())
    }

    async fn presign_part(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        number: PartNumber,
        body: BodyBinding,
        valid_for: Duration,
    ) -> Result<PresignedRequest, StoreError> {
        let (config, upload) = (validity(valid_for)?, UploadId::parse(upload)?);
        let put = self.presigner.upload_part().bucket(&self.bucket).key(key.as_str()).upload_id(upload.id);
        let put = put.part_number(part_number(number)).content_length(signed_length(body.size)?);
        let put = put.checksum_sha256(body.sha256.to_base64());
        let signed = put.presigned(config.clone()).await.map_err(|error| store_error(&error))?;
        presigned(&signed, &config, &["content-length", CHECKSUM_HEADER])
    }

    async fn list_parts(&self, key: &ObjectKey, upload: &MultipartId) -> Result<Vec<StoredPart>, StoreError> {
        self.held_parts(key, &UploadId::parse(upload)?).await
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        parts: &[CompletedPart],
    ) -> Result<ObjectMeta, StoreError> {
        self.complete_parts(key, &UploadId::parse(upload)?, parts).await
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &MultipartId) -> Result<(), StoreError> {
        let Ok(upload) = UploadId::parse(upload) else { return Ok(()) };
        let abort = self.client.abort_multipart_upload().bucket(&self.bucket).key(key.as_str()).upload_id(upload.id);
        match abort.send().await.map_err(|error| store_error(&error)) {
            Ok(_) | Err(StoreError::NotFound) => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StoreError> {
        let head =
            self.client.head_object().bucket(&self.bucket).key(key.as_str()).checksum_mode(ChecksumMode::Enabled);
        match head.send().await {
            Ok(found) => Ok(Some(ObjectMeta {
                size: size(found.content_length()),
                etag: unquoted(found.e_tag()),
                checksum: digest(found.checksum_sha256()),
                modified_at: timestamp(found.last_modified()),
            })),
            Err(error) => match store_error(&error) {
                StoreError::NotFound => Ok(None),
                other => Err(other),
            },
        }
    }

    /// The checksum is known of whole objects only: S3 tells none with a range.
    async fn get(&self, key: &ObjectKey, range: Option<Range<u64>>) -> Result<ObjectRead, StoreError> {
        let get = self.client.get_object().bucket(&self.bucket).key(key.as_str());
        let get = match &range {
            Some(range) if range.is_empty() => return Err(StoreError::InvalidRange(self.meta(key).await?.size)),
            Some(range) => get.range(format!("bytes={}-{}", range.start, range.end - 1)),
            None => get.checksum_mode(ChecksumMode::Enabled),
        };
        let found = match get.send().await {
            Ok(found) => found,
            Err(error) if kind(&error) == Kind::InvalidRange => {
                return Err(StoreError::InvalidRange(self.meta(key).await?.size));
            }
            Err(error) => return Err(store_error(&error)),
        };
        let length = size(found.content_length());
        let start = range.as_ref().map_or(0, |range| range.start);
        let whole = found.content_range().and_then(|text| text.rsplit('/').next()?.parse().ok());
        let meta = ObjectMeta {
            size: whole.unwrap_or(length),
            etag: unquoted(found.e_tag()),
            checksum: digest(found.checksum_sha256()),
            modified_at: timestamp(found.last_modified()),
        };
        let body = stream::unfold(found.body, |mut body| async move {
            let chunk = body.next().await?;
            Some((chunk.map_err(|error| StoreError::Unavailable(format!("reading from S3: {error}"))), body))
        });
        Ok(ObjectRead { meta, range: start..start + length, body: body.boxed() })
    }

    async fn put(
        &self,
        key: &ObjectKey,
        size: u64,
        body: BoxStream<'static, Result<Bytes, StoreError>>,
    ) -> Result<ObjectMeta, StoreError> {
        self.put_stream(key, size, body).await
    }

    async fn copy(&self, from: &ObjectKey, to: &ObjectKey) -> Result<ObjectMeta, StoreError> {
        self.copy_object(from, to).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StoreError> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(key.as_str());
        match delete.send().await.map_err(|error| store_error(&error)) {
            Ok(_) | Err(StoreError::NotFound) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// S3 tells no checksums in listings.
    async fn list(&self, prefix: &str, after: Option<&ObjectKey>, limit: usize) -> Result<ListPage, StoreError> {
        let mut objects: Vec<(ObjectKey, ObjectMeta)> = Vec::new();
        let mut after = after.map(|key| key.as_str().to_owned());
        loop {
            let wanted = (limit - objects.len()).clamp(1, PAGE_MAX);
            let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
            let list = list.set_start_after(after.clone()).max_keys(i32::try_from(wanted).unwrap_or(1));
            let page = list.send().await.map_err(|error| store_error(&error))?;
            let has_more = page.is_truncated().unwrap_or(false);
            for object in page.contents() {
                after = object.key().map(str::to_owned);
                // Keys that are not ours may lie in a bucket that others use as well.
                let Some(key) = object.key().and_then(ObjectKey::parse) else { continue };
                let meta = ObjectMeta {
                    size: size(object.size()),
                    etag: unquoted(object.e_tag()),
                    checksum: None,
                    modified_at: timestamp(object.last_modified()),
                };
                objects.push((key, meta));
            }
            if !has_more || objects.len() >= limit {
                return Ok(ListPage { objects, has_more });
            }
        }
    }
}

fn part_number(number: PartNumber) -> i32 {
    i32::try_from(number.get()).unwrap_or(i32::MAX)
}

/// The checksum that is asked of every part and of every object.
const SHA256: ChecksumAlgorithm = ChecksumAlgorithm::Sha256;
