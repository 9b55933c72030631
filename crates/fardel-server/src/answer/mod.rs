//! The one shape of requests and answers: extraction, problems, entity tags.

pub mod etag;
mod failure;
pub(crate) mod json;
mod path;
pub mod problem;
mod query;

pub use self::{
    failure::{Answer, Failure},
    json::Json,
    path::Path,
    query::Query,
};
