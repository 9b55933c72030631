//! Looks at uploads whose client went silent: finishes those whose bytes arrived, frees the others.

use async_trait::async_trait;
use fardel_db::uploads::{self, Upload, UploadState};
use fardel_domain::{
    object_store::{CompletedPart, MultipartId, StoreError},
    problem::ProblemCode,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::FreeObject;
use crate::{
    answer::Failure,
    app::App,
    jobs::{Job, JobError, Outcome},
    upload::{abort::abort, confirm::confirm, signing::object_key},
};

/// So many uploads are looked at in one run; more wait for the next, which then follows at once.
const BATCH: i64 = 200;

/// The recurring look.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReconcileUploads {}

impl ReconcileUploads {
    /// The kind in the jobs table, and the key that lets it exist once.
    pub const KIND: &str = "reconcile-uploads";
}

#[async_trait]
impl Job for ReconcileUploads {
    async fn run(&self, app: &App) -> Result<Outcome, JobError> {
        let now = app.clock.now();
        let due = uploads::due(&app.db, now, BATCH).await?;
        let is_full = i64::try_from(due.len()).is_ok_and(|looked| looked == BATCH);
        for upload in due {
            let id = upload.id;
            if let Err(error) = look(app, upload, now).await {
                tracing::warn!(upload = %id, problem = error.0.code.code(), "an upload could not be reconciled");
                postpone(app, id, now + app.settings.reconcile_every).await?;
            }
        }
        Ok(Outcome::Again(if is_full { std::time::Duration::ZERO } else { app.settings.reconcile_every }))
    }
}

async fn look(app: &App, upload: Upload, now: Timestamp) -> Result<(), Failure> {
    match upload.state {
        UploadState::Confirmed => forget(app, upload).await,
        UploadState::Aborted => {
            // A URL given out before the abort may have been used after it.
            let job = FreeObject { object_key: upload.object_key.clone(), multipart_id: upload.multipart_id.clone() };
            job.run(app).await.map_err(|error| {
                tracing::warn!(%error, "what an aborted upload left could not be freed");
                fardel_domain::problem::Problem::unavailable("The object store")
            })?;
            forget(app, upload).await
        }
        UploadState::Open | UploadState::Completed => finish_or_free(app, upload, now).await,
    }
}

async fn finish_or_free(app: &App, upload: Upload, now: Timestamp) -> Result<(), Failure> {
    let (id, expires_at) = (upload.id, upload.expires_at);
    if upload.multipart_id.is_some() && upload.state == UploadState::Open {
        join_if_whole(app, &upload).await?;
    }
    let on_conflict = upload.on_conflict;
    match confirm(app, upload.clone(), on_conflict).await {
        Ok((file, _)) => {
            tracing::info!(upload = %id, %file, "an upload that was not confirmed was finished");
            Ok(())
        }
        Err(Failure(problem)) if problem.code == ProblemCode::ContentMismatch => Ok(()),
        Err(Failure(problem)) if matches!(problem.code, ProblemCode::NotUploaded | ProblemCode::NameTaken) => {
            if now >= expires_at {
                tracing::info!(upload = %id, "an abandoned upload was freed");
                return abort(app, upload).await;
            }
            // Look less and less often: after half of the time that is left.
            let next = (now + expires_at.since(now) / 2).max(now + app.settings.reconcile_every).min(expires_at);
            postpone(app, id, next).await
        }
        Err(failure) => Err(failure),
    }
}

/// Joins the parts if the store holds all of them.
async fn join_if_whole(app: &App, upload: &Upload) -> Result<(), Failure> {
    let key = object_key(upload)?;
    let multipart = MultipartId(upload.multipart_id.clone().unwrap_or_default());
    let stored = match app.store.list_parts(&key, &multipart).await {
        Ok(stored) => stored,
        Err(StoreError::NotFound) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let parts: Vec<_> = stored
        .into_iter()
        .filter_map(|part| {
            Some(CompletedPart { number: part.number, etag: part.etag, sha256: upload.digest(part.number)? })
        })
        .collect();
    if parts.len() == upload.plan().part_count() as usize {
        app.store.complete_multipart(&key, &multipart, &parts).await?;
    }
    Ok(())
}

async fn postpone(app: &App, id: fardel_domain::id::FileId, check_at: Timestamp) -> Result<(), Failure> {
    app.db
        .write(move |tx| Box::pin(async move { Ok::<_, Failure>(uploads::set_check_at(tx, id, check_at).await?) }))
        .await
}

async fn forget(app: &App, upload: Upload) -> Result<(), Failure> {
    app.db.write(move |tx| Box::pin(async move { Ok::<_, Failure>(uploads::delete(tx, upload.id).await?) })).await
}
