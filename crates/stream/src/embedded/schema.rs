//! The tables of the data file.

/// The layout this version reads and writes, kept in `user_version`.
pub(super) const LAYOUT: i64 = 2;

/// "hark", kept in the file's header.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"hark");

/// Bytes of a page. Small, because every page a commit touches is written whole.
pub(super) const PAGE: u64 = 4096;

/// Tables that stay small however long hark runs.
pub(super) const SMALL_TABLES: [&str; 4] = ["topic", "partitions", "task", "position"];

/// Creates the tables.
///
/// - `record.id` holds partition and offset, see `place`; `40` below is its offset bits.
/// - `partitions.next` outlives the records, so that no offset is given twice.
/// - `state.value` is absent where it is large, and then in the row `large` of `large_value`.
/// - `newest` is what compaction knows: for each key of a compacted topic the newest record below
///   `partitions.compacted`. Only cleaning writes it, so appending costs nothing extra.
pub(super) const TABLES: &str = "
    CREATE TABLE topic (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        retention_ms INTEGER,
        compact INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE partitions (
        id INTEGER PRIMARY KEY,
        topic INTEGER NOT NULL,
        number INTEGER NOT NULL,
        next INTEGER NOT NULL,
        compacted INTEGER NOT NULL,
        UNIQUE (topic, number)
    ) STRICT;
    CREATE TABLE record (
        id INTEGER PRIMARY KEY,
        timestamp INTEGER NOT NULL,
        key BLOB NOT NULL,
        value BLOB,
        headers BLOB
    ) STRICT;
    CREATE INDEX record_by_age ON record (id >> 40, timestamp);
    CREATE TABLE newest (
        partition_id INTEGER NOT NULL,
        key BLOB NOT NULL,
        record INTEGER NOT NULL,
        tombstone_at INTEGER,
        PRIMARY KEY (partition_id, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tombstone ON newest (tombstone_at) WHERE tombstone_at IS NOT NULL;
    CREATE TABLE task (
        id INTEGER PRIMARY KEY,
        stage TEXT NOT NULL,
        partition_number INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        UNIQUE (stage, partition_number)
    ) STRICT;
    CREATE TABLE position (
        task INTEGER NOT NULL,
        topic INTEGER NOT NULL,
        next INTEGER NOT NULL,
        PRIMARY KEY (task, topic)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE state (
        task INTEGER NOT NULL,
        key BLOB NOT NULL,
        value BLOB,
        large INTEGER,
        PRIMARY KEY (task, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE large_value (
        id INTEGER PRIMARY KEY,
        task INTEGER NOT NULL,
        key BLOB NOT NULL,
        value BLOB NOT NULL
    ) STRICT;
";
