//! How a handler fails: one mapping from the errors of each boundary to problem codes.

use axum::response::{IntoResponse, Response};
use fardel_db::DbError;
use fardel_domain::{
    object_store::StoreError,
    problem::{Problem, ProblemCode},
};

/// The error of every handler and flow: a problem for the caller.
#[derive(Debug, Clone)]
pub struct Failure(pub Problem);

/// What a handler returns.
pub type Answer<T> = Result<T, Failure>;

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self(match error {
            DbError::Full => {
                Problem::new(ProblemCode::StorageFull, "The server's disk is full. Tell its administrator.")
            }
            DbError::Unavailable(cause) => {
                tracing::error!(%cause, "the database is unavailable");
                Problem::unavailable("The database")
            }
            other => {
                tracing::error!(error = %other, "the database refused");
                Problem::internal()
            }
        })
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "the object store failed");
        Self(match error {
            StoreError::Full => {
                Problem::new(ProblemCode::StorageFull, "The server's disk is full. Tell its administrator.")
            }
            StoreError::Unavailable(_) => Problem::unavailable("The object store"),
            _ => Problem::internal(),
        })
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        super::problem::response(self.0)
    }
}
