//! The listener: HTTP/1.1 over an accept loop of our own, because every wait needs an end.
//!
//! `axum::serve` sets no timer, so slow connections stay for ever (tokio-rs/axum#2741). Here a head
//! must arrive within [`HEAD_TIMEOUT`], which also closes idle connections; bodies and readers must
//! keep a pace (see `pace`); and no more than [`MAX_CONNECTIONS`] are open at once.

mod pace;
mod paced_body;
mod paced_stream;

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Request, Response, header},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::Service;

use self::{paced_body::PacedBody, paced_stream::PacedStream};

/// The head of a request must arrive within this time, counted from the end of the one before.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// More clients wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 10_000;
/// Requests may go on for so long after the signal to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest chunk that hyper reads. The head's own limit is checked by the guard.
const READ_BUFFER: usize = 256 * 1024;
const MAX_HEADERS: usize = 100;
/// Out of file handles or memory: others must end first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` until `shutdown`, then lets running requests finish for at most 10 s.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            (stream, peer, permit) = accept(&listener, &room) => {
                tokio::spawn(connection(stream, peer, router.clone(), graceful.watcher(), permit));
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that took longer than 10 s were cut off");
    }
    Ok(())
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let mut is_failing = false;
    loop {
        let Ok(permit) = Arc::clone(room).acquire_owned().await else {
            // Nobody closes the semaphore; were it closed, nothing more would be accepted.
            std::future::pending::<()>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, permit),
            // The client left before we came.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::Interrupted
                ) => {}
            Err(error) => {
                if !is_failing {
                    tracing::error!(%error, "connections cannot be accepted at present");
                }
                is_failing = true;
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
    _room: OwnedSemaphorePermit,
) {
    // Answers are written in one piece; waiting to fill a packet only adds delay.
    let _ = stream.set_nodelay(true);
    let is_unread = Arc::new(AtomicBool::new(false));
    let unread = Arc::clone(&is_unread);
    let service = service_fn(move |request: Request<Incoming>| {
        let request = request.map(|body| Body::new(PacedBody::new(body, Arc::clone(&unread))));
        answer(router.clone(), peer, request, Arc::clone(&unread))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(READ_BUFFER)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(PacedStream::new(stream, is_unread)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, %peer, "a connection ended early");
    }
}

async fn answer(
    mut router: Router,
    peer: SocketAddr,
    mut request: Request<Body>,
    is_unread: Arc<AtomicBool>,
) -> Result<Response<Body>, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = router.call(request).await?;
    // What follows an unread body would have to be found first. What follows a chunked one may be
    // something else to a proxy before us (RFC 9112, section 6.1).
    if is_chunked || is_unread.load(Ordering::Relaxed) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
