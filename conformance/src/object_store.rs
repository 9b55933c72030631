//! The guarantees of [`ObjectStore`](fardel_domain::object_store::ObjectStore), rule by rule. Each
//! function is one rule; [`object_store_suite!`](crate::object_store_suite) makes a test of each.

mod client;
mod contents;
mod parts;
mod presigned;

pub use self::{
    client::{Answer, Suite, bytes, collect},
    contents::*,
    parts::*,
    presigned::*,
};

/// One `#[tokio::test]` for every rule. `$suite` is an async function that gives a [`Suite`].
#[macro_export]
macro_rules! object_store_suite {
    ($suite:path) => {
        $crate::object_store_suite! { @rules $suite:
            a_presigned_put_stores_exactly_its_bytes
            an_empty_object_is_an_object
            other_bytes_are_refused_and_nothing_is_stored
            bodies_of_another_length_are_refused
            altered_requests_are_refused
            expired_requests_are_refused
            a_replay_never_replaces_an_object
            a_client_that_leaves_half_way_leaves_nothing
            a_presigned_get_serves_ranges_and_only_its_object
            an_upload_in_parts_becomes_one_object
            parts_of_other_bytes_are_refused_and_may_be_sent_again
            an_aborted_upload_is_gone
            reading_gives_the_range_cut_to_the_object
            listing_pages_through_keys_in_byte_order
            a_copy_has_the_bytes_and_never_replaces
            deleting_twice_is_no_error
            put_never_replaces_and_stores_all_or_nothing
            put_gives_the_checksum_of_the_plan
        }
    };
    (@rules $suite:path: $($rule:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                let suite = $suite(stringify!($rule)).await;
                $crate::object_store::$rule(&suite).await;
            }
        )*
    };
}
