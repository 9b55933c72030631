//! Uploading as a client has to: announce, send, confirm.

use aws_lc_rs::digest::{SHA256, digest as hash};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::Client;

const SINGLE_PUT_MAX: usize = 100_000_000;

/// SHA-256 in base64.
pub fn digest(bytes: &[u8]) -> String {
    STANDARD.encode(hash(&SHA256, bytes))
}

/// SHA-256 in hexadecimal.
pub fn hex_digest(bytes: &[u8]) -> String {
    use std::fmt::Write;
    hash(&SHA256, bytes).as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The part size of the contract, worked out here once more so that the server's cannot drift.
pub fn part_size(size: u64) -> u64 {
    if size <= SINGLE_PUT_MAX as u64 {
        return size.max(1);
    }
    let mut part = 16 << 20;
    while part < 64 << 20 && size.div_ceil(part) > 1_000 {
        part *= 2;
    }
    while size.div_ceil(part) > 10_000 {
        part *= 2;
    }
    part
}

/// The parts of `bytes`.
pub fn parts_of(bytes: &[u8]) -> Vec<&[u8]> {
    if bytes.is_empty() {
        vec![bytes]
    } else {
        bytes.chunks(usize::try_from(part_size(bytes.len() as u64)).expect("a part fits into memory")).collect()
    }
}

/// The body of `POST /files/presigned-url` for a file at the top.
pub fn announcement(name: &str, bytes: &[u8]) -> Value {
    let parts: Vec<String> = parts_of(bytes).into_iter().map(digest).collect();
    json!({
        "name": name,
        "size": bytes.len(),
        "mediaType": "application/octet-stream",
        "checksum": { "algorithm": "sha256-parts", "parts": parts },
    })
}

impl Client {
    /// Announces a file at the top that has to be sent.
    pub async fn announce(&self, name: &str, bytes: &[u8]) -> Value {
        self.post("/files/presigned-url", &announcement(name, bytes)).await.expect(201)
    }

    /// Sends the bytes of an upload in one piece.
    pub async fn send_single(&self, presigned: &Value, bytes: &[u8]) {
        assert_eq!(presigned["result"], "single", "{presigned}");
        let url = presigned["url"].as_str().expect("a URL");
        self.put(url, &presigned["headers"], bytes.to_vec()).await.expect_status(200);
    }

    /// Sends parts of an upload; the ETags by part number, as complete wants them.
    pub async fn send_parts(
        &self,
        presigned: &Value,
        bytes: &[u8],
        numbers: impl IntoIterator<Item = usize>,
    ) -> Vec<Value> {
        let parts = parts_of(bytes);
        let mut sent = Vec::new();
        for number in numbers {
            let signed = presigned["parts"]
                .as_array()
                .and_then(|signed| signed.iter().find(|part| part["partNumber"] == number))
                .unwrap_or_else(|| panic!("part {number} is signed: {presigned}"));
            let body = Bytes::copy_from_slice(parts[number - 1]);
            let answer = self.put(signed["url"].as_str().expect("a URL"), &signed["headers"], body).await;
            answer.expect_status(200);
            sent.push(json!({ "partNumber": number, "etag": answer.header("etag") }));
        }
        sent
    }

    /// Confirms an upload for the first time: its file.
    pub async fn confirm(&self, file_id: &Value) -> Value {
        self.post("/files/confirm", &json!({ "fileId": file_id })).await.expect(201)["file"].clone()
    }

    /// Uploads a file to the top.
    pub async fn upload(&self, name: &str, bytes: &[u8]) -> Value {
        self.upload_as(announcement(name, bytes), bytes).await
    }

    /// Uploads a file into a folder.
    pub async fn upload_into(&self, parent: &str, name: &str, bytes: &[u8]) -> Value {
        let mut announcement = announcement(name, bytes);
        announcement["parentId"] = json!(parent);
        self.upload_as(announcement, bytes).await
    }

    /// Uploads a file as announced.
    pub async fn upload_as(&self, announcement: Value, bytes: &[u8]) -> Value {
        let presigned = self.post("/files/presigned-url", &announcement).await;
        if presigned.status == 200 {
            return presigned.json()["file"].clone();
        }
        let presigned = presigned.expect(201);
        self.send_single(&presigned, bytes).await;
        self.confirm(&presigned["fileId"]).await
    }
}
