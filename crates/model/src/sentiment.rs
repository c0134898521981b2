//! What the model says of a text.

/// The attitude of a text towards a brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sentiment {
    /// Against it.
    Negative,
    /// Neither.
    Neutral,
    /// For it.
    Positive,
}

impl Sentiment {
    /// In the order of the model's head.
    pub const ALL: [Self; 3] = [Self::Negative, Self::Neutral, Self::Positive];

    /// The id used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
        }
    }

    /// Its place in [`Sentiment::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A probability for each sentiment; they sum to 1.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct SentimentScores {
    /// Probability of negative, 0..=1.
    pub negative: f32,
    /// Probability of neutral, 0..=1.
    pub neutral: f32,
    /// Probability of positive, 0..=1.
    pub positive: f32,
}

impl SentimentScores {
    /// The most probable sentiment; on a tie the more cautious one (neutral, then negative).
    pub fn label(&self) -> Sentiment {
        if self.neutral >= self.negative && self.neutral >= self.positive {
            Sentiment::Neutral
        } else if self.negative >= self.positive {
            Sentiment::Negative
        } else {
            Sentiment::Positive
        }
    }

    /// The probability of one sentiment.
    pub fn of(&self, sentiment: Sentiment) -> f32 {
        match sentiment {
            Sentiment::Negative => self.negative,
            Sentiment::Neutral => self.neutral,
            Sentiment::Positive => self.positive,
        }
    }

    /// The probability of [`SentimentScores::label`].
    pub fn confidence(&self) -> f32 {
        self.negative.max(self.neutral).max(self.positive)
    }

    /// Expected sentiment, positive minus negative, −1..=1.
    pub fn polarity(&self) -> f32 {
        self.positive - self.negative
    }
}

macro_rules! labels {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $id:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vdoc])* $variant),+
        }

        impl $name {
            /// In the order of the model's head.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The id used on the wire; a contract.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }

            /// The label with this id.
            pub fn parse(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|label| label.as_str() == id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

labels!(
    /// What the author wants; several may hold.
    Intent {
        /// Something went wrong and they say so.
        Complaint = "complaint",
        /// They ask something.
        Question = "question",
        /// They thank or commend.
        Praise = "praise",
        /// They propose a change.
        Suggestion = "suggestion",
        /// They buy or mean to.
        Purchase = "purchase",
        /// They leave or threaten to.
        Churn = "churn",
        /// They advise others to buy.
        Recommendation = "recommendation",
    }
);

labels!(
    /// What the author feels; none, one or several.
    Emotion {
        /// Anger or annoyance.
        Anger = "anger",
        /// Disgust.
        Disgust = "disgust",
        /// Fear or worry.
        Fear = "fear",
        /// Joy, gratitude, relief.
        Joy = "joy",
        /// Sadness or disappointment.
        Sadness = "sadness",
        /// Surprise.
        Surprise = "surprise",
    }
);

labels!(
    /// What the author got, measured by what they had counted on; none when no experience is told.
    Expectation {
        /// Less than was promised, paid for, usual or wished.
        Missed = "missed",
        /// As it should be, no more.
        Met = "met",
        /// Better than they had counted on.
        Exceeded = "exceeded",
    }
);

impl std::fmt::Display for Sentiment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tie_is_read_as_the_cautious_label() {
        let tie = SentimentScores {
            negative: 0.5,
            neutral: 0.0,
            positive: 0.5,
        };
        assert_eq!(tie.label(), Sentiment::Negative);
        let flat = SentimentScores {
            negative: 0.4,
            neutral: 0.4,
            positive: 0.2,
        };
        assert_eq!(flat.label(), Sentiment::Neutral);
    }

    #[test]
    fn every_label_is_found_by_its_id() {
        for intent in Intent::ALL {
            assert_eq!(Intent::parse(intent.as_str()), Some(*intent));
        }
        for emotion in Emotion::ALL {
            assert_eq!(Emotion::parse(emotion.as_str()), Some(*emotion));
        }
    }
}
