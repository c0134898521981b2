//! Opening the data file: creating it, refusing what is damaged or of another layout.

use super::fault::{DataFile, file_fault};
use super::schema::{APPLICATION_ID, LAYOUT, PAGE, SMALL_TABLES, TABLES};
use super::{EmbeddedOptions, view::View};
use crate::Error;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// Up to this size the whole file is checked at every start (about a second). Above it only
/// the header, the small tables and each partition's newest record are, so that a start takes
/// milliseconds; damage elsewhere is noticed, and refused, when the page is read.
const FULL_CHECK_BYTES: u64 = 256 << 20;

/// How long to wait for another process's reader that is just recovering the log after a crash.
const BUSY: Duration = Duration::from_secs(5);

/// Pages in the write-ahead log before they are moved to the file: 64 MiB. A page that several
/// commits change in between is moved once.
const CHECKPOINT_PAGES: i64 = 16_384;

/// Creates the folder, readable for its owner only: it holds what people wrote.
pub(super) fn create_folder(folder: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| file_fault("creating the folder", folder, &error))
}

/// Creates the data file if there is none. It appears under its name only when it is whole, so
/// a file that is empty or cut was damaged, and never just half made.
pub(super) fn create_file(file: &DataFile) -> Result<(), Error> {
    let path = file.path();
    let fault = |error: std::io::Error| file_fault("creating", path, &error);
    if path.try_exists().map_err(fault)? {
        return Ok(());
    }
    if path.with_extension("db-wal").try_exists().map_err(fault)? {
        return Err(file.corrupt("it is missing, but its write-ahead log is there"));
    }
    let unfinished = path.with_extension("db.new");
    for suffix in ["db.new", "db.new-wal", "db.new-shm", "db.new-journal"] {
        match std::fs::remove_file(path.with_extension(suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(fault(error)),
            _ => {}
        }
    }
    let create = || -> rusqlite::Result<()> {
        let mut connection = Connection::open(&unfinished)?;
        connection.pragma_update(None, "page_size", PAGE as i64)?;
        // A half made file is thrown away, so one sync at the end will do.
        connection.pragma_update(None, "journal_mode", "OFF")?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", LAYOUT)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.commit()?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.close().map_err(|(_, error)| error)
    };
    create().map_err(file.fault("creating"))?;
    File::open(&unfinished)
        .and_then(|made| made.sync_all())
        .map_err(fault)?;
    std::fs::rename(&unfinished, path).map_err(fault)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(fault)
}

/// Opens the one connection that writes, and checks the file. The folder's lock is held.
pub(super) fn writer(file: &DataFile, options: EmbeddedOptions) -> Result<Connection, Error> {
    check_header(file)?;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open(file.path())?;
        connection.busy_timeout(BUSY)?;
        let synchronous = if options.synchronous_full {
            "FULL"
        } else {
            "NORMAL"
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(
            None,
            "cache_size",
            -i64::from(options.cache_mib.max(1)) * 1024,
        )?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "journal_size_limit", 96 << 20)?;
        // What was deleted or replaced is overwritten with zeros: erased means erased.
        connection.pragma_update(None, "secure_delete", "ON")?;
        if let Some(most) = options.max_mib {
            let pages = most.saturating_mul(1 << 20) / PAGE;
            let pages = i64::try_from(pages)
                .unwrap_or(i64::MAX)
                .clamp(1, 0xffff_fffe);
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    let connection = open().map_err(file.fault("opening"))?;
    check_identity(&connection, file)?;
    check_content(&connection, file)?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(super) fn view(file: &DataFile) -> Result<View, Error> {
    let open = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file.path(), flags)?;
        connection.busy_timeout(BUSY)?;
        // Every commit makes a reader's cache stale, so a large one would be wasted.
        connection.pragma_update(None, "cache_size", -2048)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(connection)
    };
    Ok(View::new(
        open().map_err(file.fault("opening"))?,
        file.clone(),
    ))
}

/// Refuses a file of another application or layout.
pub(super) fn check_identity(connection: &Connection, file: &DataFile) -> Result<(), Error> {
    let pragma = |name| {
        let value: rusqlite::Result<i64> = connection.pragma_query_value(None, name, |r| r.get(0));
        value.map_err(file.fault("opening"))
    };
    if pragma("application_id")? != i64::from(APPLICATION_ID) {
        return Err(file.corrupt("it was not written by hark"));
    }
    let found = pragma("user_version")?;
    if found != LAYOUT {
        let folder = file.path().parent().unwrap_or(Path::new(".")).to_path_buf();
        return Err(Error::Layout {
            folder,
            found,
            expected: LAYOUT,
        });
    }
    Ok(())
}

/// Compares what never changes in the first 100 bytes (sqlite.org/fileformat2.html, 1.3), before
/// SQLite acts on them: it would discard the write-ahead log of a file whose header says that it
/// has none.
fn check_header(file: &DataFile) -> Result<(), Error> {
    let path = file.path();
    let mut header = [0; 100];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            return Err(file.corrupt("it is shorter than its header"));
        }
        Err(error) => return Err(file_fault("opening", path, &error)),
    }
    let page = (PAGE as u16).to_be_bytes();
    let sound = header.starts_with(b"SQLite format 3\0")
        && header[16..18] == page
        && header[18..24] == [2, 2, 0, 64, 32, 32]
        && header[44..48] == [0, 0, 0, 4]
        && header[56..60] == [0, 0, 0, 1]
        && header[68..72] == APPLICATION_ID.to_be_bytes()
        && header[72..92] == [0; 20];
    if !sound {
        return Err(file.corrupt("its header is not hark's"));
    }
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |about| about.len());
    // SQLite takes what is missing of the last page for zeros. Only after a crash, when the
    // write-ahead log has the page whole, may the file end in the middle of one.
    if length(path) % PAGE != 0 && length(&path.with_extension("db-wal")) == 0 {
        return Err(file.corrupt("it was cut in the middle of a page"));
    }
    Ok(())
}

fn check_content(connection: &Connection, file: &DataFile) -> Result<(), Error> {
    let size = std::fs::metadata(file.path())
        .map_err(|error| file_fault("opening", file.path(), &error))?
        .len();
    if size <= FULL_CHECK_BYTES {
        return quick_check(connection, file, None);
    }
    for table in SMALL_TABLES {
        quick_check(connection, file, Some(table))?;
    }
    Ok(())
}

fn quick_check(connection: &Connection, file: &DataFile, table: Option<&str>) -> Result<(), Error> {
    let check = || -> rusqlite::Result<String> {
        match table {
            None => connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)),
            Some(table) => {
                let sql = format!("PRAGMA quick_check({table})");
                connection.query_row(&sql, [], |row| row.get(0))
            }
        }
    };
    let verdict = check().map_err(file.fault("checking"))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(file.corrupt(verdict))
    }
}
