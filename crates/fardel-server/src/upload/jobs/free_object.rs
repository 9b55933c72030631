//! Removes an object, and the parts of its upload, from the store.

use async_trait::async_trait;
use fardel_domain::object_store::{MultipartId, ObjectKey};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    jobs::{Job, JobError, Outcome},
};

/// Frees what an aborted or superseded upload left at the store. Safe to repeat.
#[derive(Debug, Serialize, Deserialize)]
pub struct FreeObject {
    /// The object.
    pub object_key: String,
    /// Its multipart upload, if it had one.
    pub multipart_id: Option<String>,
}

impl FreeObject {
    /// The kind in the jobs table.
    pub const KIND: &str = "free-object";

    /// The payload in the jobs table.
    pub fn to_payload(&self) -> String {
        serde_json::json!({ "object_key": self.object_key, "multipart_id": self.multipart_id }).to_string()
    }
}

#[async_trait]
impl Job for FreeObject {
    async fn run(&self, app: &App) -> Result<Outcome, JobError> {
        let key = ObjectKey::parse(&self.object_key).ok_or(JobError::Payload)?;
        if let Some(id) = &self.multipart_id {
            app.store.abort_multipart(&key, &MultipartId(id.clone())).await?;
        }
        app.store.delete(&key).await?;
        Ok(Outcome::Done)
    }
}
