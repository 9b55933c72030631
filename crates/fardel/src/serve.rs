//! `fardel serve`: puts the parts together, listens, and stops cleanly.

use std::{io::IsTerminal, path::Path, sync::Arc, time::Duration};

use aws_lc_rs::rand;
use fardel_db::Db;
use fardel_domain::{
    cursor::CursorSeal,
    object_store::{ObjectKey, ObjectStore},
    time::Clock,
};
use fardel_edge::{Edge, SigningKey, UrlSigner, UrlVerifier};
use fardel_objects::{
    local::{self, Durability, LocalStore, LocalStoreSecret},
    s3::{self, S3Store},
};
use fardel_server::{App, DatabaseOrigin, JOB_KINDS, Parts, Settings, TokenKeys, Worker, gateway};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    config::{Config, Role, Storage},
    data_dir::{DataDir, secret, write_private},
    page,
};

/// Serves until SIGTERM or SIGINT.
pub async fn serve(config: Config) -> Result<(), String> {
    start_log(&config.log);
    let _data_dir = DataDir::lock(&config.data)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("{} cannot be listened on: {error}", config.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let public_url = match &config.public_url {
        Some(url) => url.clone(),
        None => Url::parse(&format!("http://{address}")).map_err(|error| error.to_string())?,
    };

    let clock = Clock::system();
    let db = Db::open(&config.database).await.map_err(|error| error.to_string())?;
    let edge_key = edge_key(&config.keys)?;
    let verifier = Arc::new(UrlVerifier::new(&[edge_key.public_key()], clock.clone()));
    let stored = open_store(&config, &public_url, &clock).await?;
    let parts = Parts {
        db: db.clone(),
        store: stored.store.clone(),
        url_signer: UrlSigner::new(edge_key),
        token_keys: TokenKeys::load_or_create(&config.keys).map_err(|error| error.to_string())?,
        cursor_seal: CursorSeal::new(&random_secret(&config.keys.join("cursor.key"))?),
        clock,
    };
    let app = App::new(parts, settings(&config, &public_url, stored.origin.clone()));

    let mut extra = axum::Router::new();
    if config.roles.contains(&Role::Store)
        && let Some(router) = stored.router
    {
        extra = extra.merge(router);
    }
    if config.roles.contains(&Role::Edge) {
        let origin = Arc::new(DatabaseOrigin::new(db.clone()));
        extra = extra.merge(fardel_edge::router(Edge::new(&public_url, verifier, origin, stored.store)));
    }
    if config.roles.contains(&Role::Api) {
        extra = extra.merge(page::router(&public_url));
        announce_setup(&app, &config, &public_url).await?;
    }
    let router = gateway::router(app.clone(), extra);

    let stop = CancellationToken::new();
    let worker = config.roles.contains(&Role::Worker).then(|| {
        let stop = stop.clone();
        tokio::spawn(Worker::new(app.clone(), JOB_KINDS).run(async move { stop.cancelled().await }))
    });
    tracing::info!(%address, %public_url, "listening");
    let served = gateway::serve(listener, router, stop_signal(stop.clone())).await;
    stop.cancel();
    if let Some(worker) = worker {
        let _ = worker.await;
    }
    db.close().await;
    tracing::info!("stopped");
    served.map_err(|error| error.to_string())
}

fn start_log(filter: &str) {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|_| "info".into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        log.with_target(false).init();
    } else {
        log.json().flatten_event(true).with_current_span(false).init();
    }
}

struct Stored {
    store: Arc<dyn ObjectStore>,
    router: Option<axum::Router>,
    /// Where browsers send bytes, when that is not this server.
    origin: Option<String>,
}

async fn open_store(config: &Config, public_url: &Url, clock: &Clock) -> Result<Stored, String> {
    match &config.storage {
        Storage::File(folder) => {
            let durability = if config.store_durable { Durability::Full } else { Durability::Off };
            let secret_key = secret(&config.keys.join("store.key"), random_hex)?;
            let secret = LocalStoreSecret { access_key_id: "fardel".to_owned(), secret_key };
            let store = LocalStore::open(folder.clone(), public_url.clone(), secret, clock.clone(), durability)
                .map_err(|error| error.to_string())?;
            let store = Arc::new(store);
            let router = local::router(store.clone(), vec![public_url.origin().ascii_serialization()]);
            Ok(Stored { store, router: Some(router), origin: None })
        }
        Storage::S3(url) => {
            let bucket = s3::parse_url(url).map_err(|error| error.to_string())?;
            let store = S3Store::new(bucket).await;
            let origin = browser_origin(&store).await?;
            Ok(Stored { store: Arc::new(store), router: None, origin: Some(origin) })
        }
    }
}

/// The origin that presigned URLs lead to, for the page's content security policy.
async fn browser_origin(store: &dyn ObjectStore) -> Result<String, String> {
    let key = ObjectKey::parse("origin").ok_or("the key is sound")?;
    let signed = store.presign_get(&key, Duration::from_mins(1)).await.map_err(|error| error.to_string())?;
    Ok(signed.url.origin().ascii_serialization())
}

fn settings(config: &Config, public_url: &Url, store_origin: Option<String>) -> Settings {
    Settings {
        public_url: public_url.clone(),
        connect_origins: store_origin.into_iter().collect(),
        max_file_size: config.max_file_size,
        default_quota: config.default_quota,
        allowed_types: config.allowed_types.clone(),
        blocked_types: config.blocked_types.clone(),
        trash_days: config.trash_days,
        presign_valid_for: config.presign_valid_for,
        upload_expires_after: config.upload_expires_after,
        reconcile_every: config.reconcile_every,
        rate_limits: config.rate_limits,
        trusted_proxies: config.trusted_proxies.clone(),
    }
}

fn edge_key(folder: &Path) -> Result<SigningKey, String> {
    let pem = secret(&folder.join("edge.pem"), || {
        SigningKey::generate().and_then(|key| key.to_pem()).map_err(|error| error.to_string())
    })?;
    SigningKey::from_pem(&pem).map_err(|error| error.to_string())
}

fn random_secret(path: &Path) -> Result<[u8; 32], String> {
    let text = secret(path, random_hex)?;
    let bytes = hex::decode(&text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| format!("{} holds no key of 64 hexadecimal digits", path.display()))
}

fn random_hex() -> Result<String, String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| "the system gave no random numbers".to_owned())?;
    Ok(hex::encode(bytes))
}

/// While nobody has an account, prints the one-time link that makes the first, and keeps its code in
/// a file for those who do not see the terminal.
async fn announce_setup(app: &App, config: &Config, public_url: &Url) -> Result<(), String> {
    let file = config.data.join("setup-code");
    match fardel_server::setup::open_setup(app).await.map_err(|error| error.to_string())? {
        Some(code) => {
            write_private(&file, &code)?;
            fardel_server::setup::code_is_in(app, file);
            eprintln!("\n  Make the first account here, within an hour: {public_url}setup#code={code}\n");
        }
        None => drop(std::fs::remove_file(file)),
    }
    Ok(())
}

async fn stop_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    stop.cancel();
}
