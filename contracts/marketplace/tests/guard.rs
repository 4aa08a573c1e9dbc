//! A slot and chunk settle once, however late.
mod common;

use std::collections::HashMap;

use common::*;
use marketplace::{
    slots::{Block, Slots, CLOSED, REACH_MINUTES},
    MarketError,
};
use proptest::prelude::*;
use soroban_sdk::testutils::Ledger;

const WEEK: u32 = REACH_MINUTES / SLOT_MINUTES;

/// Noon is the 17th slot of its block, so 80 slots before it are at hand.
fn at(slots: i32) -> u32 {
    NOON.checked_add_signed(slots * SLOT_MINUTES as i32)
        .unwrap()
}

/// A market three weeks on, so that slots of a fortnight have begun.
fn settled_at_noon() -> Market {
    let m = market();
    m.wait(21 * 86_400);
    m.settle(&[section(NOON, 0)]);
    m
}

#[test]
fn at_first_the_newest_block_and_the_one_before_settle() {
    let m = settled_at_noon();
    m.settle(&[section(at(-80), 0)]);
    let again = m.refused(&[section(at(-80), 0)]);
    assert_eq!(again, MarketError::SlotSettled);
    let never_kept = m.refused(&[section(at(-81), 0)]);
    assert_eq!(never_kept, MarketError::SlotTooOld);
    assert_eq!(m.client.next_chunk(&at(-81)), u32::from(CLOSED));
    assert_eq!(m.client.next_chunk(&at(1)), 0);
}

#[test]
fn a_block_that_left_is_kept_and_settles_what_it_had_not() {
    let m = settled_at_noon();
    m.settle(&[section(at(1), 0).closes(), section(at(-20), 0)]);
    // The last slot of this block, and the first of the one after next.
    m.settle(&[section(at(47), 0)]);
    m.settle(&[section(at(112), 0)]);
    assert_eq!(m.client.next_chunk(&NOON), 1);
    assert_eq!(m.refused(&[section(NOON, 0)]), MarketError::SlotSettled);
    assert_eq!(m.refused(&[section(at(1), 1)]), MarketError::SlotSettled);
    assert_eq!(m.refused(&[section(at(-20), 0)]), MarketError::SlotSettled);
    m.settle(&[section(NOON, 1).mint(ADA, 5), section(at(2), 0)]);
    m.settle(&[section(NOON, 2).closes()]);
    assert_eq!(m.client.next_chunk(&NOON), u32::from(CLOSED));
    assert_eq!(m.client.next_chunk(&at(2)), 1);
    assert_eq!(m.refused(&[section(NOON, 3)]), MarketError::SlotSettled);
}

#[test]
fn one_batch_may_span_blocks_that_leave() {
    let m = settled_at_noon();
    m.settle(&[
        section(at(1), 0),
        section(at(200), 0),
        section(at(1), 1),
        section(NOON, 1),
        section(at(100), 0),
    ]);
    assert_eq!(m.client.next_chunk(&NOON), 2);
    assert_eq!(m.client.next_chunk(&at(1)), 2);
    assert_eq!(m.client.next_chunk(&at(100)), 1);
    assert_eq!(m.refused(&[section(at(1), 1)]), MarketError::SlotSettled);
}

#[test]
fn a_slot_settles_for_a_week_and_no_longer() {
    let m = settled_at_noon();
    let week = WEEK as i32;
    for slots in (50..week).step_by(64) {
        m.settle(&[section(at(slots), 0)]);
    }
    m.settle(&[section(at(week), 0)]);
    m.settle(&[section(NOON, 1)]);
    m.settle(&[section(at(week + 1), 0)]);
    assert_eq!(m.refused(&[section(NOON, 2)]), MarketError::SlotTooOld);
    assert_eq!(m.client.next_chunk(&NOON), u32::from(CLOSED));
    m.settle(&[section(at(1), 0)]);
}

#[test]
fn a_leap_leaves_the_last_twelve_blocks_open() {
    let mut slots = Slots::default();
    for block in [1_000, 1_100] {
        let took = slots.take(block * 64, 0, false, SLOT_MINUTES, &|_| None);
        assert_eq!(took, Ok(()));
    }
    let left: Vec<u32> = slots.left.iter().map(|(number, _)| *number).collect();
    let expected: Vec<u32> = [999, 1_000].into_iter().chain(1_087..=1_098).collect();
    assert_eq!(left, expected);
}

#[test]
fn once_its_entry_is_gone_a_slot_settles_nothing() {
    let m = settled_at_noon();
    m.settle(&[section(at(112), 0)]);
    let ledger = m.e.ledger().sequence();
    m.e.ledger().set_sequence_number(ledger + 31 * 17_280);
    assert_eq!(m.client.next_chunk(&NOON), u32::from(CLOSED));
    let gone = refusal(m.client.try_settle(&m.bytes(&[section(NOON, 1)])));
    assert_eq!(gone, MarketError::SlotTooOld);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any order of slots, against a map of everything that ever settled.
    #[test]
    fn the_guard_is_a_map_with_a_horizon(
        steps in prop::collection::vec(
            (
                prop_oneof![6 => -5..6i32, 3 => -160..60i32, 1 => -800..400i32],
                prop::bool::weighted(0.2),
                prop::bool::weighted(0.1),
            ),
            1..120,
        )
    ) {
        let mut kept: HashMap<u32, Block> = HashMap::new();
        let mut slots = Slots::default();
        let mut settled: HashMap<u32, u8> = HashMap::new();
        let first = 1_978_128u32;
        let mut newest = first;
        for (distance, closes, wrong) in steps {
            let slot = newest.checked_add_signed(distance).unwrap();
            let next = settled.get(&slot).copied().unwrap_or_default();
            let chunk = if wrong { next.wrapping_add(1) } else { next };
            let mut after = slots.clone();
            let took = after.take(slot, chunk, closes, SLOT_MINUTES, &|n| kept.get(&n).copied());
            match took {
                Ok(()) => {
                    slots = after;
                    prop_assert!(next != CLOSED && !wrong, "settled twice");
                    settled.insert(slot, if closes { CLOSED } else { next + 1 });
                    newest = newest.max(slot);
                }
                Err(MarketError::SlotSettled) => prop_assert!(next == CLOSED || wrong),
                Err(MarketError::SlotTooOld) => {
                    let behind = newest - slot;
                    prop_assert!(behind > 64);
                    let was_reached = slot / 64 + 1 >= first / 64;
                    let leapt = !kept.contains_key(&(slot / 64));
                    prop_assert!(behind > WEEK || !was_reached || leapt);
                }
                Err(other) => prop_assert!(false, "{other:?}"),
            }
            // As the ledger keeps it between batches.
            kept.extend(std::mem::take(&mut slots.left));
            let mut seen = slots.clone();
            for (slot, next) in &settled {
                let shown = seen.next(*slot, SLOT_MINUTES, &|n| kept.get(&n).copied());
                prop_assert!(shown == *next || newest - slot > WEEK);
            }
        }
    }
}
