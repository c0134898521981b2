//! Which version of each item counts.
//!
//! An item is a register that the version of the greatest rank wins: later, then deletes over
//! upserts, then the greater tag. What is counted is a function of the winners alone, so neither
//! order nor repetition of events can change it. A winner whose author is gone up to its order
//! still wins, but counts nothing.
//!
//! An item is known by its author too: who writes the events names the author of an item in every
//! version and in its deletion, and deletes it from one author before giving it to another.

use crate::config::{Config, StandingRule};
use crate::contribution::{Contribution, Experience, ItemKey};
use crate::gone::Gone;
use crate::store::{Store, StoreError};
use crate::tables::{
    self, AuthorRow, ItemRow, contribution_key, experiences_key, item_key, items_of, load, save,
};
use hark_model::{
    AuthorDelete, AuthorKey, AuthorStanding, BrandId, ItemDelete, Mention, Minute, Standing,
};
use std::collections::BTreeMap;

/// What an event did to the counts.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Now counted.
    pub(crate) added: Option<(BrandId, Contribution)>,
    /// No longer counted, with the item it came from.
    pub(crate) removed: Vec<(BrandId, Contribution, ItemKey)>,
    /// Authors whose experiences changed, with what they say now; of the same author the last
    /// holds.
    pub(crate) authors: Vec<((BrandId, AuthorKey), Option<AuthorStanding>)>,
    /// Nothing new in it: seen before, or overtaken.
    pub(crate) fate: Fate,
}

/// Why an event did or did not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It changed something, or would have had there been something to change.
    #[default]
    Applied,
    /// This very version was counted before.
    Duplicate,
    /// A newer version, or a deletion, came before.
    Stale,
}

impl Change {
    fn none(fate: Fate) -> Self {
        Self {
            fate,
            ..Self::default()
        }
    }

    /// The author's standing now, if this changed what it rests on.
    pub(crate) fn standing_of(
        &self,
        brand: &BrandId,
        author: Option<AuthorKey>,
    ) -> Option<Standing> {
        let changed =
            |known: &&((BrandId, AuthorKey), _)| known.0.0 == *brand && Some(known.0.1) == author;
        let (_, standing) = self.authors.iter().rev().find(changed)?;
        standing.as_ref().map(|standing| standing.standing)
    }
}

/// Counts a mention, unless it is known or overtaken. `place` is the offset it was read from. One
/// of a brand that is not `tracked` still overtakes what older versions of its item said.
pub(crate) fn observe(
    store: &mut dyn Store,
    gone: &Gone,
    mention: &Mention,
    item: ItemKey,
    place: u64,
    tracked: bool,
    config: &Config,
) -> Result<Change, StoreError> {
    let gone = gone.includes(mention);
    let arriving = ItemRow::version(&mention.version, false);
    let key = item_key(mention.author, item);
    let known: Option<ItemRow> = load(store, &key)?;
    let mut change = Change::default();
    let mut row = match known {
        None => arriving,
        Some(known) if known.rank() > arriving.rank() => return Ok(Change::none(Fate::Stale)),
        Some(known) if known.rank() == arriving.rank() => known,
        Some(known) => {
            uncount(
                store,
                mention.author,
                item,
                &known,
                &config.standing,
                &mut change,
            )?;
            arriving
        }
    };
    if gone || !tracked {
        save(store, key, &row);
        return Ok(Change {
            fate: Fate::Stale,
            ..change
        });
    }
    let brand = mention.brand.as_str();
    if row.counted.iter().any(|(counted, ..)| counted == brand) {
        return Ok(Change::none(Fate::Duplicate));
    }
    let contribution = Contribution::of(mention);
    let minute = contribution.minute();
    save(store, contribution_key(brand, minute, place), &contribution);
    row.counted.push((brand.to_owned(), minute.get(), place));
    save(store, key, &row);
    if let Some(author) = mention.author
        && let Some(experience) = Experience::of(mention, item, &config.taxonomy)
    {
        let (brand, rule) = (&mention.brand, &config.standing);
        remember(store, brand, author, experience, rule, &mut change)?;
    }
    change.added = Some((mention.brand.clone(), contribution));
    Ok(change)
}

