//! Rules of uploads in parts.

use bytes::Bytes;
use fardel_domain::{
    checksum::{ContentChecksum, Sha256},
    object_store::{CompletedPart, MultipartId, ObjectKey, StoreError, StoredPart},
    part_plan::{PartNumber, PartPlan},
};

use super::client::{HOUR, Suite, binding, bytes};

/// The smallest content that goes in parts: seven of them, the last one short.
const SIZE: usize = 100_000_001;

struct Upload<'a> {
    suite: &'a Suite,
    key: ObjectKey,
    id: MultipartId,
    plan: PartPlan,
    content: Bytes,
}

impl<'a> Upload<'a> {
    async fn begin(suite: &'a Suite, name: &str, seed: u64) -> Self {
        let (key, content, plan) = (suite.key(name), bytes(seed, SIZE), PartPlan::for_size(SIZE as u64));
        assert!(plan.is_multipart());
        let id = suite.store.create_multipart(&key, &plan).await.unwrap();
        Self { suite, key, id, plan, content }
    }

    fn part(&self, number: PartNumber) -> Bytes {
        let start = usize::try_from(self.plan.offset(number)).unwrap();
        let len = usize::try_from(self.plan.length(number).unwrap()).unwrap();
        self.content.slice(start..start + len)
    }

    async fn presign(&self, number: PartNumber, bytes: &[u8]) -> fardel_domain::object_store::PresignedRequest {
        self.suite.store.presign_part(&self.key, &self.id, number, binding(bytes), HOUR).await.unwrap()
    }

    async fn send(&self, number: PartNumber) -> CompletedPart {
        let part = self.part(number);
        let request = self.presign(number, &part).await;
        let etag = self.suite.must_send(&request, part.clone()).await;
        CompletedPart { number, etag, sha256: Sha256::of(&part) }
    }

    async fn held(&self) -> Vec<StoredPart> {
        self.suite.store.list_parts(&self.key, &self.id).await.unwrap()
    }

    async fn complete(&self, parts: &[CompletedPart]) -> Result<fardel_domain::object_store::ObjectMeta, StoreError> {
        self.suite.store.complete_multipart(&self.key, &self.id, parts).await
    }
}

fn wrong_parts(answer: Result<impl std::fmt::Debug, StoreError>) -> Vec<u32> {
    match answer {
        Err(StoreError::InvalidParts(numbers)) => numbers.into_iter().map(PartNumber::get).collect(),
        other => panic!("completed with wrong parts: {other:?}"),
    }
}

