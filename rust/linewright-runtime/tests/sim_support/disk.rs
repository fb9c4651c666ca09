//! The disk below the ledger: SQLite's own way to the file system, which refuses what it is told to
//! refuse, in the thread that says so.
#![allow(unsafe_code)] // SQLite's table of functions is a C structure

use rusqlite::ffi;
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::sync::{Once, OnceLock};

/// What the disk does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    Good,
    /// No write fits any more.
    Full,
    /// Half of a write arrives, and it fails.
    Torn,
    /// Writes succeed, syncs fail.
    NoSync,
}

thread_local! {
    static DISK: Cell<Disk> = const { Cell::new(Disk::Good) };
    static REFUSED: Cell<u64> = const { Cell::new(0) };
    /// A simulation runs in this thread.
    static SIMULATED: Cell<bool> = const { Cell::new(false) };
}

/// From now on, for files of this thread.
pub fn becomes(disk: Disk) {
    DISK.set(disk);
}

/// A good disk that has refused nothing.
pub fn begin() {
    DISK.set(Disk::Good);
    REFUSED.set(0);
    SIMULATED.set(true);
}

/// How often it refused something in this thread.
pub fn refused() -> u64 {
    REFUSED.get()
}

fn refuse(code: c_int) -> c_int {
    REFUSED.set(REFUSED.get() + 1);
    code
}

type Methods = ffi::sqlite3_io_methods;

struct Below {
    vfs: usize,
    /// The file system's own functions and ours, for files that are locked (the ledger) and for others.
    methods: [OnceLock<(Methods, Methods)>; 2],
}

impl Below {
    /// Its own ways to write and to sync, which are the same for every file.
    fn own() -> Option<&'static Methods> {
        let methods = BELOW.get()?.methods.iter().find_map(OnceLock::get)?;
        Some(&methods.0)
    }
}

static BELOW: OnceLock<Below> = OnceLock::new();

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let Some(below) = BELOW.get() else { return ffi::SQLITE_CANTOPEN };
    let vfs = below.vfs as *mut ffi::sqlite3_vfs;
    // SAFETY: the arguments go on as they came; the methods of an open file are those of the
    // file system below, with three functions exchanged for ones that call them.
    unsafe {
        let Some(real) = (*vfs).xOpen else { return ffi::SQLITE_CANTOPEN };
        let code = real(vfs, name, file, flags, out);
        if code == ffi::SQLITE_OK && !(*file).pMethods.is_null() {
            let own = *(*file).pMethods;
            let locked = usize::from(flags & ffi::SQLITE_OPEN_MAIN_DB != 0);
            let ours =
                Methods { xWrite: Some(write), xSync: Some(sync), xShmLock: Some(lock), ..own };
            let (_, ours) = below.methods[locked].get_or_init(|| (own, ours));
            (*file).pMethods = ours;
        }
        code
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    let Some(real) = Below::own().and_then(|own| own.xWrite) else { return ffi::SQLITE_IOERR };
    // SAFETY: as it came, or less of it.
    unsafe {
        match DISK.get() {
            Disk::Full => refuse(ffi::SQLITE_FULL),
            Disk::Torn => {
                real(file, from, bytes / 2, at);
                refuse(ffi::SQLITE_IOERR_WRITE)
            }
            Disk::Good | Disk::NoSync => real(file, from, bytes, at),
        }
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    match Below::own().and_then(|own| own.xSync) {
        _ if DISK.get() == Disk::NoSync => refuse(ffi::SQLITE_IOERR_FSYNC),
        // SAFETY: as it came.
        Some(real) => unsafe { real(file, flags) },
        None => ffi::SQLITE_IOERR,
    }
}

/// SQLite's lock of whoever moves pages from the write-ahead file into the ledger.
const MOVING: c_int = 1;

/// The ledger's own thread moves pages whenever it gets to it, and how a bad disk is found depends on what it
/// has moved: here it finds the lock taken, and the writer moves them.
unsafe extern "C" fn lock(
    file: *mut ffi::sqlite3_file,
    at: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    if at == MOVING && flags & ffi::SQLITE_SHM_LOCK != 0 && !SIMULATED.get() {
        return ffi::SQLITE_BUSY;
    }
    match Below::own().and_then(|own| own.xShmLock) {
        // SAFETY: as it came.
        Some(real) => unsafe { real(file, at, count, flags) },
        None => ffi::SQLITE_IOERR,
    }
}

/// Puts it between SQLite and the file system, for every file opened from now on in this process.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: a copy of the default file system with another way to open; it lives for ever.
        unsafe {
            ffi::sqlite3_initialize();
            let vfs = ffi::sqlite3_vfs_find(std::ptr::null());
            assert!(!vfs.is_null());
            drop(BELOW.set(Below { vfs: vfs as usize, methods: [const { OnceLock::new() }; 2] }));
            let ours = ffi::sqlite3_vfs {
                zName: c"simulated".as_ptr(),
                xOpen: Some(open),
                pNext: std::ptr::null_mut(),
                ..*vfs
            };
            let ours = Box::leak(Box::new(ours));
            assert_eq!(ffi::sqlite3_vfs_register(ours, 1), ffi::SQLITE_OK);
        }
    });
}
