//! Those who use the server: somebody unknown, or a person with an account.

use std::path::PathBuf;

use reqwest::{
    Body, Method, RequestBuilder,
    header::{CONTENT_LENGTH, HeaderMap, HeaderName},
};
use serde_json::{Value, json};

use crate::Answer;

/// Sends requests with one credential, and keeps cookies as a browser does. Follows no redirect.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    log: PathBuf,
    credential: Option<String>,
}

impl Client {
    pub(crate) fn new(url: String, log: PathBuf) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .cookie_store(true)
            .no_proxy()
            .build()
            .expect("an HTTP client");
        Self { http, url, log, credential: None }
    }

    /// The same with another credential: an access token or an API key.
    #[must_use]
    pub fn with_credential(&self, credential: &str) -> Self {
        Self { credential: Some(credential.to_owned()), ..self.clone() }
    }

    /// The same without a credential; its cookies stay.
    #[must_use]
    pub fn without_credential(&self) -> Self {
        Self { credential: None, ..self.clone() }
    }

    /// The access token or key that it sends.
    pub fn credential(&self) -> &str {
        self.credential.as_deref().unwrap_or_default()
    }

    /// A request to make more of; `path` is below `/api/v1`, or anywhere when it begins with `http:`
    /// or with two slashes (`//healthz`).
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.resolve(path));
        match &self.credential {
            Some(credential) if !path.starts_with("http") => request.bearer_auth(credential),
            _ => request,
        }
    }

    fn resolve(&self, path: &str) -> String {
        if path.starts_with("http") {
            path.to_owned()
        } else if let Some(path) = path.strip_prefix('/').filter(|path| path.starts_with('/')) {
            format!("{}{path}", self.url)
        } else {
            format!("{}/api/v1{path}", self.url)
        }
    }

    /// Sends a request that was made by [`Self::request`].
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().expect("a sound request");
        let shown = format!("{} {}", request.method(), request.url());
        let response = self.http.execute(request).await.unwrap_or_else(|error| panic!("{shown}: {error:?}"));
        Answer::read(shown, response, self.log.clone()).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// GET with a header.
    pub async fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        self.send(self.request(Method::GET, path).header(name, value)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// POST with a JSON body and a header.
    pub async fn post_with(&self, path: &str, body: &Value, name: &str, value: &str) -> Answer {
        self.send(self.request(Method::POST, path).json(body).header(name, value)).await
    }

    /// POST without a body.
    pub async fn post_empty(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// PUT of bytes to a presigned URL with the headers that came with it.
    pub async fn put(&self, url: &str, headers: &Value, bytes: impl Into<Body>) -> Answer {
        let mut all = HeaderMap::new();
        for (name, value) in headers.as_object().expect("headers to send") {
            let name: HeaderName = name.parse().expect("a header's name");
            all.insert(name, value.as_str().expect("a header's value").parse().expect("a header's value"));
        }
        // The length is that of these bytes, which may be others than announced; said also when it is 0.
        let bytes = bytes.into();
        if let Some(bytes) = bytes.as_bytes() {
            all.insert(CONTENT_LENGTH, bytes.len().into());
        }
        self.send(self.http.put(url).headers(all).body(bytes)).await
    }

    /// A new folder.
    pub async fn folder(&self, name: &str, parent: Option<&str>) -> Value {
        self.post("/files", &json!({ "kind": "folder", "name": name, "parentId": parent })).await.expect(201)
    }

    /// The entries of a folder, or of the top, all of them.
    pub async fn list(&self, parent: Option<&str>) -> Vec<Value> {
        let parent = parent.map(|id| format!("&parentId={id}")).unwrap_or_default();
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("/files?limit=500{parent}{cursor}")).await.expect(200);
            items.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["pagination"]["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// The names of the entries of a folder, or of the top.
    pub async fn names(&self, parent: Option<&str>) -> Vec<String> {
        self.list(parent).await.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The user's storage: `usedBytes`, `reservedBytes`, `quotaBytes`.
    pub async fn storage(&self) -> Value {
        self.get("/me").await.expect(200)["storage"].clone()
    }

    /// The bytes of a file by its download URL.
    pub async fn download(&self, id: &str) -> Answer {
        let url = self.get(&format!("/files/{id}/download")).await.expect(200)["url"].clone();
        self.get(url.as_str().expect("a URL")).await
    }

    /// An API key with these scopes, as a client that uses it.
    pub async fn api_key(&self, scopes: &[&str]) -> Self {
        let made = self.post("/me/api-keys", &json!({ "name": "a key", "scopes": scopes })).await.expect(201);
        Self::new(self.url.clone(), self.log.clone()).with_credential(made["key"].as_str().expect("the key's text"))
    }
}

/// A person with an account, signed in.
#[derive(Debug, Clone)]
pub struct Person {
    client: Client,
    /// What they sign in with.
    pub email: String,
    /// Their password.
    pub password: String,
    /// Their account.
    pub id: String,
}

impl Person {
    /// Signs in.
    pub async fn sign_in(client: Client, email: &str, password: &str) -> Self {
        let signed_in = client.post("/auth/login", &json!({ "email": email, "password": password })).await.expect(200);
        let token = signed_in["accessToken"].as_str().expect("an access token");
        let id = signed_in["user"]["id"].as_str().expect("the user's id").to_owned();
        let client = client.with_credential(token);
        Self { client, email: email.to_owned(), password: password.to_owned(), id }
    }

    /// The same person over new connections, after the server was started again.
    #[must_use]
    pub fn reconnected(&self) -> Self {
        let client = Client::new(self.client.url.clone(), self.client.log.clone());
        Self { client: client.with_credential(self.client.credential()), ..self.clone() }
    }

    /// The same person on another device.
    pub async fn elsewhere(&self) -> Self {
        let device = Client::new(self.client.url.clone(), self.client.log.clone());
        Self::sign_in(device, &self.email, &self.password).await
    }
}

impl std::ops::Deref for Person {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
