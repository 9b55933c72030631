//! The gateway and the flows: a folder a flow, a file an operation.

mod access;
mod account;
mod answer;
mod app;
mod download;
mod files;
pub mod gateway;
mod identity;
pub mod jobs;
mod request;
mod trash;
mod upload;

pub use self::{
    account::{accounts, setup},
    app::{App, Parts, RateLimits, Settings},
    download::DatabaseOrigin,
    identity::TokenKeys,
    jobs::Worker,
};

/// Every kind of job that this program runs.
pub const JOB_KINDS: &[jobs::Kind] = &[
    jobs::Kind::once::<upload::jobs::FreeObject>(upload::jobs::FreeObject::KIND),
    jobs::Kind::recurring::<upload::jobs::ReconcileUploads>(upload::jobs::ReconcileUploads::KIND),
];
