//! A plain HTTP/1.1 client on blocking sockets: the same small cost for every server it asks.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use crate::Failure;

/// Bodies up to this many bytes leave in one write with their head.
const JOINED_MAX: usize = 64 * 1024;

/// A kept connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    sink: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The bytes, when they were asked for.
    pub body: Vec<u8>,
}

impl Reply {
    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// This answer, if its status is `status`; else a failure that tells what came.
    pub fn expect(self, status: u16, what: &str) -> Result<Self, Failure> {
        if self.status == status {
            return Ok(self);
        }
        let body = String::from_utf8_lossy(&self.body[..self.body.len().min(600)]).into_owned();
        Err(format!("{what}: expected {status}, got {} {body}", self.status).into())
    }
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_mins(2)))?;
        Ok(Self { stream: BufReader::with_capacity(64 * 1024, stream), address, sink: vec![0; 256 * 1024] })
    }

    /// Sends a request and reads the whole answer.
    pub fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Reply, Failure> {
        self.write(method, target, headers, body)?;
        let (mut reply, length) = self.read_head(method)?;
        match length {
            Some(length) => {
                reply.body.resize(usize::try_from(length)?, 0);
                self.stream.read_exact(&mut reply.body)?;
            }
            None => self.read_chunks(&mut reply.body)?,
        }
        Ok(reply)
    }

    /// Reads a resource of `size` bytes and throws them away.
    pub fn drain(&mut self, target: &str, headers: &[(&str, &str)], size: u64) -> Result<(), Failure> {
        self.write("GET", target, headers, &[])?;
        let (reply, length) = self.read_head("GET")?;
        if !matches!(reply.status, 200 | 206) || length != Some(size) {
            return Err(format!("expected {size} bytes, got {} with {length:?}", reply.status).into());
        }
        let mut left = size;
        while left > 0 {
            let room = self.sink.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = self.stream.read(&mut self.sink[..room])?;
            if read == 0 {
                return Err(format!("the answer ended {left} bytes early").into());
            }
            left -= read as u64;
        }
        Ok(())
    }

    fn write(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<(), Failure> {
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\n", self.address);
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        let has_length = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if !has_length && matches!(method, "PUT" | "POST" | "PATCH") {
            write!(head, "content-length: {}\r\n", body.len())?;
        }
        head.push_str("\r\n");
        let stream = self.stream.get_mut();
        if body.len() <= JOINED_MAX {
            let mut joined = head.into_bytes();
            joined.extend_from_slice(body);
            stream.write_all(&joined)?;
        } else {
            stream.write_all(head.as_bytes())?;
            stream.write_all(body)?;
        }
        Ok(())
    }

    /// The head, and how many bytes follow; `None` when they come in chunks.
    fn read_head(&mut self, method: &str) -> Result<(Reply, Option<u64>), Failure> {
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1).and_then(|text| text.parse().ok());
        let mut reply = Reply {
            status: status.ok_or_else(|| format!("no status line: {status_line:?}"))?,
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            reply.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let has_body = method != "HEAD" && !matches!(reply.status, 204 | 304);
        let length = match reply.header("content-length") {
            _ if !has_body => Some(0),
            Some(length) => Some(length.parse()?),
            None if reply.header("transfer-encoding").is_some() => None,
            None => Some(0),
        };
        Ok((reply, length))
    }

    fn read_chunks(&mut self, body: &mut Vec<u8>) -> Result<(), Failure> {
        loop {
            let size = usize::from_str_radix(&self.line()?, 16)?;
            let start = body.len();
            body.resize(start + size, 0);
            self.stream.read_exact(&mut body[start..])?;
            self.line()?;
            if size == 0 {
                return Ok(());
            }
        }
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// An address on loopback that nobody listens on at this moment.
pub fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
