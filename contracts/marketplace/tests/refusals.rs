//! What settle refuses; `Market::refused` also proves that nothing changed.
mod common;

use common::*;
use marketplace::MarketError;
use soroban_sdk::{
    testutils::{Address as _, MockAuth, MockAuthInvoke},
    Address, Bytes, IntoVal,
};

fn ada_sells_to_ben(wh: u32, price: u32) -> Sample {
    section(NOON, 0).mint(ADA, 4_000).trade(BEN, ADA, wh, price)
}

#[test]
fn prices_outside_the_mandates() {
    let m = market();
    assert_eq!(
        m.refused(&[ada_sells_to_ben(100, 499_999)]),
        MarketError::PriceBelowSellLimit
    );
    assert_eq!(
        m.refused(&[ada_sells_to_ben(100, 2_000_001)]),
        MarketError::PriceAboveBuyLimit
    );
    m.settle(&[ada_sells_to_ben(100, 500_000)]);
}

#[test]
fn the_grid_fee_counts_against_the_buy_limit() {
    let m = market();
    assert_eq!(
        m.refused(&[ada_sells_to_ben(100, 1_900_000).fee(100_001)]),
        MarketError::PriceAboveBuyLimit
    );
    m.settle(&[ada_sells_to_ben(100, 1_900_000).fee(100_000)]);
}

#[test]
fn sides_that_are_not_enabled() {
    let m = market();
    m.change_mandate(ADA, |mandate| mandate.sides = 2);
    assert_eq!(
        m.refused(&[ada_sells_to_ben(100, 1_000_000)]),
        MarketError::SideDisabled
    );
    m.change_mandate(ADA, |mandate| mandate.sides = 1);
    m.change_mandate(BEN, |mandate| mandate.sides = 1);
    assert_eq!(
        m.refused(&[ada_sells_to_ben(100, 1_000_000)]),
        MarketError::SideDisabled
    );
    m.change_mandate(BEN, |mandate| mandate.sides = 2);
    m.settle(&[ada_sells_to_ben(100, 1_000_000)]);
}

#[test]
fn slots_outside_the_validity() {
    let m = market();
    for (from, until) in [(NOON + 1, NOON + 60), (NOON - 60, NOON + 14)] {
        for member in [ADA, BEN] {
            m.change_mandate(member, |mandate| {
                mandate.valid_from = from;
                mandate.valid_until = until;
            });
            assert_eq!(
                m.refused(&[ada_sells_to_ben(100, 1_000_000)]),
                MarketError::MandateExpired
            );
            m.change_mandate(member, |_| {});
        }
    }
    m.change_mandate(ADA, |mandate| {
        mandate.valid_from = NOON;
        mandate.valid_until = NOON + SLOT_MINUTES;
    });
    m.settle(&[ada_sells_to_ben(100, 1_000_000)]);
}

#[test]
fn a_member_without_a_mandate() {
    let mut m = market();
    let dan = m.join_without_mandate();
    for batch in [
        section(NOON, 0)
            .mint(dan, 100)
            .trade(BEN, dan, 100, 1_000_000),
        section(NOON, 0)
            .mint(ADA, 100)
            .trade(dan, ADA, 100, 1_000_000),
        section(NOON, 0)
            .mint(ADA, 100)
            .round(1_000_000, &[(ADA, -100), (dan, 100)]),
    ] {
        assert_eq!(m.refused(&[batch]), MarketError::NoMandate);
    }
}

#[test]
fn the_slot_cap_holds_across_chunks_and_sides() {
    let m = market();
    m.settle(&[ada_sells_to_ben(3_000, 1_000_000)]);
    let further = |wh| section(NOON, 1).trade(CAL, BEN, wh, 1_000_000);
    // Ben bought 3,000 and may sell 2,000 more.
    assert_eq!(m.refused(&[further(2_001)]), MarketError::SlotCapExceeded);
    m.settle(&[further(2_000)]);
    let buys = section(NOON, 2).mint(CAL, 1).trade(BEN, CAL, 1, 1_000_000);
    assert_eq!(m.refused(&[buys]), MarketError::SlotCapExceeded);
}

#[test]
fn the_slot_cap_holds_when_slots_settle_out_of_order() {
    let m = market();
    m.settle(&[ada_sells_to_ben(4_000, 1_000_000)]);
    let next = NOON + SLOT_MINUTES;
    m.settle(&[section(next, 0)
        .mint(ADA, 9_000)
        .trade(BEN, ADA, 1_000, 1_000_000)]);
    let late = |wh| section(NOON, 1).trade(BEN, ADA, wh, 1_000_000);
    assert_eq!(m.refused(&[late(1_001)]), MarketError::SlotCapExceeded);
    m.settle(&[late(1_000)]);
    m.settle(&[section(next, 1).trade(BEN, ADA, 4_000, 1_000_000)]);
}

#[test]
fn a_slot_older_than_the_counters() {
    let m = market();
    m.settle(&[ada_sells_to_ben(100, 1_000_000)]);
    let old = |slots| section(NOON - slots * SLOT_MINUTES, 0).trade(BEN, ADA, 100, 1_000_000);
    m.settle(&[old(3)]);
    assert_eq!(m.refused(&[old(4)]), MarketError::SlotTooOld);
}

