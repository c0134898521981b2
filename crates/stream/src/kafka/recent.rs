//! What was committed and is not in the store yet.
//!
//! A commit changes a few bytes on each of thousands of the store's pages, so commits are gathered here and
//! written together, each page once. What is lost with the process lies in the changelog, from where
//! the store follows.

use crate::{Error, Overlay, State, StateChange};
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much is gathered, in bytes of keys and values.
const MOST: usize = 16 << 20;
/// For how long it is gathered: so much at most has to be followed after a process was killed.
const LONGEST: Duration = Duration::from_secs(1);

/// Each key once, with `None` where it is gone.
pub(super) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What one task's store has yet to learn.
#[derive(Default)]
pub(super) struct Recent(Mutex<Gathered>);

#[derive(Default)]
struct Gathered {
    layers: Layers,
    bytes: usize,
    /// When the oldest of it came.
    since: Option<Instant>,
}

/// The last commit by itself, and those before it. Whoever reads holds both, and one more commit may come
/// meanwhile: it takes the place of the last one, which moves to those before, where the reader's
/// own hides it. So what is read stands still.
#[derive(Clone, Default)]
struct Layers {
    last: Arc<Changes>,
    before: Arc<RwLock<Changes>>,
}

impl Recent {
    /// Adds a commit. To be called once at most while a [`Behind`] is held.
    pub(super) fn add(&self, changes: Changes) {
        let mut gathered = self.0.lock();
        let size = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| {
            key.len() + value.as_ref().map_or(0, Vec::len)
        };
        gathered.bytes += changes.iter().map(size).sum::<usize>();
        gathered.since.get_or_insert_with(Instant::now);
        let before = std::mem::replace(&mut gathered.layers.last, Arc::new(changes));
        let mut all = gathered.layers.before.write();
        all.extend(Arc::unwrap_or_clone(before));
    }

    /// Whether it is time to write it to the store.
    pub(super) fn is_due(&self) -> bool {
        let gathered = self.0.lock();
        gathered.bytes >= MOST || gathered.since.is_some_and(|at| at.elapsed() >= LONGEST)
    }

    /// All of it.
    pub(super) fn all(&self) -> Vec<StateChange> {
        let layers = self.0.lock().layers.clone();
        let all = layers.range(Bound::Unbounded, Bound::Unbounded);
        let change = |(key, value)| StateChange { key, value };
        all.into_iter().map(change).collect()
    }

    /// Forgets what the store has learnt.
    pub(super) fn clear(&self) {
        *self.0.lock() = Gathered::default();
    }

    /// A store with this over it. It is looked at after this, for what moves there meanwhile may be seen
    /// twice, and must not be missed.
    pub(super) fn over<'a>(
        &self,
        look: impl FnOnce() -> Result<Box<dyn State + 'a>, Error>,
    ) -> Result<Behind<'a>, Error> {
        let layers = self.0.lock().layers.clone();
        let store = look()?;
        Ok(Behind { layers, store })
    }
}

impl Layers {
    fn get(&self, key: &[u8]) -> Option<Option<Vec<u8>>> {
        match self.last.get(key) {
            Some(change) => Some(change.clone()),
            None => self.before.read().get(key).cloned(),
        }
    }

    /// What changed among the keys from one bound to another.
    fn range(&self, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Changes {
        let owned = |(key, change): (&Vec<u8>, &Option<Vec<u8>>)| (key.clone(), change.clone());
        let before = self.before.read();
        let mut found: Changes = before.range::<[u8], _>((from, to)).map(owned).collect();
        found.extend(self.last.range::<[u8], _>((from, to)).map(owned));
        found
    }
}

/// A store that is behind, and what it has yet to learn.
pub(super) struct Behind<'a> {
    layers: Layers,
    store: Box<dyn State + 'a>,
}

impl State for Behind<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.layers.get(key) {
            Some(change) => Ok(change),
            None => self.store.get(key),
        }
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error> {
        if from >= to {
            return Ok(());
        }
        let mut overlay = Overlay::new(&*self.store);
        for (key, change) in self
            .layers
            .range(Bound::Included(from), Bound::Excluded(to))
        {
            overlay.put(key, change);
        }
        overlay.scan(from, to, visit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

    #[derive(Clone, Default)]
    struct Store(Rows);

    impl State for Store {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
            Ok(self.0.get(key).cloned())
        }

        fn scan(
            &self,
            from: &[u8],
            to: &[u8],
            visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
        ) -> Result<(), Error> {
            let mut range = self.0.range(from.to_vec()..to.to_vec());
            range.all(|(key, value)| visit(key, value));
            Ok(())
        }
    }

    fn apply(rows: &mut Rows, changes: impl IntoIterator<Item = (Vec<u8>, Option<Vec<u8>>)>) {
        for (key, value) in changes {
            match value {
                Some(value) => drop(rows.insert(key, value)),
                None => drop(rows.remove(&key)),
            }
        }
    }

    /// All that a state says, asked for in both ways.
    fn read(state: &dyn State) -> Rows {
        let mut scanned = Rows::new();
        let mut visit =
            |key: &[u8], value: &[u8]| scanned.insert(key.into(), value.into()).is_none();
        state.scan(&[0], &[u8::MAX], &mut visit).unwrap();
        for key in 0..9 {
            let key = vec![key];
            assert_eq!(state.get(&key).unwrap(), scanned.get(&key).cloned());
        }
        scanned
    }

    fn look(recent: &Recent, store: &Store) -> Behind<'static> {
        let store = store.clone();
        recent.over(|| Ok(Box::new(store))).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_read_stands_still_and_is_what_was_committed(
            steps in prop::collection::vec(
                (prop::collection::btree_map(0..9_u8, prop::option::of(0..9_u8), 0..5), any::<bool>()),
                0..12,
            ),
        ) {
            let (recent, mut store, mut all) = (Recent::default(), Store::default(), Rows::new());
            for (changes, written) in steps {
                let held = look(&recent, &store);
                let before = all.clone();
                let changes: Changes = changes
                    .into_iter()
                    .map(|(key, value)| (vec![key], value.map(|value| vec![value])))
                    .collect();
                apply(&mut all, changes.clone());
                recent.add(changes);
                prop_assert_eq!(read(&held), before.clone());
                if written {
                    let learnt = recent.all().into_iter().map(|change| (change.key, change.value));
                    apply(&mut store.0, learnt);
                    // Whoever looks in between sees it in both.
                    prop_assert_eq!(read(&look(&recent, &store)), all.clone());
                    recent.clear();
                    prop_assert_eq!(&store.0, &all);
                }
                prop_assert_eq!(read(&held), before);
                prop_assert_eq!(read(&look(&recent, &store)), all.clone());
            }
        }
    }

    #[test]
    fn it_is_due_when_there_is_much_of_it() {
        let recent = Recent::default();
        assert!(!recent.is_due());
        recent.add(Changes::from([(vec![1], Some(vec![0; MOST]))]));
        assert!(recent.is_due());
        recent.clear();
        assert!(!recent.is_due());
    }
}
