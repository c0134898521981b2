//! An author's standing towards a brand, from their experiences in the order of event time.

use crate::config::StandingRule;
use crate::contribution::Experience;
use crate::tables::AuthorRow;
use hark_model::{AuthorKey, AuthorStanding, BrandId, Standing, Timestamp};

/// An author's newest experiences are kept up to this many; with a half-life of 90 days what an
/// author said hundreds of mentions ago moves nothing.
const KEPT: usize = 256;

impl AuthorRow {
    /// Takes an experience in at its place; one of the same item replaces the older reading.
    pub(crate) fn add(&mut self, experience: Experience) {
        self.experiences
            .retain(|known| known.item != experience.item);
        let place = self
            .experiences
            .partition_point(|known| (known.time, known.item) < (experience.time, experience.item));
        self.experiences.insert(place, experience);
        if self.experiences.len() > KEPT {
            self.experiences.remove(0);
        }
    }

    /// Takes the experience told in an item out. Returns whether there was one.
    pub(crate) fn remove(&mut self, item: crate::contribution::ItemKey) -> bool {
        let before = self.experiences.len();
        self.experiences.retain(|known| known.item != item);
        self.experiences.len() != before
    }

    /// What the experiences say, folded from the oldest to the newest so that hysteresis depends
    /// on when things happened and not on when hark heard of them.
    pub(crate) fn standing(
        &self,
        brand: &BrandId,
        author: AuthorKey,
        rule: &StandingRule,
    ) -> AuthorStanding {
        let mut fold = Fold::default();
        for experience in &self.experiences {
            fold.take(experience, rule);
        }
        AuthorStanding {
            brand: brand.clone(),
            author,
            standing: fold.standing,
            previous: fold.previous,
            score: fold.score(),
            experiences: fold.experiences,
            recommendations: fold.recommendations,
            reach: self.experiences.iter().rev().find_map(|known| known.reach),
            updated_at: Timestamp::from_millis(fold.time),
        }
    }
}

struct Fold {
    time: i64,
    /// Σ weight × value, decayed to `time`.
    sum: f64,
    /// Σ weight, decayed to `time`.
    weight: f64,
    experiences: u32,
    recommendations: u32,
    standing: Standing,
    previous: Standing,
}

impl Default for Fold {
    fn default() -> Self {
        Self {
            time: 0,
            sum: 0.0,
            weight: 0.0,
            experiences: 0,
            recommendations: 0,
            standing: Standing::Provisional,
            previous: Standing::Provisional,
        }
    }
}

impl Fold {
    fn take(&mut self, experience: &Experience, rule: &StandingRule) {
        if self.experiences > 0 {
            let elapsed = (experience.time - self.time) as f64;
            let decay = (-elapsed / rule.half_life.millis().max(1) as f64).exp2();
            self.sum *= decay;
            self.weight *= decay;
        }
        self.time = experience.time;
        self.sum += f64::from(experience.weight) * f64::from(experience.value);
        self.weight += f64::from(experience.weight);
        self.experiences += 1;
        self.recommendations += u32::from(experience.recommends);
        let next = self.next(rule);
        if next != self.standing {
            self.previous = self.standing;
            self.standing = next;
        }
    }

    fn score(&self) -> f64 {
        if self.weight > 0.0 {
            self.sum / self.weight
        } else {
            0.0
        }
    }

    fn next(&self, rule: &StandingRule) -> Standing {
        if self.experiences < rule.min_experiences {
            return Standing::Provisional;
        }
        let slack = |standing| {
            if self.standing == standing {
                rule.hysteresis
            } else {
                0.0
            }
        };
        let score = self.score();
        let recommended = self.recommendations > 0;
        if recommended && score >= rule.promoter - slack(Standing::Promoter) {
            Standing::Promoter
        } else if score <= rule.detractor + slack(Standing::Detractor) {
            Standing::Detractor
        } else {
            Standing::Passive
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribution::ItemKey;

    const DAY: i64 = 86_400_000;

    fn experience(id: u8, day: i64, value: f32, recommends: bool) -> Experience {
        Experience {
            time: day * DAY,
            item: ItemKey([id; 16]),
            value,
            weight: 1.0,
            recommends,
            reach: None,
        }
    }

    fn standing_of(experiences: &[Experience]) -> AuthorStanding {
        let mut row = AuthorRow::default();
        experiences.iter().for_each(|e| row.add(e.clone()));
        row.standing(
            &"b".into(),
            AuthorKey::new([1; 16]),
            &StandingRule::default(),
        )
    }

    #[test]
    fn one_experience_is_provisional_whatever_it_says() {
        assert_eq!(
            standing_of(&[experience(1, 0, -1.0, false)]).standing,
            Standing::Provisional
        );
    }

    #[test]
    fn praise_without_a_recommendation_is_passive() {
        let praise = [experience(1, 0, 0.9, false), experience(2, 1, 0.9, false)];
        assert_eq!(standing_of(&praise).standing, Standing::Passive);
        let advice = [experience(1, 0, 0.9, false), experience(2, 1, 0.9, true)];
        assert_eq!(standing_of(&advice).standing, Standing::Promoter);
    }

    #[test]
    fn after_one_half_life_an_experience_counts_half() {
        let standing = standing_of(&[experience(1, 0, 1.0, false), experience(2, 90, 0.0, false)]);
        assert!(
            (standing.score - 0.5 / 1.5).abs() < 1e-9,
            "{}",
            standing.score
        );
    }

    #[test]
    fn a_detractor_stays_one_until_the_score_is_clearly_better() {
        // Scores after each: -1, -0.35 (detractor), about -0.23 (inside the hysteresis).
        let mut said = vec![experience(1, 0, -1.0, false), experience(2, 0, 0.3, false)];
        assert_eq!(standing_of(&said).standing, Standing::Detractor);
        said.push(experience(3, 0, 0.0, false));
        assert_eq!(standing_of(&said).standing, Standing::Detractor);
        said.push(experience(4, 0, 0.2, false));
        assert_eq!(standing_of(&said).standing, Standing::Passive);
    }

    #[test]
    fn arrival_order_does_not_matter() {
        let said = [
            experience(1, 0, -1.0, false),
            experience(2, 3, 0.3, true),
            experience(3, 1, 0.9, false),
            experience(4, 2, -0.4, false),
        ];
        let mut reversed = said.clone();
        reversed.reverse();
        assert_eq!(standing_of(&said), standing_of(&reversed));
    }

    #[test]
    fn only_the_newest_experiences_are_kept() {
        let mut row = AuthorRow::default();
        for day in 0..300 {
            let mut e = experience(0, day, 0.1, false);
            e.item.0[..8].copy_from_slice(&day.to_be_bytes());
            row.add(e);
        }
        assert_eq!(row.experiences.len(), KEPT);
        assert_eq!(row.experiences[0].time, (300 - KEPT as i64) * DAY);
    }
}
