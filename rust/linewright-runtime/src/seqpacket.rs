//! UNIX `SEQPACKET` sockets, which std does not have: listening, accepting, sending and receiving
//! without waiting.
#![allow(unsafe_code)] // system calls; each has its SAFETY line

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::path::Path;

/// Datagrams taken by one call of [`Batch::receive`].
const SLOTS: usize = 16;

fn check(code: libc::c_int) -> io::Result<libc::c_int> {
    if code < 0 { Err(io::Error::last_os_error()) } else { Ok(code) }
}

fn address(path: &Path) -> io::Result<libc::sockaddr_un> {
    // SAFETY: sockaddr_un is plain data; all zero bytes is an empty address.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.len() >= address.sun_path.len() {
        let text = format!("{}: longer than a socket path may be", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    for (to, from) in address.sun_path.iter_mut().zip(bytes) {
        *to = *from as libc::c_char;
    }
    Ok(address)
}

/// Listens at `path`; a socket file left by an earlier process is replaced. The file is made under
/// umask 077, so that it never stands open to others.
///
/// # Errors
/// Path too long, folder missing or not writable.
pub fn listen(path: &Path, backlog: i32) -> io::Result<OwnedFd> {
    let address = address(path)?;
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: a plain call; the descriptor is owned right after it.
    let listener = unsafe { OwnedFd::from_raw_fd(check(libc::socket(libc::AF_UNIX, kind, 0))?) };
    drop(std::fs::remove_file(path));
    // SAFETY: umask cannot fail; `address` is a valid sockaddr_un of the size given.
    unsafe {
        let umask = libc::umask(0o077);
        let bound = libc::bind(
            listener.as_raw_fd(),
            (&raw const address).cast(),
            size_of::<libc::sockaddr_un>() as libc::socklen_t,
        );
        libc::umask(umask);
        check(bound)?;
        check(libc::listen(listener.as_raw_fd(), backlog))?;
    }
    Ok(listener)
}

/// The next connection, if there is one and it is of the same user.
#[must_use]
pub fn accept(listener: RawFd) -> Option<OwnedFd> {
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    let (none, no_len) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: no address is asked for; the descriptor is owned right after the call.
    let accepted = unsafe {
        check(libc::accept4(listener, none, no_len, flags)).map(|fd| OwnedFd::from_raw_fd(fd))
    };
    accepted.ok().filter(|peer| same_user(peer.as_raw_fd()))
}

fn same_user(peer: RawFd) -> bool {
    let mut who = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut len = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: `who` is valid for `len` bytes; geteuid cannot fail.
    unsafe {
        let code = libc::getsockopt(
            peer,
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut who).cast(),
            &raw mut len,
        );
        code == 0 && who.uid == libc::geteuid()
    }
}

/// Wants `bytes` of send buffer; the system may give less.
pub fn want_send_buffer(peer: RawFd, bytes: libc::c_int) {
    // SAFETY: the option value is a valid c_int of the size given.
    unsafe {
        libc::setsockopt(
            peer,
            libc::SOL_SOCKET,
            libc::SO_SNDBUF,
            (&raw const bytes).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        );
    }
}

/// Waits until `fd` can be read, at most `timeout_ms`; a signal ends the wait.
pub fn wait_readable(fd: RawFd, timeout_ms: i32) {
    let mut fds = [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }];
    // SAFETY: `fds` is a valid array of one.
    unsafe { libc::poll(fds.as_mut_ptr(), 1, timeout_ms) };
}

/// Sends one datagram without waiting.
///
/// # Errors
/// `WouldBlock` when there is no room; anything else: the peer has gone.
pub fn send(peer: RawFd, datagram: &[u8]) -> io::Result<()> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the pointer is valid for the length given.
    let sent = unsafe { libc::send(peer, datagram.as_ptr().cast(), datagram.len(), flags) };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Memory for several datagrams, used again for every call.
#[derive(Debug)]
pub struct Batch {
    buffer: Box<[u8]>,
    size: usize,
    /// Length of each; none = longer than a slot.
    lens: [Option<usize>; SLOTS],
}

impl Batch {
    /// For datagrams of at most `size` bytes.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { buffer: vec![0; SLOTS * size].into(), size, lens: [None; SLOTS] }
    }

    /// Takes what has come, at most as many as there are slots, in one system call; gives how many.
    /// Never waits, never allocates.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn receive(&mut self, peer: RawFd) -> io::Result<usize> {
        // SAFETY: mmsghdr and iovec are plain data; all zero bytes is an empty one.
        let mut messages: [libc::mmsghdr; SLOTS] = unsafe { std::mem::zeroed() };
        let mut parts: [libc::iovec; SLOTS] = unsafe { std::mem::zeroed() };
        let slots = self.buffer.chunks_exact_mut(self.size);
        for ((message, part), slot) in messages.iter_mut().zip(&mut parts).zip(slots) {
            *part = libc::iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: slot.len() };
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
        }
        // SAFETY: every header points at one iovec, every iovec at its own slot of the buffer; all
        // of them outlive the call.
        let got = unsafe {
            libc::recvmmsg(
                peer,
                messages.as_mut_ptr(),
                SLOTS as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        if got < 0 {
            let error = io::Error::last_os_error();
            let again =
                matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
            return if again { Ok(0) } else { Err(error) };
        }
        for (len, message) in self.lens.iter_mut().zip(&messages) {
            let whole = message.msg_hdr.msg_flags & libc::MSG_TRUNC == 0;
            *len = whole.then_some(message.msg_len as usize);
        }
        Ok(got as usize)
    }

    /// Whether `count` datagrams fill every slot, so that there may be more.
    #[must_use]
    pub fn full(count: usize) -> bool {
        count == SLOTS
    }

    /// Datagram `i` of the last call: empty when the peer has gone, none when it was longer than
    /// a slot.
    #[must_use]
    pub fn datagram(&self, i: usize) -> Option<&[u8]> {
        let len = (*self.lens.get(i)?)?;
        let start = i * self.size;
        self.buffer.get(start..start + len.min(self.size))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is a failed test
mod tests {
    use super::*;

    fn pair() -> (OwnedFd, OwnedFd) {
        let mut fds = [0; 2];
        // SAFETY: `fds` has room for two; both are owned right after.
        unsafe {
            check(libc::socketpair(libc::AF_UNIX, libc::SOCK_SEQPACKET, 0, fds.as_mut_ptr()))
                .unwrap();
            (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1]))
        }
    }

    #[test]
    fn a_batch_keeps_the_borders_of_datagrams_and_sees_the_end() {
        let (a, b) = pair();
        let mut batch = Batch::new(8);
        assert_eq!(batch.receive(b.as_raw_fd()).unwrap(), 0);
        for datagram in [&b"one"[..], b"much too long", b"three"] {
            send(a.as_raw_fd(), datagram).unwrap();
        }
        assert_eq!(batch.receive(b.as_raw_fd()).unwrap(), 3);
        assert_eq!(batch.datagram(0), Some(&b"one"[..]));
        assert_eq!(batch.datagram(1), None);
        assert_eq!(batch.datagram(2), Some(&b"three"[..]));
        drop(a);
        assert!(batch.receive(b.as_raw_fd()).unwrap() > 0);
        assert_eq!(batch.datagram(0), Some(&b""[..]));
    }

    #[test]
    fn a_peer_that_does_not_read_never_makes_the_sender_wait() {
        let (a, _b) = pair();
        let full = (0..100_000).find_map(|_| send(a.as_raw_fd(), &[0; 64]).err()).unwrap();
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
    }
}
