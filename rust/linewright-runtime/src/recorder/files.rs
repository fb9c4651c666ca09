//! The files of a record: `name.mcap` is the present one, `name.1.mcap`, `name.2.mcap`, ... are older,
//! in the order of their numbers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::folder;

/// `path` with number `n` before its extension.
pub(super) fn numbered(path: &Path, n: u32) -> PathBuf {
    path.with_extension(match path.extension() {
        Some(extension) => format!("{n}.{}", extension.to_string_lossy()),
        None => n.to_string(),
    })
}

/// Numbers of the older files of `path`, lowest first.
pub(super) fn older(path: &Path) -> io::Result<Vec<u32>> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy()));
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let middle = name
            .strip_prefix(&stem)
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|rest| rest.strip_suffix(extension.as_deref().unwrap_or("")));
        if let Some(n) = middle.and_then(|m| m.parse::<u32>().ok().filter(|n| n.to_string() == m)) {
            numbers.push(n);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Older files of the record that `path` is one of, lowest number first; none when the folder cannot be read.
pub(super) fn before(path: &Path) -> Vec<PathBuf> {
    let number = path
        .file_stem()
        .and_then(|stem| Path::new(stem).extension())
        .and_then(|n| n.to_string_lossy().parse::<u32>().ok());
    let (base, below) = match number {
        // `run.7.mcap`: the name is what is left without the number.
        Some(n) => {
            let stem = path.with_extension("").with_extension("");
            (stem.with_extension(path.extension().unwrap_or_default()), n)
        }
        None => (path.to_path_buf(), u32::MAX),
    };
    let numbers = older(&base).unwrap_or_default();
    numbers.into_iter().filter(|n| *n < below).map(|n| numbered(&base, n)).collect()
}

/// Keeps the file at `path`, if there is one, under the next number, which it gives. What has a number is durable,
/// with its name, before anything new gets the old one: also what a killed process has left, and has renamed.
pub(super) fn seal(path: &Path) -> io::Result<Option<u32>> {
    let mut number = None;
    if path.try_exists()? {
        let next = older(path)?.last().map_or(1, |n| n.saturating_add(1));
        fs::File::open(path)?.sync_all()?;
        fs::rename(path, numbered(path, next))?;
        number = Some(next);
    }
    folder::sync_of(path)?;
    Ok(number)
}

/// Removes the oldest files until those left and `present_bytes` are within `quota_bytes`; gives how
/// many went. One is gone for good before the next goes, so that those left have no hole.
pub(super) fn keep_within(path: &Path, present_bytes: u64, quota_bytes: u64) -> io::Result<u64> {
    let files: Vec<PathBuf> = older(path)?.into_iter().map(|n| numbered(path, n)).collect();
    let sizes: Vec<u64> = files.iter().map(|f| fs::metadata(f).map_or(0, |of| of.len())).collect();
    let mut total = sizes.iter().sum::<u64>() + present_bytes;
    let mut removed = 0;
    for (file, size) in files.iter().zip(sizes) {
        if total <= quota_bytes {
            break;
        }
        fs::remove_file(file)?;
        folder::sync_of(path)?;
        total -= size;
        removed += 1;
    }
    Ok(removed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is a failed test
mod tests {
    use super::*;

    #[test]
    fn only_numbers_of_this_name_count() {
        let folder = std::env::temp_dir().join(format!("linewright-files-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for name in
            ["run.mcap", "run.2.mcap", "run.10.mcap", "run.x.mcap", "run.03.mcap", "b.1.mcap"]
        {
            fs::write(folder.join(name), [0; 100]).unwrap();
        }
        let path = folder.join("run.mcap");
        assert_eq!(older(&path).unwrap(), [2, 10]);
        assert_eq!(seal(&path).unwrap(), Some(11));
        assert_eq!(seal(&path).unwrap(), None, "nothing to keep");
        assert_eq!(keep_within(&path, 100, 250).unwrap(), 2, "two of three, with the present one");
        assert_eq!(older(&path).unwrap(), [11]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
