//! `hark.v1.AuthorStanding`.

use crate::common::{Label, author_key, id, label};
use crate::{FieldError, v1, wire};
use hark_model as model;
use model::Timestamp;

wire!(AuthorStanding, 4);

impl From<&model::AuthorStanding> for v1::AuthorStanding {
    fn from(standing: &model::AuthorStanding) -> Self {
        Self {
            brand: standing.brand.to_string(),
            author_key: standing.author.to_string(),
            standing: standing.standing.number(),
            previous: standing.previous.number(),
            score: standing.score,
            experiences: standing.experiences,
            recommendations: standing.recommendations,
            reach: standing.reach,
            updated_at_ms: standing.updated_at.millis(),
        }
    }
}

impl TryFrom<v1::AuthorStanding> for model::AuthorStanding {
    type Error = FieldError;

    fn try_from(wire: v1::AuthorStanding) -> Result<Self, FieldError> {
        Ok(Self {
            brand: id("brand", &wire.brand)?,
            author: author_key("author_key", &wire.author_key)?,
            standing: label("standing", wire.standing)?,
            previous: label("previous", wire.previous)?,
            score: wire.score,
            experiences: wire.experiences,
            recommendations: wire.recommendations,
            reach: wire.reach,
            updated_at: Timestamp::from_millis(wire.updated_at_ms),
        })
    }
}
