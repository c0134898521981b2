//! Inputs that take turns within a limit.

use crate::{Limit, Record};

/// Reads from inputs in turns, each its share, until the limit is reached or none has more. `turn` is
/// the input that begins, and afterwards the one that would have been next. `read` appends an input's
/// records, at least one if there is one, and returns the bytes of their keys and values.
pub(crate) fn take_turns<E>(
    turn: &mut usize,
    inputs: usize,
    limit: Limit,
    mut read: impl FnMut(usize, Limit, &mut Vec<Record>) -> Result<usize, E>,
) -> Result<Vec<Record>, E> {
    let mut records = Vec::new();
    let (mut bytes, mut idle) = (0, 0);
    let share = (limit.records / inputs.max(1)).max(1);
    while idle < inputs && records.len() < limit.records && bytes < limit.bytes.max(1) {
        let room = Limit {
            records: share.min(limit.records - records.len()),
            bytes: limit.bytes.max(1) - bytes,
        };
        let before = records.len();
        bytes += read(*turn, room, &mut records)?;
        idle = if records.len() == before { idle + 1 } else { 0 };
        *turn = (*turn + 1) % inputs;
    }
    Ok(records)
}
