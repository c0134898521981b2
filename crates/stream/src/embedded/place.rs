//! Where a record lies: its partition and offset in one integer, the rowid of the `record` table.
//!
//! A rowid table keeps a partition's records next to each other, in order, and a large value on
//! the page of its record; a composite primary key would move any value above 1 KB elsewhere.

/// Offsets take the low 40 bits (10^12 records), partitions the 23 bits above.
const OFFSET_BITS: u32 = 40;

/// The first offset that no partition can hold.
pub(super) const OFFSET_LIMIT: u64 = 1 << OFFSET_BITS;

/// The number of partitions a data file can hold, over all topics.
pub(super) const PARTITION_LIMIT: i64 = 1 << 22;

/// The rowid of a record. An offset beyond what a partition can hold counts as the limit, which
/// is where the next partition begins.
pub(super) fn place(partition: i64, offset: u64) -> i64 {
    (partition << OFFSET_BITS) + offset.min(OFFSET_LIMIT) as i64
}

/// The offset part of a rowid.
pub(super) fn offset_of(place: i64) -> u64 {
    place as u64 & (OFFSET_LIMIT - 1)
}

#[cfg(test)]
mod tests {
    use super::{OFFSET_LIMIT, PARTITION_LIMIT, offset_of, place};

    #[test]
    fn a_place_gives_its_offset_back() {
        for offset in [0, 1, 77, OFFSET_LIMIT - 1] {
            assert_eq!(offset_of(place(1, offset)), offset);
            assert_eq!(offset_of(place(PARTITION_LIMIT, offset)), offset);
        }
    }

    #[test]
    fn places_of_a_partition_lie_together() {
        assert!(place(3, OFFSET_LIMIT - 1) < place(4, 0));
        assert_eq!(place(3, u64::MAX), place(4, 0));
        assert!(place(PARTITION_LIMIT, u64::MAX) > 0);
    }
}
