//! Connections that do not keep a place by sending slowly.
//!
//! Between the beginning of a connection, or an answer, and the next whole request head there
//! may pass a limited time, however many bytes trickle in. While a request is handled the limit
//! sleeps: the body has one of its own, and the commit takes as long as it takes.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep};

/// A listener whose connections wait for requests for a limited time.
pub(super) struct PatientListener {
    pub(super) listener: TcpListener,
    pub(super) limit: Duration,
}

/// A connection of such a listener.
pub(super) struct PatientStream {
    stream: TcpStream,
    handling: Handling,
    limit: Duration,
    deadline: Pin<Box<Sleep>>,
}

/// How many requests of a connection are being handled.
#[derive(Clone, Default)]
pub(super) struct Handling(Arc<AtomicUsize>);

/// A request is being handled for as long as this lives.
pub(super) struct Handled(Handling);

impl Handling {
    /// A request begins to be handled.
    pub(super) fn begin(&self) -> Handled {
        self.0.fetch_add(1, Ordering::Relaxed);
        Handled(self.clone())
    }
}

impl Drop for Handled {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, PatientListener>> for Handling {
    fn connect_info(stream: IncomingStream<'_, PatientListener>) -> Self {
        stream.io().handling.clone()
    }
}

impl Listener for PatientListener {
    type Io = PatientStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (PatientStream, SocketAddr) {
        // axum's own way to accept: it logs what fails and tries again.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let stream = PatientStream {
            stream,
            handling: Handling::default(),
            limit: self.limit,
            deadline: Box::pin(tokio::time::sleep(self.limit)),
        };
        (stream, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl PatientStream {
    fn wait_anew(&mut self) {
        let deadline = Instant::now() + self.limit;
        self.deadline.as_mut().reset(deadline);
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.handling.0.load(Ordering::Relaxed) == 0
            && self.deadline.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

/// Writing means answering: from here on the next request is waited for.
impl AsyncWrite for PatientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wait_anew();
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.wait_anew();
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
