//! Path parameters.

use axum::{extract::FromRequestParts, http::request::Parts};
use fardel_domain::problem::Problem;
use serde::de::DeserializeOwned;

use super::Failure;

/// Ids in the path. A malformed one answers like an unknown one, so that no shape of id tells more.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::forbidden().into()),
        }
    }
}
