//! The outbox: notices and the order in which they leave.

use crate::draft::Draft;
use crate::error::CareError;
use crate::keys::{self, Range};
use hark_stream::{Error, State};
use serde::{Deserialize, Serialize};

/// A revision of an alert that one webhook has to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) head: Head,
    /// The alert as it lies in its topic; rendered anew for each attempt.
    pub(crate) alert: Vec<u8>,
}

/// What is known of a notice without reading its alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The alert's id.
    pub(crate) alert_id: String,
    /// Its revision.
    pub(crate) revision: u32,
    /// A later revision may take its place.
    pub(crate) supersedable: bool,
    /// When the alert was written to its topic, ms since the epoch.
    pub(crate) published_at: i64,
    /// When it came into the outbox, ms since the epoch.
    pub(crate) created_at: i64,
    /// When it is tried next at the earliest, ms since the epoch.
    pub(crate) next_attempt_at: i64,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// Why the last attempt failed.
    pub(crate) last_failure: Option<String>,
}

impl Notice {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = rmp_serde::to_vec_named(&self.head).expect("texts and numbers encode");
        bytes.extend_from_slice(&self.alert);
        bytes
    }

    fn decode(webhook: &str, number: u64, bytes: &[u8]) -> Result<Self, CareError> {
        let mut rest = bytes;
        let head = rmp_serde::from_read(&mut rest).map_err(|error| CareError::Outbox {
            webhook: webhook.to_owned(),
            offset: number,
            message: error.to_string(),
        })?;
        Ok(Self {
            head,
            alert: rest.to_vec(),
        })
    }
}

/// A notice by its number.
pub(crate) fn get(
    state: &dyn State,
    webhook: &str,
    number: u64,
) -> Result<Option<Notice>, CareError> {
    let bytes = state.get(&keys::notice(webhook, number))?;
    bytes
        .map(|bytes| Notice::decode(webhook, number, &bytes))
        .transpose()
}

/// A notice that must be there.
pub(crate) fn require(state: &dyn State, webhook: &str, number: u64) -> Result<Notice, CareError> {
    get(state, webhook, number)?.ok_or_else(|| CareError::Outbox {
        webhook: webhook.to_owned(),
        offset: number,
        message: "it is due and not there".to_owned(),
    })
}

/// The oldest notice that is not among `except`.
pub(crate) fn oldest(
    state: &dyn State,
    webhook: &str,
    except: &[u64],
) -> Result<Option<(u64, Notice)>, CareError> {
    let mut found = None;
    scan(state, &keys::notices(webhook), &mut |key, value| {
        let number = keys::number_of(key).filter(|number| !except.contains(number));
        found = number.map(|number| (number, value.to_vec()));
        found.is_none()
    })?;
    let decode = |(number, bytes): (u64, Vec<u8>)| {
        Notice::decode(webhook, number, &bytes).map(|notice| (number, notice))
    };
    found.map(decode).transpose()
}

/// What has waited longest to be tried, among what is not in `except`, and since (or until) when.
pub(crate) fn next_due(
    state: &dyn State,
    webhook: &str,
    except: &[u64],
) -> Result<Option<(i64, u64)>, Error> {
    let mut found = None;
    scan(state, &keys::all_due(webhook), &mut |key, _| {
        found = keys::due_of(key).filter(|(_, number)| !except.contains(number));
        found.is_none()
    })?;
    Ok(found)
}

/// How many notices there are, by webhook.
pub(crate) fn counts(state: &dyn State) -> Result<Vec<(String, u64)>, Error> {
    let mut counts: Vec<(String, u64)> = Vec::new();
    scan(state, &keys::all_notices(), &mut |key, _| {
        if let Some(webhook) = keys::webhook_of(key) {
            match counts.last_mut().filter(|(last, _)| last == webhook) {
                Some((_, count)) => *count += 1,
                None => counts.push((webhook.to_owned(), 1)),
            }
        }
        true
    })?;
    Ok(counts)
}

/// The notices of one alert in order, each with whether it may be superseded.
pub(crate) fn of_alert(
    state: &dyn State,
    webhook: &str,
    alert: &str,
) -> Result<Vec<(u64, bool)>, Error> {
    let mut chain = Vec::new();
    scan(
        state,
        &keys::whole_chain(webhook, alert),
        &mut |key, value| {
            chain.extend(keys::number_of(key).map(|number| (number, value == [1])));
            true
        },
    )?;
    Ok(chain)
}

/// Adds a notice behind those of the same alert.
pub(crate) fn add(
    draft: &mut Draft<'_>,
    webhook: &str,
    number: u64,
    notice: &Notice,
) -> Result<(), Error> {
    let head = &notice.head;
    if of_alert(draft, webhook, &head.alert_id)?.is_empty() {
        draft.put(keys::due(webhook, head.next_attempt_at, number), Vec::new());
    }
    let supersedable = vec![u8::from(head.supersedable)];
    draft.put(keys::chain(webhook, &head.alert_id, number), supersedable);
    draft.put(keys::notice(webhook, number), notice.encode());
    Ok(())
}

/// Takes a notice out. If it was its alert's oldest, the next one's turn has come.
pub(crate) fn remove(
    draft: &mut Draft<'_>,
    webhook: &str,
    number: u64,
    head: &Head,
) -> Result<(), CareError> {
    draft.remove(keys::notice(webhook, number));
    draft.remove(keys::due(webhook, head.next_attempt_at, number));
    let chain = of_alert(draft, webhook, &head.alert_id)?;
    draft.remove(keys::chain(webhook, &head.alert_id, number));
    if let [(first, _), (next, _), ..] = chain[..]
        && first == number
        && let Some(notice) = get(draft, webhook, next)?
    {
        draft.put(
            keys::due(webhook, notice.head.next_attempt_at, next),
            Vec::new(),
        );
    }
    Ok(())
}

/// Puts an alert's oldest notice off.
pub(crate) fn put_off(
    draft: &mut Draft<'_>,
    webhook: &str,
    number: u64,
    before: &Head,
    notice: &Notice,
) {
    draft.remove(keys::due(webhook, before.next_attempt_at, number));
    draft.put(
        keys::due(webhook, notice.head.next_attempt_at, number),
        Vec::new(),
    );
    draft.put(keys::notice(webhook, number), notice.encode());
}

/// Replaces what a notice says.
pub(crate) fn rewrite(draft: &mut Draft<'_>, webhook: &str, number: u64, notice: &Notice) {
    draft.put(keys::notice(webhook, number), notice.encode());
}

fn scan(
    state: &dyn State,
    range: &Range,
    visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
) -> Result<(), Error> {
    state.scan(&range.from, &range.to, visit)
}
