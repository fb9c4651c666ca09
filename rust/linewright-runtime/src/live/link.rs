//! The one connection to the bus: a UNIX `SEQPACKET` socket that the core listens on and the bus
//! connects to, again and again if need be. Nothing here ever waits for the bus unless told to.
#![allow(unsafe_code)] // system calls std does not have; each has its SAFETY line

use crate::clerk::Outgoing;
use crate::seqpacket;
use linewright_wire::MAX_LINK_BYTES;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

/// Telemetry waiting beyond this many bytes is dropped and counted.
const TELEMETRY_BYTES: usize = 1 << 20;
/// Everything waiting beyond this is dropped, oldest first, and counted: the ledger has it.
const QUEUE_BYTES: usize = 16 << 20;
/// Wanted size of the socket's send buffer, bytes.
const SEND_BUFFER: libc::c_int = 1 << 20;

/// See the module.
#[derive(Debug)]
pub struct Link {
    listener: OwnedFd,
    peer: Option<OwnedFd>,
    path: PathBuf,
    queue: VecDeque<Outgoing>,
    queued_bytes: usize,
    /// A datagram the socket had no room for yet.
    waiting: Vec<u8>,
    buffer: Vec<u8>,
    connections: u64,
    dropped_telemetry: u64,
    dropped_must: u64,
    bad_datagrams: u64,
}

impl Link {
    /// Listens at `path`; a socket file left by an earlier core is replaced. The file is made under
    /// umask 077, so that it never stands open to others.
    ///
    /// # Errors
    /// Path too long, folder missing or not writable.
    pub fn listen(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let listener = seqpacket::listen(&path, 4)?;
        Ok(Self {
            listener,
            peer: None,
            path,
            queue: VecDeque::new(),
            queued_bytes: 0,
            waiting: Vec::new(),
            buffer: vec![0; MAX_LINK_BYTES + 1],
            connections: 0,
            dropped_telemetry: 0,
            dropped_must: 0,
            bad_datagrams: 0,
        })
    }

    /// Whether a bus is connected, as far as is known.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.peer.is_some()
    }

    /// How often a bus has connected.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.connections
    }

    /// Whether everything queued has been sent.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.waiting.is_empty() && self.queue.is_empty()
    }

    /// For status.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "connected": self.connected(), "connections": self.connections,
            "dropped_telemetry": self.dropped_telemetry, "dropped_must": self.dropped_must,
            "bad_datagrams": self.bad_datagrams, "queued_bytes": self.queued_bytes,
        })
    }

    /// Waits until there is something to accept, to read or (when something waits) room to write,
    /// at most `timeout_ns`; a signal ends the wait.
    pub fn wait(&self, timeout_ns: u64) {
        let mut fds = [
            libc::pollfd { fd: self.listener.as_raw_fd(), events: libc::POLLIN, revents: 0 },
            libc::pollfd { fd: -1, events: libc::POLLIN, revents: 0 },
        ];
        if let Some(peer) = &self.peer {
            fds[1].fd = peer.as_raw_fd();
            if !self.idle() {
                fds[1].events |= libc::POLLOUT;
            }
        }
        let most = libc::timespec {
            tv_sec: (timeout_ns / 1_000_000_000) as libc::time_t,
            tv_nsec: (timeout_ns % 1_000_000_000) as libc::c_long,
        };
        let count = fds.len() as libc::nfds_t;
        // SAFETY: `fds` is a valid array of the length given, a negative fd in it is ignored; a valid
        // timespec, no signal mask.
        unsafe { libc::ppoll(fds.as_mut_ptr(), count, &raw const most, std::ptr::null()) };
    }

    /// Takes a new connection, if there is one, in place of the old one. Only the same user's.
    pub fn accept(&mut self) {
        let Some(peer) = seqpacket::accept(self.listener.as_raw_fd()) else { return };
        seqpacket::want_send_buffer(peer.as_raw_fd(), SEND_BUFFER);
        self.peer = Some(peer);
        self.connections += 1;
        self.waiting.clear(); // half a conversation is of no use to the next bus
    }

    /// Reads what is there, frame by frame; false when the bus has gone.
    pub fn receive(&mut self, mut take: impl FnMut(&[u8])) -> bool {
        loop {
            let Some(peer) = &self.peer else { return false };
            // SAFETY: the buffer is valid for the length given.
            let got = unsafe {
                libc::recv(
                    peer.as_raw_fd(),
                    self.buffer.as_mut_ptr().cast(),
                    self.buffer.len(),
                    libc::MSG_DONTWAIT,
                )
            };
            if got > 0 {
                let datagram = self.buffer.get(..got as usize).unwrap_or_default();
                for frame in linewright_wire::batch(datagram) {
                    match frame {
                        Ok(frame) => take(frame),
                        Err(_) => self.bad_datagrams += 1,
                    }
                }
                continue;
            }
            let error = io::Error::last_os_error().kind();
            if got < 0 && error == io::ErrorKind::Interrupted {
                continue;
            }
            if got < 0 && error == io::ErrorKind::WouldBlock {
                return true;
            }
            self.peer = None;
            return false;
        }
    }

    /// Puts frames into the queue under its bounds. `keep_all`: lock-step, nothing is dropped.
    pub fn queue(&mut self, frames: VecDeque<Outgoing>, keep_all: bool) {
        for out in frames {
            let no_room = !self.connected() || self.queued_bytes > TELEMETRY_BYTES;
            if !keep_all && !out.must && no_room {
                self.dropped_telemetry += 1;
                continue;
            }
            self.queued_bytes += out.frame.len();
            self.queue.push_back(out);
        }
        while !keep_all && self.queued_bytes > QUEUE_BYTES {
            let Some(out) = self.queue.pop_front() else { break };
            self.queued_bytes -= out.frame.len();
            if out.must {
                self.dropped_must += 1;
            } else {
                self.dropped_telemetry += 1;
            }
        }
    }

    /// Forgets what is queued (a reconnected lock-step sends its barrier again).
    pub fn clear(&mut self) {
        self.queue.clear();
        self.queued_bytes = 0;
        self.waiting.clear();
    }

    /// Sends what the socket takes without waiting.
    pub fn flush(&mut self) {
        loop {
            if self.waiting.is_empty() && !(self.connected() && self.next_datagram()) {
                return;
            }
            let Some(peer) = &self.peer else { return };
            let Err(error) = seqpacket::send(peer.as_raw_fd(), &self.waiting) else {
                self.waiting.clear();
                continue;
            };
            match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock => return,
                _ => self.peer = None,
            }
        }
    }

    /// Packs the next frames into `waiting`; false when there are none.
    fn next_datagram(&mut self) -> bool {
        while let Some(out) = self.queue.front() {
            let size = out.frame.len() + 4;
            if !self.waiting.is_empty() && self.waiting.len() + size > MAX_LINK_BYTES {
                break;
            }
            self.queued_bytes -= out.frame.len();
            self.waiting.extend((out.frame.len() as u32).to_le_bytes());
            self.waiting.extend(&out.frame);
            self.queue.pop_front();
        }
        !self.waiting.is_empty()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}
