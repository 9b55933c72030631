//! Rules of the calls that the server makes itself.

use bytes::Bytes;
use fardel_domain::{
    checksum::{ContentChecksum, Sha256},
    object_store::{ObjectKey, StoreError},
    part_plan::PartPlan,
};
use futures_util::{StreamExt, stream};

use super::client::{Suite, bytes, collect};

/// Whole, inner and overhanging ranges; none outside; unknown keys.
pub async fn reading_gives_the_range_cut_to_the_object(suite: &Suite) {
    for len in [1000u64, 3_000_000] {
        let key = suite.key(&format!("k{len}"));
        let content = bytes(20, usize::try_from(len).unwrap());
        suite.store_object(&key, &content).await;
        for range in [0..len, 0..1, 500..900, len - 1..len, 10..len + 5000] {
            let read = suite.store.get(&key, Some(range.clone())).await.unwrap();
            assert_eq!(read.range, range.start..range.end.min(len));
            assert_eq!(read.meta.size, len);
            let (from, to) = (usize::try_from(range.start).unwrap(), usize::try_from(range.end.min(len)).unwrap());
            assert!(collect(read).await == content.slice(from..to), "{range:?}");
        }
        let beyond = suite.store.get(&key, Some(len..len + 1)).await.map(|read| read.range);
        assert!(matches!(beyond, Err(StoreError::InvalidRange(size)) if size == len), "{beyond:?}");
    }
    let missing = suite.store.get(&suite.key("missing"), None).await.map(|read| read.range);
    assert!(matches!(missing, Err(StoreError::NotFound)), "{missing:?}");
    // A reader that goes away in the middle does no harm.
    let mut read = suite.store.get(&suite.key("k3000000"), None).await.unwrap();
    read.body.next().await.unwrap().unwrap();
    drop(read);
}

/// Prefix, start, limit and order.
pub async fn listing_pages_through_keys_in_byte_order(suite: &Suite) {
    // No key continues another behind a slash: servers that store keys as paths cannot hold both.
    let mut keys: Vec<ObjectKey> =
        ["a.b", "a-b", "a/b", "a/c", "b.1", "b0", "b1/x", "z_9"].map(|name| suite.key(name)).to_vec();
    for (index, key) in keys.iter().enumerate() {
        suite.store_object(key, &bytes(30, index)).await;
    }
    keys.sort();
    for limit in [1, 3, 8, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = suite.store.list(&suite.prefix(), after.as_ref(), limit).await.unwrap();
            assert!(page.objects.len() <= limit);
            found.extend(page.objects);
            after = found.last().map(|(key, _)| key.clone());
            if !page.has_more {
                break;
            }
        }
        assert_eq!(found.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>(), keys, "limit {limit}");
        let whole: u64 = found.iter().map(|(_, meta)| meta.size).sum();
        assert_eq!(whole, 28);
    }
    let inner = suite.store.list(suite.key("a/b").as_str().trim_end_matches('b'), None, 10).await.unwrap();
    assert_eq!(
        inner.objects.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>(),
        [suite.key("a/b"), suite.key("a/c")]
    );
    suite.store.delete(&keys[0]).await.unwrap();
    let page = suite.store.list(&suite.prefix(), None, 10).await.unwrap();
    assert_eq!(page.objects.len(), 7);
    assert!(suite.store.list(&format!("{}none/", suite.prefix()), None, 10).await.unwrap().objects.is_empty());
}

/// Bytes and checksum are the same; a taken key stays; the source may go.
pub async fn a_copy_has_the_bytes_and_never_replaces(suite: &Suite) {
    let (from, to, taken) = (suite.key("from"), suite.key("to"), suite.key("taken"));
    let (content, other) = (bytes(40, 2_500_000), bytes(41, 10));
    suite.store_object(&from, &content).await;
    suite.store_object(&taken, &other).await;
    let source = suite.store.head(&from).await.unwrap().unwrap();
    let meta = suite.store.copy(&from, &to).await.unwrap();
    assert_eq!((meta.size, meta.checksum), (source.size, source.checksum));
    assert!(matches!(suite.store.copy(&from, &taken).await, Err(StoreError::AlreadyExists)));
    assert!(suite.content(&taken).await == other);
    assert!(matches!(suite.store.copy(&suite.key("missing"), &suite.key("new")).await, Err(StoreError::NotFound)));
    suite.store.delete(&from).await.unwrap();
    assert!(suite.content(&to).await == content);
}

/// Gone at once, and no error when it is gone already.
pub async fn deleting_twice_is_no_error(suite: &Suite) {
    let key = suite.key("k");
    suite.store_object(&key, &bytes(50, 100)).await;
    for _ in 0..2 {
        suite.store.delete(&key).await.unwrap();
        suite.assert_absent(&key, "after delete").await;
    }
}

/// A taken key, a body of another length, a body that breaks.
pub async fn put_never_replaces_and_stores_all_or_nothing(suite: &Suite) {
    let body = |content: &Bytes| {
        let chunks: Vec<_> = content.chunks(65_536).map(Bytes::copy_from_slice).map(Ok).collect();
        stream::iter(chunks).boxed()
    };
    for len in [0usize, 10, 4_000_000] {
        let (key, content) = (suite.key(&format!("k{len}")), bytes(60, len));
        let size = len as u64;
        for declared in [size + 1, size.saturating_sub(1)].into_iter().filter(|&declared| declared != size) {
            let answer = suite.store.put(&key, declared, body(&content)).await;
            assert!(matches!(answer, Err(StoreError::Mismatch)), "{declared}: {answer:?}");
            suite.assert_absent(&key, "after another length").await;
        }
        let failure = stream::iter([Err(StoreError::Unavailable("the source broke".to_owned()))]);
        assert!(suite.store.put(&key, size + 1, body(&content).chain(failure).boxed()).await.is_err());
        suite.assert_absent(&key, "after a broken body").await;

        let meta = suite.store.put(&key, size, body(&content)).await.unwrap();
        assert_eq!(meta.size, size);
        assert_eq!(suite.store.head(&key).await.unwrap(), Some(meta));
        assert!(suite.content(&key).await == content);
        let answer = suite.store.put(&key, 3, body(&bytes(61, 3))).await;
        assert!(matches!(answer, Err(StoreError::AlreadyExists)), "{answer:?}");
        assert!(suite.content(&key).await == content);
    }
}

/// A body that the server puts has the checksum of the plan for its size, as if a client had sent it.
pub async fn put_gives_the_checksum_of_the_plan(suite: &Suite) {
    for size in [300_000, 100_000_000, 100_000_001, 7 * (16 << 20)] {
        let (key, content) = (suite.key(&format!("k{size}")), bytes(70, size));
        let plan = PartPlan::for_size(size as u64);
        let part_size = usize::try_from(plan.part_size()).unwrap();
        let digests: Vec<Sha256> = content.chunks(part_size).map(Sha256::of).collect();
        let chunks: Vec<_> = content.chunks(1_000_003).map(|chunk| Ok(content.slice_ref(chunk))).collect();
        let meta = suite.store.put(&key, size as u64, stream::iter(chunks).boxed()).await.unwrap();
        let joined = ContentChecksum::join(&plan, &digests).unwrap();
        assert_eq!((meta.size, meta.checksum), (size as u64, Some(*joined.digest())), "{size}");
        assert!(suite.content(&key).await == content);
        suite.store.delete(&key).await.unwrap();
    }
}
