//! scratch
use std::{sync::Arc, time::Duration};
use fardel_db::Db;
use fardel_domain::{cursor::CursorSeal, time::Clock, object_store::ObjectStore};
use fardel_edge::{SigningKey, UrlSigner};
use fardel_objects::local::{self, Durability, LocalStore, LocalStoreSecret};
use fardel_server::{App, Parts, RateLimits, Settings, TokenKeys, gateway};
#[tokio::main]
async fn main() {
    let dir = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    std::fs::create_dir_all(&dir).unwrap();
    let clock = Clock::system();
    let db = Db::open(&format!("sqlite:{}/f.db", dir.display())).await.unwrap();
    let public_url = url::Url::parse("http://127.0.0.1:18080").unwrap();
    let secret = LocalStoreSecret { access_key_id: "fardel".to_owned(), secret_key: "x".repeat(64) };
    let store = Arc::new(LocalStore::open(dir.join("objects"), public_url.clone(), secret, clock.clone(), Durability::Full).unwrap());
    let extra = local::router(store.clone(), vec![]);
    let parts = Parts { db, store: store as Arc<dyn ObjectStore>, url_signer: UrlSigner::new(SigningKey::generate().unwrap()),
        token_keys: TokenKeys::load_or_create(&dir.join("keys")).unwrap(), cursor_seal: CursorSeal::new(&[7; 32]), clock };
    let settings = Settings { public_url, connect_origins: vec![], max_file_size: 1 << 40, default_quota: None, allowed_types: vec![], blocked_types: vec![],
        trash_days: 30, presign_valid_for: Duration::from_secs(3600), upload_expires_after: Duration::from_secs(86400), reconcile_every: Duration::from_secs(30),
        rate_limits: RateLimits { login: 10, presign: 600, other: 100_000 }, trusted_proxies: vec![] };
    tracing_subscriber::fmt().init();
    let app = App::new(parts, settings);
    println!("code {:?}", fardel_server::setup::open_setup(&app).await.unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:18080").await.unwrap();
    gateway::serve(listener, gateway::router(app, extra), async { tokio::signal::ctrl_c().await.unwrap() }).await.unwrap();
    println!("stopped");
}
