//! Touchpoints of the customer journey.

use crate::{TeamId, TouchpointId};

/// Where on the way from hearing of a brand to recommending it an experience lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JourneyStage {
    /// Hears of it.
    Awareness,
    /// Weighs it.
    Consideration,
    /// Buys.
    Purchase,
    /// Waits for it.
    Delivery,
    /// Lives with it.
    Use,
    /// Needs help.
    Care,
    /// Speaks for it, or against it.
    Advocacy,
}

impl JourneyStage {
    /// In the order of the journey.
    pub const ALL: [Self; 7] = [
        Self::Awareness,
        Self::Consideration,
        Self::Purchase,
        Self::Delivery,
        Self::Use,
        Self::Care,
        Self::Advocacy,
    ];

    /// The id used in configuration and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Awareness => "awareness",
            Self::Consideration => "consideration",
            Self::Purchase => "purchase",
            Self::Delivery => "delivery",
            Self::Use => "use",
            Self::Care => "care",
            Self::Advocacy => "advocacy",
        }
    }

    /// The stage with this id.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == id)
    }
}

/// Where an experience happened, who owns it, and how much it decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Touchpoint {
    /// Its id; the default ones are a contract.
    pub id: TouchpointId,
    /// The stage of the journey it belongs to.
    pub stage: JourneyStage,
    /// The team that can do something about it.
    pub owner: TeamId,
    /// Moment-of-truth weight: how strongly an experience here moves an author's standing.
    /// 1 is ordinary; greater than 0.
    pub weight: f64,
}

/// The touchpoints in force, in a fixed order.
#[derive(Clone, Debug, PartialEq)]
pub struct Taxonomy {
    touchpoints: Vec<Touchpoint>,
}

impl Taxonomy {
    /// A taxonomy of these touchpoints; a later one of the same id replaces an earlier one.
    pub fn new(touchpoints: impl IntoIterator<Item = Touchpoint>) -> Self {
        let mut unique: Vec<Touchpoint> = Vec::new();
        for touchpoint in touchpoints {
            match unique.iter_mut().find(|known| known.id == touchpoint.id) {
                Some(known) => *known = touchpoint,
                None => unique.push(touchpoint),
            }
        }
        Self {
            touchpoints: unique,
        }
    }

    /// Every touchpoint, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Touchpoint> {
        self.touchpoints.iter()
    }

    /// The touchpoint with this id.
    pub fn get(&self, id: &TouchpointId) -> Option<&Touchpoint> {
        self.touchpoints
            .iter()
            .find(|touchpoint| touchpoint.id == *id)
    }

    /// The place of a touchpoint in [`Taxonomy::iter`].
    pub fn index(&self, id: &TouchpointId) -> Option<usize> {
        self.touchpoints
            .iter()
            .position(|touchpoint| touchpoint.id == *id)
    }

    /// The moment-of-truth weight; 1 for a touchpoint nobody configured.
    pub fn weight(&self, id: &TouchpointId) -> f64 {
        self.get(id).map_or(1.0, |touchpoint| touchpoint.weight)
    }
}

/// The default taxonomy: sixteen touchpoints, in the order of the default model's head.
pub fn default_taxonomy() -> Taxonomy {
    use JourneyStage::{Advocacy, Awareness, Care, Consideration, Delivery, Purchase, Use};
    let rows = [
        ("advertising", Awareness, "marketing", 0.6),
        ("website-app", Consideration, "digital", 1.0),
        ("store", Purchase, "locations", 1.0),
        ("staff", Purchase, "locations", 1.4),
        ("ordering", Purchase, "sales", 1.0),
        ("payment", Purchase, "finance", 1.5),
        ("price", Consideration, "marketing", 0.8),
        ("delivery", Delivery, "logistics", 1.5),
        ("product", Use, "product", 1.3),
        ("support", Care, "care", 1.6),
        ("returns", Care, "care", 1.5),
        ("account", Use, "digital", 1.1),
        ("loyalty", Advocacy, "marketing", 0.8),
        ("partner", Delivery, "partners", 1.0),
        ("safety", Use, "legal", 2.0),
        ("brand", Advocacy, "brand", 0.8),
    ];
    Taxonomy::new(rows.map(|(id, stage, owner, weight)| Touchpoint {
        id: TouchpointId::new(id),
        stage,
        owner: TeamId::new(owner),
        weight,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_taxonomy_has_the_sixteen_touchpoints_of_the_contract() {
        let ids: Vec<_> = default_taxonomy()
            .iter()
            .map(|t| t.id.to_string())
            .collect();
        assert_eq!(
            ids.join(" "),
            "advertising website-app store staff ordering payment price delivery product support \
             returns account loyalty partner safety brand"
        );
    }

    #[test]
    fn a_later_touchpoint_replaces_an_earlier_one_of_the_same_id() {
        let mut staff = default_taxonomy().get(&"staff".into()).unwrap().clone();
        staff.weight = 3.0;
        let taxonomy = Taxonomy::new(default_taxonomy().iter().cloned().chain([staff]));
        assert_eq!(taxonomy.iter().len(), 16);
        assert_eq!(taxonomy.weight(&"staff".into()), 3.0);
    }
}