/// In any order, with what is missing named; completed twice; then copied.
pub async fn an_upload_in_parts_becomes_one_object(suite: &Suite) {
    let upload = Upload::begin(suite, "whole", 11).await;
    assert_eq!(upload.held().await, []);
    let numbers: Vec<PartNumber> = upload.plan.numbers().collect();
    let (early, late) = numbers.split_at(3);
    let mut parts = futures_util::future::join_all(late.iter().rev().map(|&number| upload.send(number))).await;
    assert_eq!(upload.held().await.iter().map(|part| part.number).collect::<Vec<_>>(), late, "listed in order");
    parts.reverse();
    assert_eq!(wrong_parts(upload.complete(&parts).await)[..3], [1, 2, 3]);
    suite.assert_absent(&upload.key, "with parts missing").await;

    let first = futures_util::future::join_all(early.iter().map(|&number| upload.send(number))).await;
    let parts: Vec<CompletedPart> = first.into_iter().chain(parts).collect();
    for (held, part) in upload.held().await.iter().zip(&parts) {
        assert_eq!((held.number, &held.etag), (part.number, &part.etag));
        assert_eq!(Some(held.size), upload.plan.length(part.number));
        assert!(held.sha256.is_none_or(|sha256| sha256 == part.sha256));
    }
    // The last one left out; two in the wrong order; another digest; another entity tag.
    assert_eq!(wrong_parts(upload.complete(&parts[..parts.len() - 1]).await), [u32::try_from(parts.len()).unwrap()]);
    let mut swapped = parts.clone();
    swapped.swap(1, 2);
    wrong_parts(upload.complete(&swapped).await);
    let mut other = parts.clone();
    other[4].sha256 = Sha256::of(b"other");
    assert_eq!(wrong_parts(upload.complete(&other).await), [5]);
    let mut other = parts.clone();
    other[5].etag.clone_from(&parts[0].etag);
    assert_eq!(wrong_parts(upload.complete(&other).await), [6]);
    suite.assert_absent(&upload.key, "with wrong parts").await;

    let meta = upload.complete(&parts).await.unwrap();
    let digests: Vec<Sha256> = parts.iter().map(|part| part.sha256).collect();
    let joined = *ContentChecksum::join(&upload.plan, &digests).unwrap().digest();
    assert_eq!((meta.size, meta.checksum), (SIZE as u64, Some(joined)));
    assert_eq!(suite.store.head(&upload.key).await.unwrap().as_ref(), Some(&meta));
    assert!(suite.content(&upload.key).await == upload.content);
    assert_eq!(upload.complete(&parts).await.unwrap(), meta, "a repeat answers the same");
    assert!(matches!(suite.store.list_parts(&upload.key, &upload.id).await, Err(StoreError::NotFound)));
    let part = upload.part(numbers[0]);
    suite.must_refuse(&upload.presign(numbers[0], &part).await, part, "a part after completion").await;

    let copy = suite.key("copy");
    let copied = suite.store.copy(&upload.key, &copy).await.unwrap();
    assert_eq!((copied.size, copied.checksum), (meta.size, meta.checksum), "a copy keeps the checksum");
    assert!(suite.content(&copy).await == upload.content);
}

/// Other bytes, another length, the same part twice and at once.
pub async fn parts_of_other_bytes_are_refused_and_may_be_sent_again(suite: &Suite) {
    let upload = Upload::begin(suite, "k", 12).await;
    let number = PartNumber::try_from(2).unwrap();
    let part = upload.part(number);
    let request = upload.presign(number, &part).await;
    let mut damaged = part.to_vec();
    damaged[1000] ^= 1;
    suite.must_refuse(&request, damaged.clone(), "other bytes").await;
    suite.must_refuse(&request, part.slice(1..), "a shorter body").await;
    assert_eq!(upload.held().await, []);

    let sent = upload.send(number).await;
    // A repeat of the same bytes, also while another is under way.
    let again = futures_util::future::join_all((0..3).map(|_| upload.send(number))).await;
    assert!(again.iter().all(|part| *part == sent));
    suite.must_refuse(&request, damaged.clone(), "other bytes after the right ones").await;
    assert_eq!(upload.held().await.len(), 1, "the right bytes stay");

    // Other bytes that are signed as such take the place of the first.
    suite.must_send(&upload.presign(number, &damaged).await, damaged.clone()).await;
    let held = upload.held().await;
    assert_eq!(held.len(), 1);
    assert!(held[0].sha256.is_none_or(|sha256| sha256 == Sha256::of(&damaged)));
    suite.store.abort_multipart(&upload.key, &upload.id).await.unwrap();
}

/// Abort frees the parts, and is no error twice.
pub async fn an_aborted_upload_is_gone(suite: &Suite) {
    let upload = Upload::begin(suite, "k", 13).await;
    let number = PartNumber::try_from(1).unwrap();
    let part = upload.send(number).await;
    for _ in 0..2 {
        suite.store.abort_multipart(&upload.key, &upload.id).await.unwrap();
    }
    assert!(matches!(suite.store.list_parts(&upload.key, &upload.id).await, Err(StoreError::NotFound)));
    assert!(upload.complete(&[part]).await.is_err());
    let bytes = upload.part(number);
    suite.must_refuse(&upload.presign(number, &bytes).await, bytes, "a part after abort").await;
    suite.assert_absent(&upload.key, "after abort").await;
}
