//! Uploads in parts, in place: one file, each part written where it belongs, so that completing is
//! a rename and no byte is copied.

use std::{
    collections::HashMap,
    os::fd::OwnedFd,
    sync::{Arc, Mutex, PoisonError, RwLock, Weak},
};

use bytes::Bytes;
use fardel_domain::{
    checksum::{ContentChecksum, Sha256},
    object_store::{CompletedPart, MultipartId, ObjectKey, ObjectMeta, StoreError, StoredPart, wrong_parts},
    part_plan::{PartNumber, PartPlan},
    time::Timestamp,
};
use tokio::sync::OwnedMutexGuard;

use super::{
    disk::{self, store_error},
    journal::Journal,
    layout::Layout,
    read,
    record::{Record, TRAILER_LEN},
    write::{self, HashedStream},
};

/// The uploads that were begun and not ended. All methods block on the disk but where they are async.
#[derive(Debug)]
pub(super) struct Uploads {
    layout: Arc<Layout>,
    /// Those in use at present; the files are the truth about the others.
    open: Mutex<HashMap<String, Weak<Upload>>>,
}

#[derive(Debug)]
pub(super) struct Upload {
    id: String,
    key: ObjectKey,
    plan: PartPlan,
    data: OwnedFd,
    journal: Mutex<Journal>,
    /// Read while bytes are written, written to end the upload: after that no byte changes.
    ended: RwLock<bool>,
    /// Writers of one part take turns.
    turns: Mutex<HashMap<PartNumber, Arc<tokio::sync::Mutex<()>>>>,
}

impl Uploads {
    pub fn new(layout: Arc<Layout>) -> Self {
        Self { layout, open: Mutex::default() }
    }

    /// Begins an upload and takes its space on the disk.
    pub fn create(&self, key: &ObjectKey, plan: &PartPlan) -> Result<MultipartId, StoreError> {
        let failed = store_error("beginning an upload in parts");
        let (dir, name) = self.layout.place(key)?;
        if disk::exists(&dir, &name).map_err(&failed)? {
            return Err(StoreError::AlreadyExists);
        }
        let id = super::random_name();
        let made = disk::create_file(self.layout.multipart(), &data_name(&id)).map_err(&failed).and_then(|data| {
            disk::lay_out(&data, plan.size().saturating_add(TRAILER_LEN)).map_err(&failed)?;
            self.layout.sync_data(&data).map_err(&failed)?;
            Journal::create(&self.layout, &journal_name(&id), key, plan)?;
            self.layout.sync_dir(self.layout.multipart()).map_err(&failed)
        });
        if let Err(error) = made {
            self.remove_files(&id);
            return Err(error);
        }
        Ok(MultipartId(id))
    }

    /// The upload `id` to `key`; `None` when it does not exist or has ended.
    pub fn find(&self, key: &ObjectKey, id: &str) -> Result<Option<Arc<Upload>>, StoreError> {
        if id.len() != 32 || !id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(None);
        }
        // Held while loading, so that one upload is never open twice.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(upload) = open.get(id).and_then(Weak::upgrade) {
            return Ok((upload.key == *key).then_some(upload));
        }
        let Some((journal, plan)) = Journal::open(&self.layout, &journal_name(id), key)? else { return Ok(None) };
        let data = match disk::open_file_to_write(self.layout.multipart(), &data_name(id)) {
            Ok((data, _)) => data,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(other) => return Err(store_error("opening an upload in parts")(other)),
        };
        let upload = Arc::new(Upload {
            id: id.to_owned(),
            key: key.clone(),
            plan,
            data,
            journal: Mutex::new(journal),
            ended: RwLock::new(false),
            turns: Mutex::default(),
        });
        open.retain(|_, upload| upload.strong_count() > 0);
        open.insert(id.to_owned(), Arc::downgrade(&upload));
        Ok(Some(upload))
    }

    /// Makes the object. A repeat after success answers the same.
    pub fn complete(
        &self,
        key: &ObjectKey,
        id: &MultipartId,
        parts: &[CompletedPart],
        now: Timestamp,
    ) -> Result<ObjectMeta, StoreError> {
        let Some(upload) = self.find(key, &id.0)? else { return self.completed_before(key, parts) };
        let mut ended = upload.ended.write().unwrap_or_else(PoisonError::into_inner);
        if *ended {
            drop(ended);
            return self.completed_before(key, parts);
        }
        let digest = upload.check(parts)?;
        let part_size = upload.plan.is_multipart().then(|| upload.plan.part_size());
        let record = Record { size: upload.plan.size(), part_size, made_at: now, digest };
        write::publish(&self.layout, self.layout.multipart(), &data_name(&upload.id), &upload.data, key, record)?;
        *ended = true;
        let _ = disk::remove(self.layout.multipart(), &journal_name(&upload.id));
        Ok(record.meta())
    }

    fn completed_before(&self, key: &ObjectKey, parts: &[CompletedPart]) -> Result<ObjectMeta, StoreError> {
        let Some(object) = read::open(&self.layout, key)? else { return Err(StoreError::NotFound) };
        let digests: Vec<Sha256> = parts.iter().map(|part| part.sha256).collect();
        let same = ContentChecksum::join(&PartPlan::for_size(object.record.size), &digests)
            .is_some_and(|checksum| *checksum.digest() == object.record.digest);
        if same { Ok(object.record.meta()) } else { Err(StoreError::NotFound) }
    }

    /// Frees an upload. What is still being written to it fails.
    pub fn abort(&self, key: &ObjectKey, id: &MultipartId) -> Result<(), StoreError> {
        let Some(upload) = self.find(key, &id.0)? else { return Ok(()) };
        let mut ended = upload.ended.write().unwrap_or_else(PoisonError::into_inner);
        if !*ended {
            *ended = true;
            self.remove_files(&upload.id);
            self.layout.sync_dir(self.layout.multipart()).map_err(store_error("removing an upload in parts"))?;
        }
        Ok(())
    }

    fn remove_files(&self, id: &str) {
        let _ = disk::remove(self.layout.multipart(), &data_name(id));
        let _ = disk::remove(self.layout.multipart(), &journal_name(id));
    }
}

