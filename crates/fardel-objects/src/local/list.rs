//! Listing: pages of keys in byte order out of folders that have none.
//!
//! A page costs one pass over all names (about a second for a million objects). Listing is for
//! reconciling and scrubbing only, and no request does it; memory stays at one page.

use std::collections::BinaryHeap;

use fardel_domain::object_store::{ListPage, ObjectKey, ObjectMeta, StoreError};

use super::{
    disk::store_error,
    layout::{self, Layout},
    read,
};

/// Up to `limit` objects whose keys begin with `prefix` and come after `after`.
pub(super) fn list(
    layout: &Layout,
    prefix: &str,
    after: Option<&ObjectKey>,
    limit: usize,
) -> Result<ListPage, StoreError> {
    let mut after = after.cloned();
    let mut objects: Vec<(ObjectKey, ObjectMeta)> = Vec::new();
    loop {
        let wanted = limit - objects.len();
        // One more than the page, to see whether there is more.
        let mut keys = smallest_keys(layout, prefix, after.as_ref(), wanted.saturating_add(1))?;
        let has_more = keys.len() > wanted;
        keys.truncate(wanted);
        after = keys.last().cloned();
        for key in keys {
            match read::open(layout, &key) {
                Ok(Some(object)) => objects.push((key, object.record.meta())),
                Ok(None) => {}
                Err(error) => tracing::warn!(%key, %error, "an object was left out of a listing"),
            }
        }
        // What was left out (removed meanwhile, damaged, a planted link) must not end the listing early:
        // a page without objects would not tell its reader where to go on.
        if !has_more || objects.len() >= limit {
            return Ok(ListPage { objects, has_more });
        }
    }
}

/// The first `count` keys after `after`, in byte order.
fn smallest_keys(
    layout: &Layout,
    prefix: &str,
    after: Option<&ObjectKey>,
    count: usize,
) -> Result<Vec<ObjectKey>, StoreError> {
    let failed = store_error("listing objects");
    // The largest of the smallest is on top.
    let mut smallest = BinaryHeap::<ObjectKey>::new();
    for fan in 0..=u8::MAX {
        let dir = layout.fan_dir(fan)?;
        for name in layout::names(&dir).map_err(&failed)? {
            let Some(key) = layout::key_of(&name.map_err(&failed)?) else { continue };
            let wanted = key.as_str().starts_with(prefix)
                && after.is_none_or(|after| key > *after)
                && (smallest.len() < count || smallest.peek().is_some_and(|largest| key < *largest));
            if wanted {
                smallest.push(key);
                if smallest.len() > count {
                    smallest.pop();
                }
            }
        }
    }
    Ok(smallest.into_sorted_vec())
}
