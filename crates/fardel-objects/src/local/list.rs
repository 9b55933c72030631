//! Listing: pages of keys in byte order out of folders that have none.
//!
//! A page costs one pass over all names (about a second for a million objects). Listing is for
//! reconciling and scrubbing only, and no request does it; memory stays at one page.

use std::collections::BinaryHeap;

use fardel_domain::object_store::{ListPage, ObjectKey, StoreError};

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
    let failed = store_error("listing objects");
    // The smallest keys so far, the largest of them on top; one more than the page to see the end.
    let keep = limit.saturating_add(1);
    let mut smallest = BinaryHeap::<ObjectKey>::new();
    for fan in 0..=u8::MAX {
        let dir = layout.fan_dir(fan)?;
        for name in layout::names(&dir).map_err(&failed)? {
            let Some(key) = layout::key_of(&name.map_err(&failed)?) else { continue };
            let wanted = key.as_str().starts_with(prefix)
                && after.is_none_or(|after| key > *after)
                && (smallest.len() < keep || smallest.peek().is_some_and(|largest| key < *largest));
            if wanted {
                smallest.push(key);
                if smallest.len() > keep {
                    smallest.pop();
                }
            }
        }
    }
    let mut keys = smallest.into_sorted_vec();
    let has_more = keys.len() > limit;
    keys.truncate(limit);
    let mut objects = Vec::with_capacity(keys.len());
    for key in keys {
        // Removed meanwhile, a planted link, or damaged: scrubbing finds the damaged ones by their key.
        match read::open(layout, &key) {
            Ok(Some(object)) => objects.push((key, object.record.meta())),
            Ok(None) => {}
            Err(error) => tracing::warn!(%key, %error, "an object was left out of a listing"),
        }
    }
    Ok(ListPage { objects, has_more })
}
