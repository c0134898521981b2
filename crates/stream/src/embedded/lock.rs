//! One process per data folder.

use super::fault::file_fault;
use crate::Error;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// Holds the folder until dropped. The system lets go of it when the process dies, however it
/// dies, so no stale lock is ever left; the file itself stays.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    pub(super) fn take(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("hark.lock");
        let fault = |error: std::io::Error| file_fault("locking", &path, &error);
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::InUse {
                    folder: folder.to_path_buf(),
                    owner: owner(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        }
        // The number is a help for people, so a full disk is no reason to refuse here.
        let _ = write_owner(&mut file);
        Ok(Self { _file: file })
    }
}

fn write_owner(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn owner(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim()
        .parse::<u32>()
        .ok()
        .map(|pid| format!("pid {pid}"))
}
