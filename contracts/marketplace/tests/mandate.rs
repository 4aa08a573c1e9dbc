mod common;

use common::*;
use marketplace::{Mandate, MarketError};

#[test]
fn refuses_mandates_that_make_no_sense() {
    let m = market();
    let refused = |change: fn(&mut Mandate)| {
        let mut mandate = mandate();
        change(&mut mandate);
        let result = m.client.try_set_mandate(m.member(ADA), &mandate);
        assert_eq!(refusal(result), MarketError::InvalidMandate);
    };
    refused(|mandate| mandate.sides = 0);
    refused(|mandate| mandate.sides = 4);
    refused(|mandate| mandate.zone = 256);
    refused(|mandate| mandate.valid_until = mandate.valid_from);
    refused(|mandate| mandate.sell_min = 0);
    refused(|mandate| mandate.buy_max = 0);
    refused(|mandate| mandate.slot_wh = 0);
    refused(|mandate| mandate.day_wh = 0);
}

#[test]
fn a_side_that_is_off_needs_no_limit() {
    let m = market();
    m.change_mandate(ADA, |mandate| {
        mandate.sides = 1;
        mandate.buy_max = 0;
    });
    m.change_mandate(BEN, |mandate| {
        mandate.sides = 2;
        mandate.sell_min = 0;
    });
    m.settle(&[section(NOON, 0)
        .mint(ADA, 100)
        .trade(BEN, ADA, 100, 1_000_000)]);
}

fn trade(slot: u32, chunk: u8) -> Sample {
    section(slot, chunk)
        .mint(ADA, 100)
        .trade(BEN, ADA, 100, 1_000_000)
}

/// The slot that runs at 13:07, when the market's clock stands there.
const RUNNING: u32 = NOON + 60;

fn market_at_13_07() -> Market {
    let m = market();
    m.settle(&[section(NOON - SLOT_MINUTES, 0)]);
    m.wait(7 * 60);
    m
}

#[test]
fn cancelling_ends_the_mandate_with_the_running_slot() {
    let m = market_at_13_07();
    m.client.cancel_mandate(m.member(ADA));
    let cancelled = m.client.account(m.member(ADA)).mandate;
    assert_eq!(cancelled.valid_until, RUNNING + SLOT_MINUTES);

    m.wait(u64::from(SLOT_MINUTES) * 60);
    let after = trade(RUNNING + SLOT_MINUTES, 0);
    assert_eq!(m.refused(&[after]), MarketError::MandateExpired);
    m.settle(&[trade(RUNNING, 0)]);
}

#[test]
fn a_new_mandate_counts_from_the_next_slot_and_the_old_one_until_then() {
    let m = market_at_13_07();
    let dearer = |mandate: &mut Mandate| mandate.sell_min = 1_000_001;
    let mut given = mandate();
    dearer(&mut given);
    m.client.set_mandate(m.member(ADA), &given);
    let stored = m.client.account(m.member(ADA)).mandate;
    assert_eq!(stored.valid_from, RUNNING + SLOT_MINUTES);
    assert_eq!(stored.sell_min, 1_000_001);

    m.wait(u64::from(SLOT_MINUTES) * 60);
    let next = trade(RUNNING + SLOT_MINUTES, 0);
    assert_eq!(m.refused(&[next]), MarketError::PriceBelowSellLimit);
    m.settle(&[trade(NOON, 0), trade(RUNNING, 0)]);
}

#[test]
fn a_mandate_signed_for_later_begins_with_a_slot_then() {
    let m = market_at_13_07();
    let given = Mandate {
        sell_min: 1_000_001,
        valid_from: RUNNING + 31,
        ..mandate()
    };
    m.client.set_mandate(m.member(ADA), &given);
    let stored = m.client.account(m.member(ADA)).mandate;
    assert_eq!(stored.valid_from, RUNNING + 45);
    m.wait(3600);
    let later = trade(RUNNING + 45, 0);
    assert_eq!(m.refused(&[later]), MarketError::PriceBelowSellLimit);
    // The one before covers the slot in which the signed minute lies.
    m.settle(&[trade(RUNNING + 30, 0)]);
}

#[test]
fn a_mandate_that_never_began_leaves_nothing_behind() {
    let m = market_at_13_07();
    for sell_min in (1_000_001..1_000_020).rev() {
        let given = Mandate {
            sell_min,
            ..mandate()
        };
        m.client.set_mandate(m.member(ADA), &given);
    }
    m.settle(&[trade(RUNNING, 0)]);
    m.wait(3600);
    let next = trade(RUNNING + SLOT_MINUTES, 0);
    assert_eq!(m.refused(&[next]), MarketError::PriceBelowSellLimit);
}

