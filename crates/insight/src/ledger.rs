//! Which version of each item counts.
//!
//! An item is a register that the version of the greatest rank wins: later, then deletes over
//! upserts, then the greater tag. What is counted is a function of the winners alone, so neither
//! order nor repetition of events can change it. A winner whose author is gone up to its order
//! still wins, but counts nothing.

use crate::config::StandingRule;
use crate::contribution::{Contribution, Experience, ItemKey};
use crate::store::{Store, StoreError};
use crate::tables::{
    self, AUTHOR_ITEMS, AUTHORS_GONE, AuthorRow, ItemRow, Table, author_item_key, author_key,
    contribution_key, item_key, load, save,
};
use hark_model::{
    AuthorDelete, AuthorKey, AuthorStanding, BrandId, ItemDelete, Mention, Minute, Standing,
    Taxonomy,
};

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

/// Counts a mention, unless it is known or overtaken. One of a brand that is not `tracked` still
/// overtakes what older versions of its item said.
pub(crate) fn observe(
    store: &mut dyn Store,
    mention: &Mention,
    item: ItemKey,
    tracked: bool,
    taxonomy: &Taxonomy,
    rule: &StandingRule,
) -> Result<Change, StoreError> {
    let gone = is_gone(store, mention)?;
    let author = if gone { None } else { mention.author };
    let arriving = ItemRow::version(&mention.version, false, author);
    let known: Option<ItemRow> = load(store, &item_key(item))?;
    let mut change = Change::default();
    let mut row = match known {
        None => arriving,
        Some(known) if known.rank() > arriving.rank() => return Ok(Change::none(Fate::Stale)),
        Some(known) if known.rank() == arriving.rank() => known,
        Some(known) => {
            uncount(store, item, &known, rule, &mut change)?;
            arriving
        }
    };
    if gone || !tracked {
        save(store, item_key(item), &row);
        return Ok(Change {
            fate: Fate::Stale,
            ..change
        });
    }
    let brand = mention.brand.as_str();
    if row.counted.iter().any(|(counted, _)| counted == brand) {
        return Ok(Change::none(Fate::Duplicate));
    }
    let contribution = Contribution::of(mention);
    let minute = contribution.minute();
    save(store, contribution_key(brand, minute, item), &contribution);
    row.counted.push((brand.to_owned(), minute.get()));
    save(store, item_key(item), &row);
    if let Some(author) = mention.author {
        store.put(author_item_key(author, item), Some(Vec::new()));
        if let Some(experience) = Experience::of(mention, item, taxonomy) {
            remember(store, &mention.brand, author, experience, rule, &mut change)?;
        }
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
    let tombstone = ItemRow::version(&delete.version, true, delete.author);
    let mut change = Change::default();
    if let Some(known) = load::<ItemRow>(store, &item_key(item))? {
        if known.rank() >= tombstone.rank() {
            let fate = if known.gone {
                Fate::Duplicate
            } else {
                Fate::Stale
            };
            return Ok(Change::none(fate));
        }
        uncount(store, item, &known, rule, &mut change)?;
    }
    save(store, item_key(item), &tombstone);
    Ok(change)
}

/// Takes back everything an author added, up to a version.
pub(crate) fn retract_author(
    store: &mut dyn Store,
    delete: &AuthorDelete,
    rule: &StandingRule,
) -> Result<Change, StoreError> {
    let order = delete.version.order;
    if gone_up_to(store, delete.author)?.is_some_and(|known| known >= order) {
        return Ok(Change::none(Fate::Duplicate));
    }
    save(store, AUTHORS_GONE.key(&[delete.author.bytes()]), &order);
    let mut total = Change::default();
    for item in items_of(store, delete.author)? {
        let Some(known) = load::<ItemRow>(store, &item_key(item))? else {
            continue;
        };
        if known.order <= order {
            uncount(store, item, &known, rule, &mut total)?;
            let empty = ItemRow {
                author: None,
                counted: Vec::new(),
                ..known
            };
            save(store, item_key(item), &empty);
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
    let row: Option<AuthorRow> = load(store, &author_key(author, brand))?;
    Ok(row.map_or(Standing::Provisional, |row| {
        row.standing(brand, author, rule).standing
    }))
}

fn uncount(
    store: &mut dyn Store,
    item: ItemKey,
    row: &ItemRow,
    rule: &StandingRule,
    change: &mut Change,
) -> Result<(), StoreError> {
    let author = row.author.map(AuthorKey::new);
    for (brand, minute) in &row.counted {
        let key = contribution_key(brand, Minute::new(*minute), item);
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
    if let Some(author) = author {
        store.put(author_item_key(author, item), None);
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
    let key = author_key(author, brand);
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
    let key = author_key(author, brand);
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

/// Whether the author deleted everything of theirs, this version included.
fn is_gone(store: &dyn Store, mention: &Mention) -> Result<bool, StoreError> {
    let Some(author) = mention.author else {
        return Ok(false);
    };
    Ok(gone_up_to(store, author)?.is_some_and(|order| order >= mention.version.order))
}

fn gone_up_to(store: &dyn Store, author: AuthorKey) -> Result<Option<i64>, StoreError> {
    load(store, &AUTHORS_GONE.key(&[author.bytes()]))
}

fn items_of(store: &dyn Store, author: AuthorKey) -> Result<Vec<ItemKey>, StoreError> {
    let prefix = AUTHOR_ITEMS.key(&[author.bytes()]);
    let (start, end) = (prefix.len(), Table::after(prefix.clone()));
    let mut items = Vec::new();
    store.scan(&prefix, &end, &mut |key, _| {
        if let Ok(item) = <[u8; 16]>::try_from(&key[start..]) {
            items.push(ItemKey(item));
        }
    })?;
    Ok(items)
}

/// Every author's standing towards a brand.
pub(crate) fn standings(
    store: &dyn Store,
    brand: &BrandId,
    rule: &StandingRule,
) -> Result<Vec<AuthorStanding>, StoreError> {
    let prefix = tables::AUTHORS.key(&[&tables::brand_part(brand.as_str())]);
    let start = prefix.len();
    let rows: Vec<(Vec<u8>, AuthorRow)> = tables::rows(store, prefix)?;
    Ok(rows
        .into_iter()
        .filter_map(|(key, row)| {
            let author = AuthorKey::new(<[u8; 16]>::try_from(&key[start..]).ok()?);
            Some(row.standing(brand, author, rule))
        })
        .collect())
}
