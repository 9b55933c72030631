//! What a handler asks of its request: who sends it, whether again, and for which page.

mod caller;
mod credential;
mod idempotency;
pub mod paging;

pub(crate) use self::caller::{Identity, identify};
pub use self::{
    caller::{Caller, Person},
    idempotency::idempotent,
};
