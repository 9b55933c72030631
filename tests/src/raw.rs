//! HTTP by hand, for what no client library would send.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const LIMIT: Duration = Duration::from_secs(50);

/// An answer to bytes that were sent by hand.
#[derive(Debug, Clone)]
pub struct Raw {
    /// Of the first answer; 0 when the server closed without one.
    pub status: u16,
    /// All that came until the server closed or fell silent.
    pub text: String,
    /// Whether the server closed the connection.
    pub closed: bool,
}

impl Raw {
    /// How many answers came.
    pub fn answers(&self) -> usize {
        self.text.matches("HTTP/1.1 ").count()
    }
}

/// Sends `request` and reads until the server closes, or for 1 s after an answer that does not announce that.
pub async fn raw_exchange(address: SocketAddr, request: &[u8]) -> Raw {
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    // The server may refuse and close before all is written; what counts is its answer.
    let _ = timeout(LIMIT, connection.write_all(request)).await;
    let mut bytes = Vec::new();
    let mut closed = false;
    loop {
        let mut chunk = [0; 8_192];
        let will_close = String::from_utf8_lossy(&bytes).to_lowercase().contains("connection: close");
        let patience = if bytes.is_empty() || will_close { LIMIT } else { Duration::from_secs(1) };
        match timeout(patience, connection.read(&mut chunk)).await {
            Ok(Ok(0) | Err(_)) => {
                closed = true;
                break;
            }
            Ok(Ok(count)) => bytes.extend_from_slice(&chunk[..count]),
            Err(_) => break,
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).unwrap_or(0);
    Raw { status, text, closed }
}
