//! A file is there whole or not at all: written under another name, brought to the disk, then renamed.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Whether a file of that name was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    New,
    WasThere,
}

/// Leaves an existing file as it is. `before` is called when all is written but not yet in its place.
pub(crate) fn write_once<E: From<io::Error>>(
    path: &Path,
    bytes: &[u8],
    before: impl FnOnce() -> Result<(), E>,
) -> Result<Written, E> {
    if path.try_exists()? {
        return Ok(Written::WasThere);
    }
    let (folder, file) = prepared(path, bytes)?;
    before()?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => return Ok(Written::WasThere),
        Err(refused) => return Err(refused.error.into()),
    }
    sync_folder(folder)?;
    Ok(Written::New)
}

/// Puts the bytes in the place of what may stand there.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (folder, file) = prepared(path, bytes)?;
    file.persist(path).map_err(|refused| refused.error)?;
    sync_folder(folder)
}

/// A temporary file is readable by its owner alone (0600), and leaves with its guard when something fails.
fn prepared<'a>(path: &'a Path, bytes: &[u8]) -> io::Result<(&'a Path, tempfile::NamedTempFile)> {
    let folder = path.parent().ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
    let mut file = tempfile::Builder::new().prefix(".part-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok((folder, file))
}

/// The name of a file is kept by its folder; without this a power cut could lose it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Makes the folder and those above it, for the owner alone.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Whether there was no room left: a full disk, a quota, a limit on the size of files.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

/// Whether trying again cannot help: somebody has to change the path or its rights.
pub(crate) fn is_misplaced(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::AlreadyExists
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::InvalidFilename
    )
}
