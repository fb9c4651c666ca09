//! Names of files, durable.

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes the names in the folder of `path` durable: a file that is new, renamed or removed. Syncing the file
/// itself does not, by POSIX.
pub fn sync_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(folder).and_then(|f| f.sync_all())
}
