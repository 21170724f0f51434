//! Sending and receiving many datagrams with few system calls: UDP segmentation offload and
//! recvmmsg on Linux, one call a datagram elsewhere.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Datagrams of one system call.
pub(super) const BATCH: usize = 64;
/// Room for one datagram: more than is asked for, so that a longer one is seen to be longer.
const ROOM: usize = 2048;
/// What the kernel is asked to hold for a socket: bursts of replies wait there while others are read.
const KERNEL_BUFFER: usize = 1 << 20;

/// A socket connected to the resolver, on a random port.
pub(super) struct Socket(UdpSocket);

/// Where received datagrams lie until they are read.
pub(super) struct Buffers {
    rooms: Vec<[u8; ROOM]>,
    lengths: [usize; BATCH],
    #[cfg(any(target_os = "linux", target_os = "android"))]
    headers: nix::sys::socket::MultiHeaders<()>,
}

impl Socket {
    pub fn open(server: SocketAddr) -> io::Result<Self> {
        let any: SocketAddr = if server.is_ipv4() { ([0; 4], 0).into() } else { ([0_u16; 8], 0).into() };
        let socket = std::net::UdpSocket::bind(any)?;
        socket.connect(server)?;
        socket.set_nonblocking(true)?;
        widen(&socket);
        Ok(Self(UdpSocket::from_std(socket)?))
    }

    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_recv_ready(cx)
    }

    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_send_ready(cx)
    }

    /// An error the network reported for an earlier datagram, such as a closed port.
    pub fn error(&self) -> Option<io::Error> {
        self.0.take_error().ok().flatten()
    }

    /// Receives up to [`BATCH`] datagrams and gives how many.
    pub fn receive(&self, buffers: &mut Buffers) -> io::Result<usize> {
        let mut count = 0;
        let received = self.0.try_io(Interest::READABLE, || {
            count = buffers.receive(&self.0)?;
            // Fewer than there was room for: there are no more, and asking again would only say so.
            if count < BATCH { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match received {
            Err(error) if count == 0 => Err(error),
            _ => Ok(count),
        }
    }

    /// Sends datagrams of one length with one call, or with one call each where `segment` is false.
    /// Gives how many were sent.
    pub fn send(&self, datagrams: &[io::IoSlice<'_>], segment: bool) -> io::Result<usize> {
        if segment && datagrams.len() > 1 {
            return self.0.try_io(Interest::WRITABLE, || send_segmented(&self.0, datagrams));
        }
        for (sent, datagram) in datagrams.iter().enumerate() {
            match self.0.try_send(datagram) {
                Ok(_) => {}
                Err(_) if sent > 0 => return Ok(sent),
                Err(error) => return Err(error),
            }
        }
        Ok(datagrams.len())
    }
}

impl Buffers {
    pub fn new() -> Self {
        Self {
            rooms: vec![[0; ROOM]; BATCH],
            lengths: [0; BATCH],
            #[cfg(any(target_os = "linux", target_os = "android"))]
            headers: nix::sys::socket::MultiHeaders::preallocate(BATCH, None),
        }
    }

    /// One of the datagrams received last.
    pub fn datagram(&self, i: usize) -> &[u8] {
        &self.rooms[i][..self.lengths[i].min(ROOM)]
    }
}

/// Whether segmentation exists here at all; a kernel or device may still refuse it.
pub(super) const SEGMENTS: bool = cfg!(any(target_os = "linux", target_os = "android"));

#[cfg(any(target_os = "linux", target_os = "android"))]
mod batched {
    use std::io::{self, IoSlice, IoSliceMut};
    use std::os::fd::AsRawFd;

    use nix::sys::socket::{ControlMessage, MsgFlags, recvmmsg, sendmsg, setsockopt, sockopt};

    use super::{BATCH, Buffers, KERNEL_BUFFER};

    impl Buffers {
        pub(super) fn receive(&mut self, socket: &impl AsRawFd) -> io::Result<usize> {
            let Self { rooms, lengths, headers } = self;
            let mut rooms = rooms.iter_mut();
            let mut slices: [[IoSliceMut<'_>; 1]; BATCH] =
                std::array::from_fn(|_| [IoSliceMut::new(rooms.next().map_or(&mut [], |room| &mut room[..]))]);
            let received = recvmmsg(socket.as_raw_fd(), headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None)?;
            let mut count = 0;
            for (length, message) in lengths.iter_mut().zip(received) {
                *length = message.bytes;
                count += 1;
            }
            Ok(count)
        }
    }

    /// One call, cut by the kernel into datagrams of the first one's length (udp(7), UDP_SEGMENT).
    pub(super) fn send_segmented(socket: &impl AsRawFd, datagrams: &[IoSlice<'_>]) -> io::Result<usize> {
        let length = u16::try_from(datagrams.first().map_or(0, |d| d.len())).map_err(io::Error::other)?;
        let segments = [ControlMessage::UdpGsoSegments(&length)];
        sendmsg::<()>(socket.as_raw_fd(), datagrams, &segments, MsgFlags::MSG_DONTWAIT, None)?;
        Ok(datagrams.len())
    }

    /// Best effort: the kernel caps it at `net.core.rmem_max`.
    pub(super) fn widen(socket: &std::net::UdpSocket) {
        _ = setsockopt(socket, sockopt::RcvBuf, &KERNEL_BUFFER);
        _ = setsockopt(socket, sockopt::SndBuf, &KERNEL_BUFFER);
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod batched {
    use std::io::{self, IoSlice};

    use tokio::net::UdpSocket;

    use super::{BATCH, Buffers};

    impl Buffers {
        pub(super) fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
            for (count, room) in self.rooms.iter_mut().enumerate().take(BATCH) {
                match socket.try_recv(room) {
                    Ok(length) => self.lengths[count] = length,
                    Err(_) if count > 0 => return Ok(count),
                    Err(error) => return Err(error),
                }
            }
            Ok(BATCH)
        }
    }

    pub(super) fn send_segmented(_: &UdpSocket, _: &[IoSlice<'_>]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn widen(_: &std::net::UdpSocket) {}
}

use batched::{send_segmented, widen};
