//! How many different authors spoke, exactly, in each of `N` windows.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// How often each author spoke, by window.
///
/// There is one of these for every slice of every brand's conversation, and together they are
/// most of what the calculus keeps in memory: sixteen bytes an author. The few who spoke more
/// often than fits there are counted apart.
#[derive(Debug)]
pub(super) struct Authors<const N: usize> {
    times: HashMap<u64, [u16; N], BuildHasherDefault<KeyHasher>>,
    busy: HashMap<u64, [u32; N], BuildHasherDefault<KeyHasher>>,
}

impl<const N: usize> Default for Authors<N> {
    fn default() -> Self {
        Self {
            times: HashMap::default(),
            busy: HashMap::default(),
        }
    }
}

impl<const N: usize> Authors<N> {
    /// Counts one more of an author's mentions in the windows for which `inside` says so. Returns
    /// in which of these it is the author's first.
    pub(super) fn add(&mut self, author: u64, inside: [bool; N]) -> [bool; N] {
        let mut times = self.of(author);
        for window in (0..N).filter(|window| inside[*window]) {
            times[window] += 1;
        }
        self.set(author, times);
        std::array::from_fn(|window| inside[window] && times[window] == 1)
    }

    /// Takes one of an author's mentions back from these windows. Returns from which of these it
    /// was the author's last.
    pub(super) fn subtract(&mut self, author: u64, inside: [bool; N]) -> [bool; N] {
        let before = self.of(author);
        let mut times = before;
        for window in (0..N).filter(|window| inside[*window]) {
            times[window] = times[window].saturating_sub(1);
        }
        self.set(author, times);
        std::array::from_fn(|window| inside[window] && before[window] == 1)
    }

    /// How often an author spoke.
    fn of(&self, author: u64) -> [u32; N] {
        match self.times.get(&author) {
            Some(times) => times.map(u32::from),
            None => self.busy.get(&author).copied().unwrap_or([0; N]),
        }
    }

    /// Puts an author's counts where they belong: nowhere when all are 0, among the busy when one
    /// is too great for the others.
    fn set(&mut self, author: u64, times: [u32; N]) {
        let small = times.map(|times| u16::try_from(times).ok());
        if times == [0; N] {
            self.times.remove(&author);
            self.busy.remove(&author);
        } else if small.contains(&None) {
            self.times.remove(&author);
            self.busy.insert(author, times);
        } else {
            self.times
                .insert(author, small.map(Option::unwrap_or_default));
            self.busy.remove(&author);
        }
    }
}

/// An author's key is a keyed hash already, which nobody outside can choose.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_who_never_rests_is_counted_once_and_can_be_taken_back() {
        let mut authors = Authors::<2>::default();
        let both = [true, true];
        assert_eq!(authors.add(7, both), both);
        for _ in 0..100_000 {
            assert_eq!(authors.add(7, [true, false]), [false, false]);
        }
        for _ in 0..100_000 {
            assert_eq!(authors.subtract(7, [true, false]), [false, false]);
        }
        assert_eq!(authors.subtract(7, both), both);
        assert!(authors.times.is_empty() && authors.busy.is_empty());
    }

    #[test]
    fn what_was_never_added_cannot_be_taken_back() {
        let mut authors = Authors::<1>::default();
        assert_eq!(authors.subtract(7, [true]), [false]);
        assert_eq!(authors.add(7, [true]), [true]);
    }
}