/// Takes back everything an item added, up to a version.
pub(crate) fn retract_item(
    store: &mut dyn Store,
    delete: &ItemDelete,
    rule: &StandingRule,
) -> Result<Change, StoreError> {
    let item = ItemKey::of(&delete.id);
    let tombstone = ItemRow::version(&delete.version, true);
    let key = item_key(delete.author, item);
    let mut change = Change::default();
    if let Some(known) = load::<ItemRow>(store, &key)? {
        if known.rank() >= tombstone.rank() {
            let fate = if known.gone {
                Fate::Duplicate
            } else {
                Fate::Stale
            };
            return Ok(Change::none(fate));
        }
        uncount(store, delete.author, item, &known, rule, &mut change)?;
    }
    save(store, key, &tombstone);
    Ok(change)
}

/// Takes back everything an author added, up to a version.
pub(crate) fn retract_author(
    store: &mut dyn Store,
    gone: &mut Gone,
    delete: &AuthorDelete,
    rule: &StandingRule,
) -> Result<Change, StoreError> {
    if !gone.note(delete, store) {
        return Ok(Change::none(Fate::Duplicate));
    }
    let mut total = Change::default();
    let prefix = items_of(delete.author);
    let start = prefix.len();
    let items: Vec<(Vec<u8>, ItemRow)> = tables::rows(store, prefix)?;
    for (key, known) in items {
        if known.order <= delete.version.order
            && let Ok(item) = <[u8; 16]>::try_from(&key[start..])
        {
            uncount(
                store,
                Some(delete.author),
                ItemKey(item),
                &known,
                rule,
                &mut total,
            )?;
            let empty = ItemRow {
                counted: Vec::new(),
                ..known
            };
            save(store, key, &empty);
        }
    }
    Ok(total)
}

/// Where an author stands towards a brand.
pub(crate) fn standing(
    store: &dyn Store,
    brand: &BrandId,
    author: AuthorKey,
    rule: &StandingRule,
) -> Result<Standing, StoreError> {
    let row: Option<AuthorRow> = load(store, &experiences_key(author, brand))?;
    Ok(row.map_or(Standing::Provisional, |row| {
        row.standing(brand, author, rule).standing
    }))
}

fn uncount(
    store: &mut dyn Store,
    author: Option<AuthorKey>,
    item: ItemKey,
    row: &ItemRow,
    rule: &StandingRule,
    change: &mut Change,
) -> Result<(), StoreError> {
    for (brand, minute, place) in &row.counted {
        let key = contribution_key(brand, Minute::new(*minute), *place);
        if let Some(contribution) = load(store, &key)? {
            change
                .removed
                .push((BrandId::new(brand), contribution, item));
            store.put(key, None);
        }
        if let Some(author) = author {
            forget(store, &BrandId::new(brand), author, item, rule, change)?;
        }
    }
    Ok(())
}

fn remember(
    store: &mut dyn Store,
    brand: &BrandId,
    author: AuthorKey,
    experience: Experience,
    rule: &StandingRule,
    change: &mut Change,
) -> Result<(), StoreError> {
    let key = experiences_key(author, brand);
    let mut row: AuthorRow = load(store, &key)?.unwrap_or_default();
    row.add(experience);
    save(store, key, &row);
    let standing = row.standing(brand, author, rule);
    change
        .authors
        .push(((brand.clone(), author), Some(standing)));
    Ok(())
}

fn forget(
    store: &mut dyn Store,
    brand: &BrandId,
    author: AuthorKey,
    item: ItemKey,
    rule: &StandingRule,
    change: &mut Change,
) -> Result<(), StoreError> {
    let key = experiences_key(author, brand);
    if let Some(mut row) = load::<AuthorRow>(store, &key)?
        && row.remove(item)
    {
        let standing = if row.experiences.is_empty() {
            store.put(key, None);
            None
        } else {
            save(store, key, &row);
            Some(row.standing(brand, author, rule))
        };
        change.authors.push(((brand.clone(), author), standing));
    }
    Ok(())
}

/// How many authors stand where towards each brand, in the order of [`Standing`].
pub(crate) fn standings(
    store: &dyn Store,
    rule: &StandingRule,
) -> Result<BTreeMap<BrandId, [u64; 4]>, StoreError> {
    let mut counts: BTreeMap<BrandId, [u64; 4]> = BTreeMap::new();
    tables::experiences(store, &mut |author, brand, row| {
        let standing = row.standing(&brand, author, rule).standing;
        counts.entry(brand).or_default()[standing as usize] += 1;
    })?;
    Ok(counts)
}
