//! The first reading: where every record is and when it happened.
//!
//! Exports are often written newest first. Delivered like that, the first record would move
//! event time to the end of the file and every other one would be late. A file is bounded, so
//! its records are put in the order of their time first, at 24 bytes a record.

use super::config::FileConfig;
use super::frame::{Fault, Place};
use super::map::hex;
use super::plan::{Opened, Plan};
use super::progress::Progress;
use sha2::Digest;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// Records between two reports of progress.
const REPORT_EVERY: u64 = 4096;
/// With at least this many records and none of them an item, the mapping is wrong, not the file.
const ENOUGH_TO_JUDGE: usize = 20;

/// Where every record of a file is, in the order of delivery: what cannot be an item first, in
/// the file's order, then the items by their time.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// A hash of the content and of how it is read.
    pub(super) identity: String,
    unusable: Vec<(Place, Option<Fault>)>,
    items: Vec<Timed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Timed {
    /// Milliseconds since the epoch.
    time: i64,
    offset: u64,
    line: u32,
    len: u32,
}

const _: () = assert!(size_of::<Timed>() == 24);

impl Index {
    /// Reads the file once; `None` when stopped before its end.
    pub(super) fn build(
        path: &Path,
        config: &FileConfig,
        cap: usize,
        progress: &dyn Progress,
        stop: &CancellationToken,
    ) -> Result<Option<(Self, Plan)>, String> {
        let Opened {
            mut plan,
            mut framer,
            total_bytes,
        } = Plan::open(path, config, cap)?;
        let mut index = Self::default();
        let (mut mangled, mut first_refusal, mut seen) = (0_usize, None, 0_u64);
        let failed = |error| format!("{} cannot be read: {error}", path.display());
        while let Some((place, fault)) = framer.next().map_err(failed)? {
            seen += 1;
            if seen.is_multiple_of(REPORT_EVERY) {
                progress.indexed(framer.position(), total_bytes);
                if stop.is_cancelled() {
                    return Ok(None);
                }
            }
            match plan.read(framer.record(), fault) {
                Ok(None) => {}
                Ok(Some(item)) => index.items.push(Timed {
                    time: item.created_at.millis(),
                    offset: place.offset,
                    line: place.line,
                    len: place.len,
                }),
                Err(refused) => {
                    mangled += usize::from(refused.mangled_id);
                    first_refusal
                        .get_or_insert_with(|| format!("line {} {}", place.line, refused.detail));
                    index.unusable.push((place, fault));
                }
            }
        }
        progress.indexed(total_bytes, total_bytes);
        index.refuse_mangled_ids(mangled, &plan)?;
        index.refuse_a_wrong_mapping(first_refusal)?;
        index.items.sort_unstable();
        let mut hash = framer.into_hash();
        hash.update(format!("{config:?} {cap}"));
        index.identity = hex(&hash.finalize())[..32].to_owned();
        Ok(Some((index, plan)))
    }

    /// Records of both kinds.
    pub(super) fn len(&self) -> usize {
        self.unusable.len() + self.items.len()
    }

    /// The nth record in the order of delivery.
    pub(super) fn get(&self, n: usize) -> Option<(Place, Option<Fault>)> {
        if let Some(unusable) = self.unusable.get(n) {
            return Some(*unusable);
        }
        let Timed {
            offset, line, len, ..
        } = *self.items.get(n - self.unusable.len())?;
        Some((Place { offset, len, line }, None))
    }

    /// A few rounded ids are dead letters; more of them would merge different items into one.
    fn refuse_mangled_ids(&self, mangled: usize, plan: &Plan) -> Result<(), String> {
        if mangled * 10 <= self.len() {
            return Ok(());
        }
        let (column, of) = (plan.id_column(), self.len());
        Err(format!(
            "{mangled} of {of} ids in column {column:?} look like 1.23E+17: a spreadsheet has \
             rounded them, and different items share one. Remove columns.id and name the columns \
             that tell items apart under columns.identity, or export the file anew"
        ))
    }

    fn refuse_a_wrong_mapping(&self, first: Option<String>) -> Result<(), String> {
        match first {
            Some(first) if self.items.is_empty() && self.unusable.len() >= ENOUGH_TO_JUDGE => Err(
                format!("not one record could be read as an item; the first: {first}"),
            ),
            _ => Ok(()),
        }
    }
}
