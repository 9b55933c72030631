//! The background work of uploads: finish what clients left, free what nobody wants.

mod free_object;
mod reconcile;

use std::time::Duration;

pub use self::{free_object::FreeObject, reconcile::ReconcileUploads};

/// So long a confirmed upload's row stays, to answer repeated confirms.
pub const fn confirmed_row_kept_for() -> Duration {
    Duration::from_hours(7 * 24)
}
