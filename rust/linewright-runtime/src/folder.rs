//! Names of files, durable.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Makes the names in the folder of `path` durable: a file that is new, renamed or removed. Syncing the file
/// itself does not, by POSIX.
pub fn sync_of(path: &Path) -> io::Result<()> {
    File::open(of(path)).and_then(|f| f.sync_all())
}

/// Makes every name on the way to `path` durable: its own, that of its folder, which may be as new, and so on up
/// to the root of the file system. Above the first, a folder that may not be read ends the way: who may not read
/// it has made nothing in it.
pub fn sync_way_to(path: &Path) -> io::Result<()> {
    sync_of(path)?;
    let folder = of(path).canonicalize()?;
    let device = folder.metadata()?.dev();
    for above in folder.ancestors().skip(1) {
        let open = match File::open(above) {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => break,
            open => open?,
        };
        if open.metadata()?.dev() != device {
            break;
        }
        open.sync_all()?;
    }
    Ok(())
}

fn of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
