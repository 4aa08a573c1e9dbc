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

#[test]
fn cancelling_ends_the_mandate_now() {
    let m = market();
    // It is 13:00: the slot until 13:00 has ended, the next one has not.
    m.client.cancel_mandate(m.member(ADA));
    let cancelled = m.client.account(m.member(ADA)).mandate;
    assert_eq!(cancelled.valid_until, NOON + 60);

    let trade = |slot| {
        section(slot, 0)
            .mint(ADA, 100)
            .trade(BEN, ADA, 100, 1_000_000)
    };
    assert_eq!(m.refused(&[trade(NOON + 60)]), MarketError::MandateExpired);
    m.settle(&[trade(NOON + 45)]);
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
    m.change_mandate(BEN, |mandate| {
        *mandate = Mandate {
            sell_min: 1,
            buy_max: u32::MAX,
            slot_wh: u32::MAX,
            day_wh: u32::MAX,
            valid_from: 0,
            valid_until: u32::MAX,
            zone: 255,
            sides: 3,
        }
    });
    let page = m.client.mandates_page(&0).iter().collect::<Vec<u8>>();
    let ben = &page[2 * 26..3 * 26];
    assert_eq!(&ben[..4], [1, 0, 0, 0]);
    assert_eq!(&ben[4..16], [255; 12]);
    assert_eq!(&ben[16..20], [0; 4]);
    assert_eq!(&ben[20..], [255, 255, 255, 255, 255, 3]);
    assert_eq!(m.client.account(m.member(ADA)).mandate, mandate());
    assert_eq!(m.client.account(m.member(CAL)).mandate, mandate());
}
