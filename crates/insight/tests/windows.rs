//! The windows that slide with the stream are what a recount of the store says.

mod support;

use hark_insight::{Aggregator, Cause, Insight, MemoryStore, Report, TimeMode};
use hark_model::{AuthorKey, MentionEvent, Span};
use proptest::collection::vec;
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop_assert_eq, prop_oneof, proptest,
};
use std::sync::Arc;
use support::mention::{author, author_gone, gap, gone, mention};
use support::stream::BRANDS;
use support::{at, market};

/// What happens next.
#[derive(Clone, Debug)]
struct Step {
    /// The clock goes on by so many seconds,
    wait: i64,
    /// and something that happened so many seconds earlier (later, if negative) is heard.
    age: i64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Said {
        item: u8,
        brand: usize,
        sentiment: u8,
        touchpoint: bool,
        repost: bool,
    },
    ItemGone(u8),
    AuthorGone(u8),
    Gap,
    /// The event before is delivered once more.
    Again,
    Nothing,
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        6 => 0..90_i64,
        3 => 60..5_400_i64,
        2 => 5_400..100_000_i64,
        1 => 86_400..40 * 86_400_i64,
    ];
    let age = prop_oneof![
        5 => Just(0_i64),
        3 => 0..120_i64,
        2 => 0..200_000_i64,
        2 => -300..0_i64,
    ];
    let said = (0..20_u8, 0..3_usize, 0..3_u8, any::<bool>(), any::<bool>()).prop_map(
        |(item, brand, sentiment, touchpoint, repost)| What::Said {
            item,
            brand,
            sentiment,
            touchpoint,
            repost,
        },
    );
    let what = prop_oneof![
        12 => said,
        2 => (0..20_u8).prop_map(What::ItemGone),
        1 => (1..4_u8).prop_map(What::AuthorGone),
        1 => Just(What::Gap),
        3 => Just(What::Again),
        2 => Just(What::Nothing),
    ];
    (wait, age, what).prop_map(|(wait, age, what)| Step { wait, age, what })
}

/// An item keeps its author; those of every fourth are unknown.
fn author_of(item: u8) -> Option<AuthorKey> {
    let number = item % 4;
    (number > 0).then(|| author(number))
}

fn event(what: &What, number: i64, time: hark_model::Timestamp) -> Option<MentionEvent> {
    Some(match *what {
        What::Said {
            item,
            brand,
            sentiment,
            touchpoint,
            repost,
        } => {
            let mut said = mention(BRANDS[brand])
                .item(item)
                .version(number, "")
                .on(time);
            said = match sentiment {
                0 => said.negative().reaching(u64::from(item)),
                1 => said,
                _ => said.positive(),
            };
            said.0.author = author_of(item);
            said = if touchpoint {
                said.touching("delivery")
            } else {
                said
            };
            let said = if repost && item % 3 == 0 {
                said.repost()
            } else {
                said
            };
            said.event()
        }
        What::ItemGone(item) => gone(item, author_of(item), number),
        What::AuthorGone(author) => author_gone(author, number),
        What::Gap => gap("0 08:00", "1 02:00"),
        What::Again | What::Nothing => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_publication_equals_a_recount(
        steps in vec(step(), 1..40),
        wall in any::<bool>(),
        restarts in any::<u64>(),
    ) {
        let mut config = market(&BRANDS);
        config.time = if wall { TimeMode::Wall } else { TimeMode::Event };
        let mut store = MemoryStore::default();
        let mut aggregator = Aggregator::restore(config.clone(), &store).unwrap();
        let mut clock = at("0 10:00");
        let (mut publications, mut before) = (0, None);
        for (number, step) in steps.iter().enumerate() {
            clock = clock + Span::from_seconds(step.wait);
            // What is published here comes before the event counts, so it is compared before.
            aggregator.advance(clock, &mut store).unwrap();
            for insight in aggregator.flush(&mut store).unwrap() {
                let Insight::Voice(share) = insight else { continue };
                let report = Report { config: &config, shares: vec![&store], whole: vec![&store] };
                let end = share.to - Span::from_millis(1);
                let recount = report.voice(&config.markets[0], share.window, end).unwrap();
                let mut expected = recount.shares.into_iter().find(|s| s.brand == share.brand).unwrap();
                expected.revision = share.revision;
                prop_assert_eq!(*share, expected);
                publications += 1;
            }
            if restarts >> (number % 64) & 1 == 1 {
                aggregator = Aggregator::restore(config.clone(), &store).unwrap();
            }
            let time = clock - Span::from_seconds(step.age);
            // An event of the future would move the time of a replay, and publish by itself.
            let time = if wall { time } else { time.min(clock) };
            let cause = Cause { topic: Arc::from("mentions"), partition: 0, offset: number as u64 };
            if let Some(event) = event(&step.what, number as i64, time) {
                aggregator.observe(&event, &cause, clock, &mut store).unwrap();
                before = Some(event);
            } else if let (What::Again, Some(event)) = (&step.what, &before) {
                aggregator.observe(event, &cause, clock, &mut store).unwrap();
            }
        }
        aggregator.finish(&mut store).unwrap();
        let last = aggregator.flush(&mut store).unwrap();
        publications += last.len();
        let said = steps.iter().any(|step| matches!(step.what, What::Said { .. }));
        assert!(publications > 0 || !said, "nothing was ever published");
    }
}
