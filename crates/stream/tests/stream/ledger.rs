//! Histories that proptest makes up, on the embedded log.

use crate::open;
use hark_stream::contract::Subject;
use hark_stream::contract::ledger::{Move, play};
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};

fn step() -> impl Strategy<Value = Move> {
    let who = || 0..3_usize;
    prop_oneof![
        2 => Just(Move::Publish),
        2 => who().prop_map(Move::Assign),
        4 => who().prop_map(Move::Poll),
        3 => who().prop_map(Move::Complete),
        2 => who().prop_map(Move::Submit),
        1 => who().prop_map(Move::Settle),
        1 => who().prop_map(Move::Rewind),
        1 => who().prop_map(Move::Revoke),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    #[test]
    fn each_record_counts_once_in_any_order_of_moves(moves in vec(step(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        play(&Subject::new(open(folder.path()), folder), &moves);
    }
}
