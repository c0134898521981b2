//! Durations as they are written in configuration: "90s", "5m", "2h", "14d".

use hark_model::Span;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A duration read from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written(pub(crate) Span);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length = humantime::parse_duration(&text)
            .map_err(|error| D::Error::custom(format!("{text:?} is no duration ({error}); write it like \"90s\", \"5m\", \"2h\" or \"14d\"")))?;
        let millis = i64::try_from(length.as_millis())
            .map_err(|_| D::Error::custom(format!("{text:?} is longer than can be")))?;
        Ok(Self(Span::from_millis(millis)))
    }
}

/// For `#[serde(deserialize_with)]` on a [`Span`].
pub(crate) fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
    Written::deserialize(deserializer).map(|written| written.0)
}

/// For `#[serde(deserialize_with)]` on a list of spans.
pub(crate) fn spans<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Span>, D::Error> {
    let written = Vec::<Written>::deserialize(deserializer)?;
    Ok(written.into_iter().map(|written| written.0).collect())
}
