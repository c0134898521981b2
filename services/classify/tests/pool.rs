//! The pool keeps its promises whatever an engine does.

// Helpers of tests are tests too, which clippy cannot know.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Fake, Poison};
use hark_classify::{Outcome, PoolError};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

fn numbered(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| format!("text number {n} {}", "word ".repeat(n % 17)))
        .collect()
}

/// `count` texts with "poison" in the middle.
fn with_poison(count: usize) -> Vec<String> {
    let mut texts = numbered(count);
    texts.insert(count / 2, "poison".to_owned());
    texts
}

#[track_caller]
fn only_the_middle_failed(outcomes: &[Outcome]) {
    for (at, outcome) in outcomes.iter().enumerate() {
        assert_eq!(
            outcome.is_err(),
            at == outcomes.len() / 2,
            "text {at}: {outcome:?}"
        );
    }
}

#[test]
fn outcomes_come_in_the_order_of_the_texts_however_they_were_batched() {
    let texts = numbered(300);
    let one_by_one: Vec<_> = {
        let pool = Fake::default().pool(1).unwrap();
        texts
            .iter()
            .map(|text| pool.classify(&[text]).unwrap().remove(0))
            .collect()
    };
    let together = Fake::default().pool(3).unwrap().classify(&texts).unwrap();
    assert_eq!(together, one_by_one);
}

#[test]
fn a_text_that_fails_its_batch_is_the_only_one_to_fail() {
    let fake = Fake::default().with_poison("poison", Poison::Fails);
    let outcomes = fake.pool(1).unwrap().classify(&with_poison(100)).unwrap();
    only_the_middle_failed(&outcomes);
    assert!(
        outcomes[50]
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("indigestible")
    );
    // A failing batch does not cost an engine.
    assert_eq!(fake.made.load(Ordering::Relaxed), 1);
}

#[test]
fn a_text_that_makes_engines_panic_is_the_only_one_to_fail_and_the_engine_is_replaced() {
    let fake = Fake::default().with_poison("poison", Poison::Panics);
    let pool = fake.pool(2).unwrap();
    only_the_middle_failed(&pool.classify(&with_poison(100)).unwrap());
    // The other engine may have answered for all before the new one is there.
    let patience = Instant::now() + Duration::from_secs(30);
    while fake.made.load(Ordering::Relaxed) <= 2 {
        assert!(Instant::now() < patience, "no engine was replaced");
        std::thread::yield_now();
    }
    assert!(
        pool.classify(&numbered(50))
            .unwrap()
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!(pool.failure(), None);
}

#[test]
fn an_engine_that_cannot_be_replaced_leaves_its_work_to_the_others() {
    let fake = Fake::default()
        .with_poison("poison", Poison::Loses)
        .with_most_engines(2);
    let pool = fake.pool(2).unwrap();
    // Alone, so that no other engine meets it.
    assert!(pool.classify(&["poison"]).unwrap()[0].is_err());
    assert!(
        pool.classify(&numbered(100))
            .unwrap()
            .iter()
            .all(Result::is_ok)
    );
}

#[test]
fn work_that_a_lost_engine_had_taken_is_done_by_another() {
    let fake = Fake::default()
        .with_poison("poison", Poison::Loses)
        .with_most_engines(3);
    let pool = fake.pool(3).unwrap();
    // With company of its length: the batch is halved on the way, at most two engines go.
    let mut texts = vec!["fine"; 3];
    texts.insert(0, "poison");
    match pool.classify(&texts) {
        Ok(outcomes) => assert!(outcomes[1..].iter().all(Result::is_ok), "{outcomes:?}"),
        // Every engine met it in company; then the pool says so.
        Err(error) => assert_eq!(pool.failure(), Some(error)),
    }
}

#[test]
fn when_the_last_engine_is_lost_every_caller_learns_why() {
    let fake = Fake::default()
        .with_poison("poison", Poison::Panics)
        .with_most_engines(1);
    let pool = fake.pool(1).unwrap();
    let first = pool.classify(&with_poison(100));
    let Err(error) = first else {
        panic!("{first:?}")
    };
    assert!(
        error.to_string().contains("no more engines in the store"),
        "{error}"
    );
    assert_eq!(pool.classify(&["later"]), Err(error.clone()));
    assert_eq!(pool.failure(), Some(error));
}

#[test]
fn an_engine_that_cannot_be_made_is_told_at_the_start() {
    let error = Fake::default().with_most_engines(1).pool(2).err().unwrap();
    assert!(
        matches!(&error, PoolError::Start(why) if why.contains("no more engines")),
        "{error}"
    );
}

#[test]
fn many_submitters_through_a_small_queue_all_get_their_own() {
    let fake = Fake::default().with_poison("poison", Poison::Panics);
    let pool = fake.pool(2).unwrap();
    let expected = Fake::default()
        .pool(1)
        .unwrap()
        .classify(&numbered(150))
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let outcomes = pool.classify(&with_poison(150)).unwrap();
                only_the_middle_failed(&outcomes);
                let without: Vec<_> = outcomes.into_iter().filter(Result::is_ok).collect();
                assert_eq!(without, expected);
            });
        }
    });
}

#[test]
fn a_submission_outlives_its_pool_without_hanging() {
    let pool = Fake::default().pool(1).unwrap();
    let submission = pool.submit(&["one", "two"]).unwrap();
    drop(pool);
    match submission.wait() {
        Ok(outcomes) => assert_eq!(outcomes.len(), 2),
        Err(error) => assert_eq!(error, PoolError::Stopped),
    }
}
