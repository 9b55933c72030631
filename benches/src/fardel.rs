//! The program under measurement, and its API as a client uses it.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use fardel_domain::part_plan::PartNumber;
use serde_json::{Value, json};
use url::Url;

use crate::{
    Failure,
    content::Content,
    http::{Connection, Reply, free_address},
    process::Server,
};

const EMAIL: &str = "bench@example.org";
const REQUESTS_A_MINUTE: &str = "60000000";
const PASSWORD: &str = "only for the bench 7141";

/// What differs from a plain start.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Leave out fsync, as nginx does.
    pub without_fsync: bool,
    /// The database's URL, in place of SQLite in the data folder.
    pub database: Option<String>,
}

/// A running `fardel serve` with one user.
pub struct Fardel {
    /// Its process.
    pub server: Server,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its data folder.
    pub data: PathBuf,
    token: String,
}

/// One request that was signed for the client.
#[derive(Debug, Clone)]
pub struct SignedPut {
    target: String,
    headers: Vec<(String, String)>,
}

/// An upload that was announced.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The file that it becomes.
    pub file: String,
    multipart: Option<String>,
    /// The PUTs to send, one a part.
    pub requests: Vec<SignedPut>,
}

impl SignedPut {
    fn parse(value: &Value) -> Result<Self, Failure> {
        let headers = value["headers"].as_object().into_iter().flatten();
        let headers = headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
        Ok(Self { target: target(value["url"].as_str().ok_or_else(|| format!("no url in {value}"))?)?, headers })
    }

    /// Sends the bytes and gives the entity tag.
    pub fn send(&self, connection: &mut Connection, body: &[u8]) -> Result<String, Failure> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let reply = connection.send("PUT", &self.target, &headers, body)?.expect(200, "signed PUT")?;
        Ok(reply.header("etag").unwrap_or_default().to_owned())
    }
}

impl Upload {
    /// Sends the parts one after the other; gives their entity tags.
    pub fn send(&self, connection: &mut Connection, content: &Content) -> Result<Vec<String>, Failure> {
        let numbers: Vec<PartNumber> = content.plan().numbers().collect();
        if numbers.len() != self.requests.len() {
            return Err(format!("{} parts were signed out of {}", self.requests.len(), numbers.len()).into());
        }
        numbers.iter().zip(&self.requests).map(|(part, put)| put.send(connection, content.part(*part))).collect()
    }
}

impl Fardel {
    /// Starts it on the data below `folder`, with a user made if there is none yet.
    pub fn start(folder: &Path, options: &Options) -> Result<Self, Failure> {
        let (address, data, log) = (free_address()?, folder.join("data"), folder.join("fardel.log"));
        let is_first = !data.exists();
        fs::create_dir_all(folder)?;
        let mut command = Command::new(program()?);
        command.arg("serve").arg("--data").arg(&data).arg("--listen").arg(address.to_string());
        // The limits protect a server from its users; here one user is to load it fully.
        for budget in ["LOGIN", "PRESIGN", "OTHER"] {
            command.env(format!("FARDEL_RATE_LIMITS__{budget}"), REQUESTS_A_MINUTE);
        }
        if options.without_fsync {
            command.env("FARDEL_STORE_DURABILITY", "off");
        }
        if let Some(url) = &options.database {
            command.env("FARDEL_DATABASE", url);
        }
        let server = Server::start(command, &log)?;
        let mut fardel = Self { server, address, data, token: String::new() };
        fardel.await_ready(&log)?;
        if is_first {
            fardel.set_up(&log)?;
        }
        fardel.login()?;
        Ok(fardel)
    }

    /// A connection to it.
    pub fn connect(&self) -> Result<Connection, Failure> {
        Connection::open(self.address)
    }

    /// Signs in anew: access tokens live for 15 min.
    pub fn login(&mut self) -> Result<(), Failure> {
        let body = json!({"email": EMAIL, "password": PASSWORD});
        let reply = self.post(&mut self.connect()?, "/api/v1/auth/login", &body)?.expect(200, "login")?;
        let reply: Value = serde_json::from_slice(&reply.body)?;
        reply["accessToken"].as_str().ok_or("the login gave no token")?.clone_into(&mut self.token);
        Ok(())
    }

    /// Asks the API with a GET.
    pub fn get(&self, connection: &mut Connection, path: &str) -> Result<Reply, Failure> {
        let token = format!("Bearer {}", self.token);
        connection.send("GET", path, &[("authorization", &token), ("accept", "application/json")], &[])
    }

    /// Asks the API with a POST of JSON.
    pub fn post(&self, connection: &mut Connection, path: &str, body: &Value) -> Result<Reply, Failure> {
        let token = format!("Bearer {}", self.token);
        let mut headers = vec![("content-type", "application/json"), ("accept", "application/json")];
        if !self.token.is_empty() {
            headers.push(("authorization", &token));
        }
        connection.send("POST", path, &headers, body.to_string().as_bytes())
    }

