//! Schema, migrations and queries for SQLite and PostgreSQL.
//!
//! One SQL text serves both engines. [`Db::read`] is for statements that only read; [`Db::write`]
//! runs one transaction and returns after its commit. Each file here holds one table family: the
//! rows' types and the statements on them.

mod connect;
mod db;
#[cfg(test)]
mod engine_tests;
mod error;
mod group_commit;
mod query;
mod timing;
mod tx;

pub mod api_keys;
pub mod changes;
pub mod contents;
pub mod drives;
pub mod files;
pub mod idempotency;
pub mod jobs;
pub mod sessions;
pub mod setup_codes;
pub mod uploads;
pub mod users;

pub use self::{
    db::{Db, Engine},
    error::DbError,
    query::{Param, Query, Record},
    timing::{DbTime, measured},
    tx::Tx,
};
