//! A file in shared memory: what is stored stands in the page cache at once, and stays there when
//! the process is killed.
#![allow(unsafe_code)] // mmap; each block has its SAFETY line

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// The mapping; ends with the value.
#[derive(Debug)]
pub struct SharedFile {
    at: *mut u8,
    len: usize,
    _file: File,
}

// SAFETY: the mapping is owned by the value alone, and a pointer to it may move between threads.
unsafe impl Send for SharedFile {}

impl SharedFile {
    /// Opens or makes `path` with `len` bytes, mode 0600, all of it in memory. No link is followed, and
    /// somebody else's file is refused.
    ///
    /// # Errors
    /// Not to be opened, made or mapped.
    pub fn open(path: &Path, len: usize) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC).open(path)?;
        // SAFETY: geteuid cannot fail.
        if file.metadata()?.uid() != unsafe { libc::geteuid() } {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "somebody else's file"));
        }
        file.set_len(len as u64)?;
        // SAFETY: a fresh mapping of `len` bytes of an open file of that length; MAP_POPULATE brings
        // every page in, so that the loop meets no fault.
        let at = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_POPULATE,
                file.as_raw_fd(),
                0,
            )
        };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { at: at.cast(), len, _file: file })
    }

    /// All of it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is valid for `len` bytes while the value lives; nobody else writes it.
        unsafe { std::slice::from_raw_parts(self.at, self.len) }
    }

    /// All of it, to be written.
    #[must_use]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as `bytes`, and borrowed once.
        unsafe { std::slice::from_raw_parts_mut(self.at, self.len) }
    }
}

impl Drop for SharedFile {
    fn drop(&mut self) {
        // SAFETY: `at` and `len` are those of the mapping.
        unsafe { libc::munmap(self.at.cast(), self.len) };
    }
}