#[test]
fn the_day_cap_holds_across_slots() {
    let m = market();
    for n in 0..4 {
        m.settle(&[section(NOON + n * SLOT_MINUTES, 0)
            .mint(ADA, 4_900)
            .trade(BEN, ADA, 4_900, 1_000_000)
            .burn(BEN, 4_900)]);
    }
    let last = |wh| {
        section(NOON + 4 * SLOT_MINUTES, 0)
            .mint(ADA, 500)
            .trade(BEN, ADA, wh, 1_000_000)
    };
    assert_eq!(m.refused(&[last(401)]), MarketError::DayCapExceeded);
    m.settle(&[last(400)]);
}

#[test]
fn the_day_cap_begins_anew_and_remembers_yesterday() {
    let m = market();
    m.wait(12 * 3600);
    let tomorrow = MIDNIGHT + 24 * 60;
    let tonight = tomorrow - SLOT_MINUTES;
    for member in [ADA, BEN] {
        m.change_mandate(member, |mandate| {
            mandate.day_wh = 1_000;
            mandate.valid_until = tomorrow + 60;
        });
    }
    let trade = |slot, chunk, wh| {
        section(slot, chunk)
            .mint(ADA, wh)
            .trade(BEN, ADA, wh, 1_000_000)
    };
    m.settle(&[trade(tonight, 0, 900)]);
    m.settle(&[trade(tomorrow, 0, 1_000)]);
    assert_eq!(
        m.refused(&[trade(tonight, 1, 101)]),
        MarketError::DayCapExceeded
    );
    m.settle(&[trade(tonight, 1, 100)]);
}

#[test]
fn balances_that_do_not_cover_roll_everything_back() {
    let m = market();
    assert_eq!(
        m.refused(&[
            section(NOON, 0)
                .mint(ADA, 500)
                .trade(BEN, ADA, 500, 1_000_000),
            section(NOON + 15, 0).trade(BEN, ADA, 1, 1_000_000),
        ]),
        MarketError::InsufficientEnergy
    );
    assert_eq!(
        m.refused(&[section(NOON, 0).mint(ADA, 10).burn(ADA, 11)]),
        MarketError::InsufficientEnergy
    );
    m.withdraw(BEN, PURSE - 1_000, 0);
    assert_eq!(
        m.refused(&[ada_sells_to_ben(2, 500_500)]),
        MarketError::InsufficientQuote
    );
    // The fee is part of what has to be covered.
    assert_eq!(
        m.refused(&[ada_sells_to_ben(2, 500_000).fee(500)]),
        MarketError::InsufficientQuote
    );
    m.settle(&[ada_sells_to_ben(2, 500_000)]);
    assert_eq!(m.quote_of(BEN), 0);
}

#[test]
fn members_who_do_not_exist() {
    let m = market();
    for batch in [
        section(NOON, 0).mint(4, 100),
        section(NOON, 0).burn(4, 100),
        section(NOON, 0).trade(4, ADA, 100, 1_000_000),
        section(NOON, 0).trade(ADA, 65_535, 100, 1_000_000),
    ] {
        assert_eq!(m.refused(&[batch]), MarketError::UnknownMember);
    }
}

#[test]
fn trades_with_oneself_and_of_nothing() {
    let m = market();
    assert_eq!(
        m.refused(&[section(NOON, 0)
            .mint(ADA, 100)
            .trade(ADA, ADA, 100, 1_000_000)]),
        MarketError::SelfTrade
    );
    for batch in [
        section(NOON, 0).mint(ADA, 0),
        section(NOON, 0).burn(ADA, 0),
        section(NOON, 0).trade(BEN, ADA, 0, 1_000_000),
    ] {
        assert_eq!(m.refused(&[batch]), MarketError::ZeroEnergy);
    }
}

#[test]
fn malformed_batches() {
    let m = market();
    let good = encode(&[section(NOON, 0).mint(ADA, 100)]);
    let mut version = good.clone();
    version[0] = 1;
    let mut longer = good.clone();
    longer.push(0);
    let shorter = &good[..good.len() - 1];
    for bytes in [&[][..], &[2], &version, &longer, shorter] {
        let result = m.client.try_settle(&Bytes::from_slice(&m.e, bytes));
        assert_eq!(refusal(result), MarketError::MalformedBatch);
    }
    assert_eq!(
        m.refused(&[section(NOON + 1, 0)]),
        MarketError::SlotMisaligned
    );
}

#[test]
fn a_section_mints_no_more_than_a_record_holds() {
    let m = market();
    assert_eq!(
        m.refused(&[section(NOON, 0).mint(ADA, u32::MAX).mint(BEN, 1)]),
        MarketError::Overflow
    );
}

#[test]
fn only_the_operator_settles_and_signs_the_hash() {
    let m = market();
    let bytes = m.bytes(&[section(NOON, 0)]);
    let hash = m.e.crypto().sha256(&bytes).to_bytes();
    let other = m.e.crypto().sha256(&Bytes::new(&m.e)).to_bytes();
    let stranger = Address::generate(&m.e);
    let settle_as = |address: &Address, signed: &soroban_sdk::BytesN<32>| {
        m.e.mock_auths(&[MockAuth {
            address,
            invoke: &MockAuthInvoke {
                contract: &m.id,
                fn_name: "settle",
                args: (signed.clone(),).into_val(&m.e),
                sub_invokes: &[],
            },
        }]);
        m.client.try_settle(&bytes).is_ok()
    };
    assert!(!settle_as(&stranger, &hash));
    assert!(!settle_as(&m.operator, &other));
    assert!(settle_as(&m.operator, &hash));
}