#[test]
fn a_slot_keeps_its_mandate_however_often_it_is_replaced() {
    let m = market_at_13_07();
    for _ in 0..16 {
        m.client.set_mandate(m.member(ADA), &mandate());
        m.wait(u64::from(SLOT_MINUTES) * 60);
    }
    let cannot = m.client.try_set_mandate(m.member(ADA), &mandate());
    assert_eq!(refusal(cannot), MarketError::TooManyMandates);
    m.settle(&[trade(NOON, 0)]);
    // A week later the slots of then are out of reach.
    m.wait(8 * 86_400);
    let now = (m.e.ledger().timestamp() / 60) as u32 / SLOT_MINUTES * SLOT_MINUTES;
    m.settle(&[section(now, 0)]);
    let unbounded = Mandate {
        valid_until: u32::MAX,
        ..mandate()
    };
    m.client.set_mandate(m.member(ADA), &unbounded);
}

#[test]
fn cancelling_ends_what_a_later_mandate_was_to_replace() {
    let m = market_at_13_07();
    let later = Mandate {
        valid_from: RUNNING + 120,
        ..mandate()
    };
    m.client.set_mandate(m.member(ADA), &later);
    m.client.cancel_mandate(m.member(ADA));
    m.wait(3600);
    let next = trade(RUNNING + SLOT_MINUTES, 0);
    assert_eq!(m.refused(&[next]), MarketError::MandateExpired);
    m.settle(&[trade(RUNNING, 0)]);
}

#[test]
fn a_first_mandate_begins_as_signed() {
    let mut m = market_at_13_07();
    let dan = m.join_without_mandate();
    m.client.set_mandate(m.member(dan), &mandate());
    assert_eq!(m.client.account(m.member(dan)).mandate, mandate());
}

#[test]
fn recorded_slots_have_the_clock_of_the_newest_that_settled() {
    let m = market_at_13_07();
    m.settle(&[trade(NOON, 0)]);
    m.wait(8 * 86_400);
    let dearer = Mandate {
        sell_min: 1_000_001,
        ..mandate()
    };
    m.client.set_mandate(m.member(ADA), &dearer);
    let stored = m.client.account(m.member(ADA)).mandate;
    assert_eq!(stored.valid_from, NOON + SLOT_MINUTES);
    let next = trade(NOON + SLOT_MINUTES, 0);
    assert_eq!(m.refused(&[next]), MarketError::PriceBelowSellLimit);
    m.settle(&[trade(NOON, 1)]);
    m.client.cancel_mandate(m.member(BEN));
    let ended = m.client.account(m.member(BEN)).mandate;
    assert_eq!(ended.valid_until, NOON + SLOT_MINUTES);
}

#[test]
fn before_the_first_settlement_a_mandate_begins_as_signed() {
    let m = market();
    let dearer = Mandate {
        sell_min: 1_000_001,
        ..mandate()
    };
    m.client.set_mandate(m.member(ADA), &dearer);
    let refused = m.refused(&[trade(NOON, 0)]);
    assert_eq!(refused, MarketError::PriceBelowSellLimit);
    m.client.cancel_mandate(m.member(BEN));
    let ended = m.client.account(m.member(BEN)).mandate;
    assert_eq!(ended.valid_until, RUNNING + SLOT_MINUTES);
}

#[test]
fn a_mandate_that_would_end_before_it_can_begin_is_refused() {
    let m = market_at_13_07();
    let short = Mandate {
        valid_until: RUNNING + SLOT_MINUTES,
        ..mandate()
    };
    let result = m.client.try_set_mandate(m.member(ADA), &short);
    assert_eq!(refusal(result), MarketError::InvalidMandate);
    let never = Mandate {
        valid_from: u32::MAX - 1,
        valid_until: u32::MAX,
        ..mandate()
    };
    let result = m.client.try_set_mandate(m.member(ADA), &never);
    assert_eq!(refusal(result), MarketError::InvalidMandate);
    assert_eq!(m.client.account(m.member(ADA)).mandate, mandate());
}

#[test]
fn cancelling_never_prolongs() {
    let m = market();
    m.change_mandate(ADA, |mandate| mandate.valid_until = NOON);
    m.client.cancel_mandate(m.member(ADA));
    let mandate = m.client.account(m.member(ADA)).mandate;
    assert_eq!(mandate.valid_until, NOON);
}

#[test]
fn nothing_to_cancel() {
    let m = market();
    let result = m.client.try_cancel_mandate(&m.operator);
    assert_eq!(refusal(result), MarketError::NoMandate);
}

#[test]
fn a_mandate_is_written_beside_its_neighbours() {
    let m = market();
    m.client.set_mandate(
        m.member(BEN),
        &Mandate {
            sell_min: 1,
            buy_max: u32::MAX,
            slot_wh: u32::MAX,
            day_wh: u32::MAX,
            valid_from: 0,
            valid_until: u32::MAX,
            zone: 255,
            sides: 3,
        },
    );
    let page = m.client.mandates_page(&0).iter().collect::<Vec<u8>>();
    let ben = &page[2 * 26..3 * 26];
    assert_eq!(&ben[..4], [1, 0, 0, 0]);
    assert_eq!(&ben[4..16], [255; 12]);
    assert_eq!(&ben[16..20], [0; 4]);
    assert_eq!(&ben[20..], [255, 255, 255, 255, 255, 3]);
    assert_eq!(m.client.account(m.member(ADA)).mandate, mandate());
    assert_eq!(m.client.account(m.member(CAL)).mandate, mandate());
}
