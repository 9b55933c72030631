//! The embedded store: objects on a local disk, reached by S3 presigned requests.
//!
//! [`LocalStore`] is the port's adapter; [`router`] is the HTTP side at `/store/{key}`, which honours
//! presigned PUT, GET and HEAD only. Everything else is a call of the port and no request.

mod disk;
mod http;
mod journal;
mod layout;
mod list;
mod multipart;
mod read;
mod record;
mod write;
mod xml;

use std::{fmt, ops::Range, path::Path, sync::Arc, time::Duration};

use ::http::Method;
use async_trait::async_trait;
use bytes::Bytes;
use fardel_domain::{
    object_store::{
        BodyBinding, CompletedPart, ListPage, MultipartId, ObjectKey, ObjectMeta, ObjectRead, ObjectStore,
        PresignedRequest, StoreError, StoredPart,
    },
    part_plan::{PartNumber, PartPlan},
    time::Clock,
};
use futures_util::{StreamExt, stream::BoxStream};
use moka::future::Cache;
use url::Url;

use self::{layout::Layout, multipart::Uploads, read::OpenObject, write::ObjectWriter};
use crate::sigv4::{self, Credentials, Presign, Verifier};

pub use self::http::router;

/// The bucket's name: it makes `/store/{key}` a path-style S3 URL.
const BUCKET: &str = "store";
/// The region that signatures are for, S3's default.
const REGION: &str = "us-east-1";
/// How much is collected before it is handed to the disk.
const BATCH: usize = 1 << 20;

/// The key pair of the store. Only this deployment knows it.
pub type LocalStoreSecret = Credentials;

/// Whether success is answered before the bytes are safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Bytes and names are on the disk first: what was answered survives a power cut.
    Full,
    /// The operating system writes when it likes. For benchmarks against servers that do so.
    Off,
}

/// How slow the body of a PUT may be. Only time spent waiting for the client counts.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// The longest time between two chunks.
    pub idle: Duration,
    /// For how long the rate is not looked at.
    pub grace: Duration,
    /// Bytes a second on the whole, after the grace.
    pub min_rate: u64,
}

/// So many objects are kept open after a read, so that ranges of one object open it once.
const KEPT_OPEN: u64 = 256;
const KEPT_OPEN_FOR: Duration = Duration::from_secs(10);

impl Default for BodyLimits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30), grace: Duration::from_secs(10), min_rate: 1024 }
    }
}

/// An object store in a folder of this machine. One process uses a folder at a time for uploads in
/// parts; reading it from others is safe.
#[derive(Debug)]
pub struct LocalStore {
    layout: Arc<Layout>,
    uploads: Arc<Uploads>,
    /// Objects that were read a moment ago, still open. Objects never change, so these cannot be stale.
    open: Cache<ObjectKey, Arc<OpenObject>>,
    public_base: Url,
    credentials: Credentials,
    verifier: Verifier,
    clock: Clock,
    limits: BodyLimits,
}

impl LocalStore {
    /// Opens the store in `root`, which is made when it is missing, and removes what dead processes
    /// left there. `public_base` is the address at which clients reach [`router`]: scheme, host and
    /// port only, since the host that a client names is part of every signature.
    pub fn open(
        root: impl AsRef<Path>,
        public_base: Url,
        secret: LocalStoreSecret,
        clock: Clock,
        durability: Durability,
    ) -> Result<Self, StoreError> {
        if !public_base.has_host() || public_base.path() != "/" || public_base.query().is_some() {
            return Err(StoreError::Unavailable(format!(
                "the store's public address {public_base} must be scheme, host and port only, such as https://files.example"
            )));
        }
        let layout = Arc::new(Layout::open(root.as_ref(), durability, clock.now().seconds())?);
        Ok(Self {
            uploads: Arc::new(Uploads::new(Arc::clone(&layout))),
            open: Cache::builder().max_capacity(KEPT_OPEN).time_to_live(KEPT_OPEN_FOR).build(),
            layout,
            public_base,
            verifier: Verifier::new(secret.clone(), REGION),
            credentials: secret,
            clock,
            limits: BodyLimits::default(),
        })
    }

    /// The same store with other limits on slow bodies.
    #[must_use]
    pub fn with_body_limits(self, limits: BodyLimits) -> Self {
        Self { limits, ..self }
    }

    fn presign(
        &self,
        method: Method,
        key: &ObjectKey,
        query: &[(&str, String)],
        headers: Vec<(String, String)>,
        valid_for: Duration,
    ) -> PresignedRequest {
        let mut url = self.public_base.clone();
        url.set_path(&format!("/{BUCKET}/{key}"));
        sigv4::presign(&self.credentials, REGION, self.clock.now(), Presign { method, url, query, headers, valid_for })
    }
}

/// The headers that bind a PUT to its bytes.
fn binding_headers(body: BodyBinding, first_use_only: bool) -> Vec<(String, String)> {
    let mut headers = vec![
        ("content-length".to_owned(), body.size.to_string()),
        ("x-amz-checksum-sha256".to_owned(), body.sha256.to_base64()),
    ];
    if first_use_only {
        headers.push(("if-none-match".to_owned(), "*".to_owned()));
    }
    headers
}

/// Runs what waits for the disk on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a task of the object store did not end");
        Err(StoreError::Unavailable("a task of the object store did not end".to_owned()))
    })
}