    /// Announces an upload at the top of the drive.
    pub fn presign(&self, connection: &mut Connection, name: &str, content: &Content) -> Result<Upload, Failure> {
        let body = json!({
            "name": name,
            "size": content.bytes().len(),
            "mediaType": "application/octet-stream",
            "checksum": {"algorithm": "sha256-parts", "parts": content.digests()},
        });
        let reply = self.post(connection, "/api/v1/files/presigned-url", &body)?.expect(201, "presigned-url")?;
        let reply: Value = serde_json::from_slice(&reply.body)?;
        let requests = match reply["parts"].as_array() {
            Some(parts) => parts.iter().map(SignedPut::parse).collect::<Result<_, _>>()?,
            None => vec![SignedPut::parse(&reply)?],
        };
        let text = |member: &str| reply[member].as_str().map(str::to_owned);
        Ok(Upload { file: text("fileId").ok_or("no fileId")?, multipart: text("uploadId"), requests })
    }

    /// Ends an upload in parts.
    pub fn complete(&self, connection: &mut Connection, upload: &Upload, etags: &[String]) -> Result<(), Failure> {
        let parts: Vec<_> =
            (1..).zip(etags).map(|(number, etag): (u32, _)| json!({"partNumber": number, "etag": etag})).collect();
        let body = json!({"fileId": upload.file, "uploadId": upload.multipart, "parts": parts});
        self.post(connection, "/api/v1/files/complete-multipart", &body)?.expect(200, "complete-multipart").map(drop)
    }

    /// Makes the upload a file.
    pub fn confirm(&self, connection: &mut Connection, upload: &Upload) -> Result<(), Failure> {
        let body = json!({"fileId": upload.file});
        self.post(connection, "/api/v1/files/confirm", &body)?.expect(201, "confirm").map(drop)
    }

    /// The signed path and query that give a file's content.
    pub fn content_target(&self, connection: &mut Connection, file_id: &str) -> Result<String, Failure> {
        let reply = self.get(connection, &format!("/api/v1/files/{file_id}/download"))?.expect(200, "download")?;
        let reply: Value = serde_json::from_slice(&reply.body)?;
        target(reply["url"].as_str().ok_or("the download gave no url")?)
    }

    /// Moves a file to the trash.
    pub fn delete(&self, connection: &mut Connection, file_id: &str) -> Result<(), Failure> {
        let token = format!("Bearer {}", self.token);
        let path = format!("/api/v1/files/{file_id}?permanent=true");
        connection.send("DELETE", &path, &[("authorization", &token)], &[])?.expect(200, "delete").map(drop)
    }

    fn await_ready(&mut self, log: &Path) -> Result<(), Failure> {
        let patience = Instant::now() + Duration::from_mins(1);
        let is_ready = |fardel: &Self| -> Result<bool, Failure> {
            Ok(fardel.connect()?.send("GET", "/healthz", &[], &[])?.status == 200)
        };
        while !is_ready(self).unwrap_or(false) {
            if self.server.has_ended() || Instant::now() > patience {
                return Err(format!("fardel does not answer: {}", fs::read_to_string(log)?).into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Makes the first user with the code that the first start prints.
    fn set_up(&self, log: &Path) -> Result<(), Failure> {
        let patience = Instant::now() + Duration::from_secs(10);
        let code = loop {
            let text = fs::read_to_string(log)?;
            let is_of_code = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
            if let Some((_, rest)) = text.split_once("/setup#code=") {
                break rest.chars().take_while(is_of_code).collect::<String>();
            }
            if Instant::now() > patience {
                return Err(format!("no setup code was printed: {text}").into());
            }
            thread::sleep(Duration::from_millis(20));
        };
        let body = json!({"code": code, "email": EMAIL, "name": "Bench", "password": PASSWORD});
        let reply = self.post(&mut self.connect()?, "/api/v1/auth/setup", &body)?;
        if matches!(reply.status, 200 | 201 | 204) { Ok(()) } else { reply.expect(201, "setup").map(drop) }
    }
}

/// The program: `FARDEL_BIN`, or the one that was built beside this one.
fn program() -> Result<PathBuf, Failure> {
    let beside = || env::current_exe().map(|path| path.with_file_name("fardel"));
    let program = env::var_os("FARDEL_BIN").map_or_else(beside, |path| Ok(path.into()))?;
    if program.exists() {
        return Ok(program);
    }
    Err(format!("{} is missing: build the program first, with the same profile", program.display()).into())
}

/// The path and query of an absolute URL.
fn target(url: &str) -> Result<String, Failure> {
    let url = Url::parse(url)?;
    Ok(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
}
