//! What every request and job shares: the parts, the settings and the keys.

use std::{ops::Deref, sync::Arc, time::Duration};

use fardel_db::Db;
use fardel_domain::{cursor::CursorSeal, object_store::ObjectStore, time::Clock};
use fardel_edge::UrlSigner;
use url::Url;

use crate::identity::{Identities, TokenKeys};

/// The engines that stand behind the ports, made by the program from its configuration.
pub struct Parts {
    /// Rows.
    pub db: Db,
    /// Bytes.
    pub store: Arc<dyn ObjectStore>,
    /// Signs content URLs for the edge.
    pub url_signer: UrlSigner,
    /// Signs and verifies access tokens.
    pub token_keys: TokenKeys,
    /// Seals cursors.
    pub cursor_seal: CursorSeal,
    /// The time.
    pub clock: Clock,
}

/// What an operator may set; see the configuration reference.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach the page and the API, without a trailing slash in its path.
    pub public_url: Url,
    /// Origins besides `public_url` that content is fetched from or uploaded to (for CSP).
    pub connect_origins: Vec<String>,
    /// The largest file in bytes.
    pub max_file_size: u64,
    /// The quota of new users in bytes; `None` for no limit.
    pub default_quota: Option<u64>,
    /// If not empty, only these media types (`image/*` for a whole family) may be stored.
    pub allowed_types: Vec<String>,
    /// These media types may not be stored.
    pub blocked_types: Vec<String>,
    /// How long the trash keeps files.
    pub trash_days: u32,
    /// How long presigned requests hold.
    pub presign_valid_for: Duration,
    /// How long an upload may stay unconfirmed before its parts are freed.
    pub upload_expires_after: Duration,
    /// How often the reconciler looks for uploads whose confirm did not come.
    pub reconcile_every: Duration,
    /// Requests a minute, by budget.
    pub rate_limits: RateLimits,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
}

/// Requests a minute for one user or, without one, one client network.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits {
    /// Sign-in attempts for one account from one client network.
    pub login: u32,
    /// Presigned URLs asked for.
    pub presign: u32,
    /// Everything else.
    pub other: u32,
}

/// The running server: cheap to clone, handed to every handler and job.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// What an [`App`] points at.
pub struct Shared {
    /// The engines.
    pub parts: Parts,
    /// The operator's settings.
    pub settings: Settings,
    /// What is remembered of who is who.
    pub identities: Identities,
    /// Rings when a job was enqueued in this process.
    pub bell: tokio::sync::Notify,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts, settings: Settings) -> Self {
        let identities = Identities::new(settings.rate_limits.login);
        Self(Arc::new(Shared { parts, settings, identities, bell: tokio::sync::Notify::new() }))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}
