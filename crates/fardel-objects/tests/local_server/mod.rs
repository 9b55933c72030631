//! An embedded store in a temporary folder, served on a port of its own.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use fardel_domain::time::{Clock, Timestamp};
use fardel_objects::{
    local::{self, BodyLimits, Durability, LocalStore, LocalStoreSecret},
    sigv4::Credentials,
};
use url::Url;

pub const ORIGIN: &str = "https://files.example";

pub struct LocalServer {
    pub store: Arc<LocalStore>,
    pub base: Url,
    pub folder: tempfile::TempDir,
    /// Seconds that the store's clock is ahead.
    pub ahead: Arc<AtomicI64>,
}

pub fn secret() -> LocalStoreSecret {
    Credentials { access_key_id: "fardel".to_owned(), secret_key: "a secret that only tests know".to_owned() }
}

impl LocalServer {
    pub async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), BodyLimits::default()).await
    }

    pub async fn start_in(folder: tempfile::TempDir, limits: BodyLimits) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let ahead = Arc::new(AtomicI64::new(0));
        let (shift, system) = (Arc::clone(&ahead), Clock::system());
        let clock = Clock::from_fn(move || {
            Timestamp::from_micros(system.now().micros() + shift.load(Ordering::Relaxed) * 1_000_000)
        });
        let root = folder.path().join("store");
        let store = LocalStore::open(root, base.clone(), secret(), clock, Durability::Full).unwrap();
        let store = Arc::new(store.with_body_limits(limits));
        let router = local::router(Arc::clone(&store), vec![ORIGIN.to_owned()]);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { store, base, folder, ahead }
    }

    pub fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("store")
    }

    /// The files that are being written.
    pub fn temp_files(&self) -> usize {
        let instances = std::fs::read_dir(self.root().join(".tmp")).unwrap();
        instances
            .flat_map(|instance| std::fs::read_dir(instance.unwrap().path()).unwrap())
            .filter(|file| file.as_ref().unwrap().file_name() != "lock")
            .count()
    }
}