/// 128 random bits in hexadecimal.
fn random_name() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    hex::encode(bytes)
}

#[async_trait]
impl ObjectStore for LocalStore {
    async fn presign_put(
        &self,
        key: &ObjectKey,
        body: BodyBinding,
        valid_for: Duration,
    ) -> Result<PresignedRequest, StoreError> {
        Ok(self.presign(Method::PUT, key, &[], binding_headers(body, true), valid_for))
    }

    async fn presign_get(&self, key: &ObjectKey, valid_for: Duration) -> Result<PresignedRequest, StoreError> {
        Ok(self.presign(Method::GET, key, &[], vec![], valid_for))
    }

    async fn create_multipart(&self, key: &ObjectKey, plan: &PartPlan) -> Result<MultipartId, StoreError> {
        let (uploads, key, plan) = (Arc::clone(&self.uploads), key.clone(), *plan);
        blocking(move || uploads.create(&key, &plan)).await
    }

    async fn presign_part(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        number: PartNumber,
        body: BodyBinding,
        valid_for: Duration,
    ) -> Result<PresignedRequest, StoreError> {
        let query = [("partNumber", number.to_string()), ("uploadId", upload.0.clone())];
        Ok(self.presign(Method::PUT, key, &query, binding_headers(body, false), valid_for))
    }

    async fn list_parts(&self, key: &ObjectKey, upload: &MultipartId) -> Result<Vec<StoredPart>, StoreError> {
        let (uploads, key, id) = (Arc::clone(&self.uploads), key.clone(), upload.0.clone());
        blocking(move || Ok(uploads.find(&key, &id)?.ok_or(StoreError::NotFound)?.parts())).await
    }

    async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload: &MultipartId,
        parts: &[CompletedPart],
    ) -> Result<ObjectMeta, StoreError> {
        let (uploads, key, upload, parts) = (Arc::clone(&self.uploads), key.clone(), upload.clone(), parts.to_vec());
        let now = self.clock.now();
        blocking(move || uploads.complete(&key, &upload, &parts, now)).await
    }

    async fn abort_multipart(&self, key: &ObjectKey, upload: &MultipartId) -> Result<(), StoreError> {
        let (uploads, key, upload) = (Arc::clone(&self.uploads), key.clone(), upload.clone());
        blocking(move || uploads.abort(&key, &upload)).await
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, StoreError> {
        let (layout, key) = (Arc::clone(&self.layout), key.clone());
        blocking(move || Ok(read::open(&layout, &key)?.map(|object| object.record.meta()))).await
    }

    async fn get(&self, key: &ObjectKey, range: Option<Range<u64>>) -> Result<ObjectRead, StoreError> {
        let object = if let Some(object) = self.open.get(key).await {
            object
        } else {
            let (layout, name) = (Arc::clone(&self.layout), key.clone());
            let opened = blocking(move || read::open(&layout, &name)?.ok_or(StoreError::NotFound)).await?;
            let object = Arc::new(opened);
            self.open.insert(key.clone(), Arc::clone(&object)).await;
            object
        };
        let range = read::cut(range, object.record.size)?;
        match read::read_at_once(&object, &range) {
            Some(read) => Ok(read),
            None => blocking(move || read::read(&object, range)).await,
        }
    }

    async fn put(
        &self,
        key: &ObjectKey,
        size: u64,
        mut body: BoxStream<'static, Result<Bytes, StoreError>>,
    ) -> Result<ObjectMeta, StoreError> {
        let (layout, begun) = (Arc::clone(&self.layout), key.clone());
        let mut writer = blocking(move || ObjectWriter::begin_planned(&layout, &begun, size)).await?;
        let mut batch = Vec::new();
        let mut collected = 0;
        while let Some(bytes) = body.next().await {
            let bytes = bytes?;
            collected += bytes.len();
            batch.push(bytes);
            if collected >= BATCH {
                let full = std::mem::take(&mut batch);
                collected = 0;
                writer = blocking(move || writer.write(&full).map(|()| writer)).await?;
            }
        }
        let (key, now) = (key.clone(), self.clock.now());
        blocking(move || {
            writer.write(&batch)?;
            writer.finish(&key, None, now)
        })
        .await
    }

    async fn copy(&self, from: &ObjectKey, to: &ObjectKey) -> Result<ObjectMeta, StoreError> {
        let (layout, from, to, now) = (Arc::clone(&self.layout), from.clone(), to.clone(), self.clock.now());
        blocking(move || write::copy(&layout, &from, &to, now)).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), StoreError> {
        let (layout, name) = (Arc::clone(&self.layout), key.clone());
        let removed = blocking(move || {
            let failed = disk::store_error("removing an object");
            let (dir, name) = layout.place(&name)?;
            if disk::remove(&dir, &name).map_err(&failed)? {
                layout.sync_dir(&dir).map_err(&failed)?;
            }
            Ok(())
        })
        .await;
        self.open.invalidate(key).await;
        // The cache lets go of its entries later; until then the disk would not have the space back.
        self.open.run_pending_tasks().await;
        removed
    }

    async fn list(&self, prefix: &str, after: Option<&ObjectKey>, limit: usize) -> Result<ListPage, StoreError> {
        let (layout, prefix, after) = (Arc::clone(&self.layout), prefix.to_owned(), after.cloned());
        blocking(move || list::list(&layout, &prefix, after.as_ref(), limit)).await
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Off => "off",
        })
    }
}
