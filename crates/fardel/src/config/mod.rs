//! Configuration: `fardel.toml`, then `FARDEL_…` from the environment, then flags; every key has a
//! default that works, and every mistake is named at once.

mod reader;
mod units;

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use fardel_server::RateLimits;
use url::Url;

use self::reader::Reader;
pub use self::{reader::Mistakes, units::parse_size};
use crate::command::{Cli, Command};

/// A part of the program that a process plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Gateway and flows, with the page.
    Api,
    /// Jobs.
    Worker,
    /// Content URLs.
    Edge,
    /// The embedded object store.
    Store,
}

/// Where bytes lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// A folder on this machine, served by this program.
    File(PathBuf),
    /// An S3 bucket, by its configuration URL.
    S3(String),
}

/// The configuration, checked.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Config {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub public_url: Option<Url>,
    pub roles: BTreeSet<Role>,
    pub database: String,
    pub storage: Storage,
    pub keys: PathBuf,
    pub store_durable: bool,
    pub max_file_size: u64,
    pub default_quota: Option<u64>,
    pub trash_days: u32,
    pub allowed_types: Vec<String>,
    pub blocked_types: Vec<String>,
    pub presign_valid_for: Duration,
    pub upload_expires_after: Duration,
    pub reconcile_every: Duration,
    pub rate_limits: RateLimits,
    pub trusted_proxies: Vec<IpAddr>,
    pub log: String,
    shown: String,
}

impl Config {
    /// Every key with its value, secrets masked, in the form of the configuration file.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

const TIB: u64 = 1 << 40;

/// Reads and checks the configuration.
pub fn load(cli: &Cli) -> Result<Config, Mistakes> {
    let mut reader = Reader::open(cli.config.as_deref());
    if let Some(data) = &cli.data {
        reader.set("data", &data.display().to_string());
    }
    if let Command::Serve(serve) = &cli.command {
        if let Some(listen) = serve.listen {
            reader.set("listen", &listen.to_string());
        }
        if let Some(roles) = &serve.roles {
            reader.set("roles", roles);
        }
    }
    let data: PathBuf = reader.text("data", "./fardel-data").into();
    let at = |name: &str| data.join(name).display().to_string();
    let listen = reader.value("listen", "127.0.0.1:8080", |text| {
        text.parse().map_err(|_| "must be an address and a port such as 127.0.0.1:8080".to_owned())
    });
    let config = Config {
        listen,
        public_url: reader.optional("public_url", parse_public_url),
        roles: reader.value("roles", "api,worker,edge,store", parse_roles),
        database: reader.value("database", &format!("sqlite:{}", at("fardel.db")), parse_database),
        storage: reader.value("storage", &format!("file:{}", at("objects")), parse_storage),
        keys: reader.text("keys", &at("keys")).into(),
        store_durable: reader.value("store_durability", "full", |text| match text {
            "full" => Ok(true),
            "off" => Ok(false),
            _ => Err("must be full, or off for measurements: off loses acknowledged files at a power cut".to_owned()),
        }),
        max_file_size: reader.value("max_file_size", "5TiB", |text| {
            parse_size(text).and_then(|size| match size {
                1..=MAX_FILE_SIZE => Ok(size),
                _ => Err("must be between 1 byte and 5TiB".to_owned()),
            })
        }),
        default_quota: reader.optional("default_quota", parse_size),
        trash_days: reader.value("trash_days", "30", |text| match text.parse() {
            Ok(days @ 1..=3650) => Ok(days),
            _ => Err("must be a number of days between 1 and 3650".to_owned()),
        }),
        allowed_types: reader.value("allowed_types", "", parse_types),
        blocked_types: reader.value("blocked_types", "", parse_types),
        presign_valid_for: reader.value("presign_valid_for", "1h", |text| between(text, 1, 7 * 86_400)),
        upload_expires_after: reader.value("upload_expires_after", "24h", |text| between(text, 1, 30 * 86_400)),
        reconcile_every: reader.value("reconcile_every", "5min", |text| between(text, 1, 86_400)),
        rate_limits: RateLimits {
            login: reader.value("rate_limits.login", "10", parse_rate),
            presign: reader.value("rate_limits.presign", "3000", parse_rate),
            other: reader.value("rate_limits.other", "6000", parse_rate),
        },
        trusted_proxies: reader.value("trusted_proxies", "", |text| {
            list(text)
                .map(|address| address.parse().map_err(|_| format!("{address:?} is no IP address such as 10.0.0.2")))
                .collect()
        }),
        log: reader.text("log", "info"),
        data,
        shown: String::new(),
    };
    if config.listen.ip().is_unspecified() && config.public_url.is_none() {
        reader.wrong(
            "public_url",
            "is needed when listening on every address: the URL that people type, such as http://192.168.1.5:8080",
        );
    }
    let shown = reader.finish()?;
    Ok(Config { shown, ..config })
}

const MAX_FILE_SIZE: u64 = 5 * TIB;

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn parse_public_url(text: &str) -> Result<Url, String> {
    let expected =
        "must be the http:// or https:// URL that people type, without path, such as https://files.example.org";
    let url = Url::parse(text).map_err(|_| expected.to_owned())?;
    let is_sound = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    if is_sound { Ok(url) } else { Err(expected.to_owned()) }
}

fn parse_roles(text: &str) -> Result<BTreeSet<Role>, String> {
    let roles: BTreeSet<_> = list(text)
        .map(|role| match role {
            "api" => Ok(Role::Api),
            "worker" => Ok(Role::Worker),
            "edge" => Ok(Role::Edge),
            "store" => Ok(Role::Store),
            _ => Err(format!("{role:?} is no role; choose from api, worker, edge, store")),
        })
        .collect::<Result<_, _>>()?;
    if roles.is_empty() { Err("must name at least one of api, worker, edge, store".to_owned()) } else { Ok(roles) }
}

fn parse_database(text: &str) -> Result<String, String> {
    let is_known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    if is_known {
        Ok(text.to_owned())
    } else {
        Err("must be sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME".to_owned())
    }
}

fn parse_storage(text: &str) -> Result<Storage, String> {
    if let Some(path) = text.strip_prefix("file:") {
        return if path.is_empty() {
            Err("must name a folder after file:".to_owned())
        } else {
            Ok(Storage::File(path.into()))
        };
    }
    if text.starts_with("s3://") {
        fardel_objects::s3::parse_url(text).map_err(|error| error.to_string())?;
        return Ok(Storage::S3(text.to_owned()));
    }
    Err("must be file:FOLDER or s3://BUCKET?region=…&endpoint=…&path_style=true".to_owned())
}

fn parse_types(text: &str) -> Result<Vec<String>, String> {
    list(text)
        .map(|item| {
            let pattern = item.to_ascii_lowercase();
            let is_sound = pattern.split_once('/').is_some_and(|(top, sub)| !top.is_empty() && !sub.is_empty());
            if is_sound { Ok(pattern) } else { Err(format!("{item:?} is no media type such as image/png or video/*")) }
        })
        .collect()
}

fn parse_rate(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(rate @ 1..) => Ok(rate),
        _ => Err("must be a number of requests a minute, at least 1".to_owned()),
    }
}

fn between(text: &str, least: u64, most: u64) -> Result<Duration, String> {
    let span = units::parse_duration(text)?;
    if (least..=most).contains(&span.as_secs()) {
        Ok(span)
    } else {
        Err(format!("must be between {least} s and {most} s"))
    }
}
