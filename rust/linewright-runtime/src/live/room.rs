//! How much room the disk of a file has left.
#![allow(unsafe_code)] // a system call std does not have; it has its SAFETY line

use std::ffi::CString;
use std::mem::zeroed;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Asks for the room of one file system. A quota of the user is not seen: that is told when a row finds no
/// room.
#[derive(Debug)]
pub struct Room {
    path: CString,
}

impl Room {
    /// Of the file system on which `path` is; none for a path no system call takes.
    pub fn of(path: &Path) -> Option<Self> {
        CString::new(path.as_os_str().as_bytes()).ok().map(|path| Self { path })
    }

    /// Bytes that anybody may still write there; none when the system does not say.
    pub fn free_bytes(&self) -> Option<u64> {
        // SAFETY: statvfs is plain data; the path ends with a zero byte, the place outlives the call.
        let (code, room) = unsafe {
            let mut room: libc::statvfs = zeroed();
            (libc::statvfs(self.path.as_ptr(), &raw mut room), room)
        };
        (code == 0).then(|| room.f_bavail.saturating_mul(room.f_frsize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_room_and_a_missing_one_says_nothing() {
        let here = Room::of(Path::new("/")).unwrap();
        assert!(here.free_bytes().unwrap() > 0);
        assert_eq!(Room::of(Path::new("/nowhere/at/all")).unwrap().free_bytes(), None);
        assert!(Room::of(Path::new("a\0b")).is_none());
    }

    #[test]
    fn what_cannot_be_written_to_has_no_room() {
        // A file system that holds nothing of anybody's.
        assert_eq!(Room::of(Path::new("/proc")).unwrap().free_bytes(), Some(0));
    }
}