fn data_name(id: &str) -> String {
    format!("{id}.data")
}

fn journal_name(id: &str) -> String {
    format!("{id}.parts")
}

impl Upload {
    /// How the content is cut.
    pub fn plan(&self) -> &PartPlan {
        &self.plan
    }

    /// The parts that are held, in order.
    pub fn parts(&self) -> Vec<StoredPart> {
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal
            .parts()
            .iter()
            .filter_map(|(&number, &digest)| {
                let size = self.plan.length(number)?;
                Some(StoredPart { number, size, etag: digest.to_hex(), sha256: Some(digest) })
            })
            .collect()
    }

    /// Waits for the turn to write a part; it ends when the guard is dropped.
    pub async fn turn(&self, number: PartNumber) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(number).or_default())
        };
        turn.lock_owned().await
    }

    /// The digest over `parts`, which must be those held, all of the plan, in order.
    fn check(&self, parts: &[CompletedPart]) -> Result<Sha256, StoreError> {
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let wrong = wrong_parts(&self.plan, parts, |part| {
            journal.parts().get(&part.number) == Some(&part.sha256) && part.etag == part.sha256.to_hex()
        });
        if !wrong.is_empty() {
            return Err(StoreError::InvalidParts(wrong));
        }
        let digests: Vec<Sha256> = parts.iter().map(|part| part.sha256).collect();
        let joined = ContentChecksum::join(&self.plan, &digests).ok_or_else(|| StoreError::InvalidParts(Vec::new()))?;
        Ok(*joined.digest())
    }
}

/// A part on its way in. The writer holds the part's turn.
#[derive(Debug)]
pub(super) struct PartWriter {
    layout: Arc<Layout>,
    upload: Arc<Upload>,
    number: PartNumber,
    expected: Sha256,
    stream: HashedStream,
    state: PartState,
    _turn: OwnedMutexGuard<()>,
}

#[derive(Debug, PartialEq, Eq)]
enum PartState {
    /// The very same bytes are held: they are only checked.
    Held,
    /// Nothing was written yet; other bytes may be held.
    Untouched,
    Writing,
}

impl PartWriter {
    /// Begins a part that has its turn; [`StoreError::Mismatch`] unless `size` is the plan's.
    pub fn begin(
        layout: &Arc<Layout>,
        upload: Arc<Upload>,
        turn: OwnedMutexGuard<()>,
        number: PartNumber,
        size: u64,
        expected: Sha256,
    ) -> Result<Self, StoreError> {
        if upload.plan.length(number) != Some(size) {
            return Err(StoreError::Mismatch);
        }
        let held =
            upload.journal.lock().unwrap_or_else(PoisonError::into_inner).parts().get(&number) == Some(&expected);
        let stream = HashedStream::new(upload.plan.offset(number), size);
        let state = if held { PartState::Held } else { PartState::Untouched };
        Ok(Self { layout: Arc::clone(layout), upload, number, expected, stream, state, _turn: turn })
    }

    /// Writes the next bytes; [`StoreError::NotFound`] when the upload has ended meanwhile.
    pub fn write(&mut self, batch: &[Bytes]) -> Result<(), StoreError> {
        let ended = self.upload.ended.read().unwrap_or_else(PoisonError::into_inner);
        if *ended {
            return Err(StoreError::NotFound);
        }
        if self.state == PartState::Held {
            return self.stream.hash(batch);
        }
        if self.state == PartState::Untouched {
            let mut journal = self.upload.journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.withdraw(&self.layout, self.number)?;
            drop(journal);
            let (offset, size) = (self.upload.plan.offset(self.number), self.upload.plan.length(self.number));
            disk::reserve(&self.upload.data, offset, size.unwrap_or(0))
                .map_err(store_error("taking space for a part"))?;
            self.state = PartState::Writing;
        }
        self.stream.write(&self.upload.data, batch, self.layout.syncs())
    }

    /// Notes the part once its bytes are right and on the disk.
    pub fn finish(self) -> Result<StoredPart, StoreError> {
        let digest = self.stream.finish()?;
        if digest != self.expected {
            return Err(StoreError::Mismatch);
        }
        let ended = self.upload.ended.read().unwrap_or_else(PoisonError::into_inner);
        if *ended {
            return Err(StoreError::NotFound);
        }
        if self.state != PartState::Held {
            self.layout.sync_data(&self.upload.data).map_err(store_error("finishing a part"))?;
            let mut journal = self.upload.journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.hold(&self.layout, self.number, digest)?;
        }
        let size = self.upload.plan.length(self.number).unwrap_or(0);
        Ok(StoredPart { number: self.number, size, etag: digest.to_hex(), sha256: Some(digest) })
    }
}
