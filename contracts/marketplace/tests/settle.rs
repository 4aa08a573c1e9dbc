mod common;

use common::*;
use marketplace::{MarketError, Settled};
use soroban_sdk::{testutils::Events, Bytes, BytesN, Env, Event};

fn link(e: &Env, head: [u8; 32], section: &Sample) -> [u8; 32] {
    let mut bytes = head.to_vec();
    bytes.extend(section.slot.to_be_bytes());
    bytes.push(section.chunk);
    bytes.extend(section.leaf_count.to_be_bytes());
    bytes.extend(section.root);
    e.crypto().sha256(&Bytes::from_slice(e, &bytes)).to_array()
}

#[test]
fn energy_goes_one_way_and_money_the_other() {
    let m = market();
    let batch = [section(NOON, 0)
        .fee(100_000)
        .mint(ADA, 1_500)
        .trade(BEN, ADA, 1_001, 1_200_000)
        .burn(BEN, 1_000)];
    m.settle(&batch);

    // 1.001 kWh at 1,200,000 and a grid fee of 100,000 stroops per kWh.
    assert_eq!(m.quote_of(ADA), PURSE + 1_201_200);
    assert_eq!(m.quote_of(BEN), PURSE - 1_201_200 - 100_100);
    assert_eq!(m.quote_of(OPERATOR), 100_100);
    assert_eq!(m.energy_of(ADA), 499);
    assert_eq!(m.energy_of(BEN), 1);
    assert_eq!(m.client.next_chunk(&NOON), 1);
}

#[test]
fn amounts_and_fees_are_floored() {
    let m = market();
    m.settle(&[section(NOON, 0)
        .fee(1_999)
        .mint(ADA, 10)
        .trade(BEN, ADA, 1, 1_000_999)]);
    assert_eq!(m.quote_of(ADA), PURSE + 1_000);
    assert_eq!(m.quote_of(OPERATOR), 1);
}

#[test]
fn publishes_one_event_and_chains_the_roots() {
    let m = market();
    let one = section(NOON, 0)
        .mint(ADA, 900)
        .trade(BEN, ADA, 400, 1_000_000);
    let two = section(NOON + 15, 0).fee(50).trade(CAL, ADA, 500, 900_000);
    let batch = [one.clone(), two.clone()];
    let bytes = m.bytes(&batch);
    m.client.settle(&bytes);
    let published = m.e.events().all().filter_by_contract(&m.id);
    let root = BytesN::from_array(&m.e, &link(&m.e, link(&m.e, [0; 32], &one), &two));

    let event = Settled {
        first_slot: NOON,
        sections: 2,
        trades: 2,
        traded_wh: 900,
        paid_stroops: 400_000 + 450_000 + 25,
        root: root.clone(),
    };
    assert_eq!(published.events(), &[event.to_xdr(&m.e, &m.id)]);

    let head = m.client.chain();
    assert_eq!(head.root, root);
    assert_eq!((head.sections, head.leaves), (2, 2));
    assert_eq!((head.minted_wh, head.traded_wh), (900, 900));
    assert_eq!((head.burned_wh, head.paid_stroops), (0, 850_025));
}

#[test]
fn two_sections_share_the_balances() {
    let m = market();
    m.settle(&[
        section(NOON, 0)
            .mint(ADA, 1_000)
            .trade(BEN, ADA, 1_000, 1_000_000),
        section(NOON + 15, 0)
            .trade(CAL, BEN, 1_000, 1_500_000)
            .burn(CAL, 1_000),
    ]);
    assert_eq!(m.quote_of(BEN), PURSE + 500_000);
    assert_eq!(m.energy.balance(&m.id), 0);
    assert_eq!(m.energy.next_chunk(&NOON), 1);
    assert_eq!(m.energy.next_chunk(&(NOON + 15)), 0);
}

#[test]
fn a_section_may_carry_only_a_root() {
    let m = market();
    m.settle(&[section(NOON, 0)]);
    m.settle(&[section(NOON, 1)]);
    assert_eq!(m.client.next_chunk(&NOON), 2);
    // A section that mints after two that did not: the token's counter skips.
    m.settle(&[section(NOON, 2).mint(ADA, 10)]);
    assert_eq!(m.energy.next_chunk(&NOON), 3);
    assert_eq!(m.client.chain().sections, 3);
}

#[test]
fn spot_trades_are_further_chunks() {
    let m = market();
    m.settle(&[section(NOON, 0)
        .mint(ADA, 3_000)
        .trade(BEN, ADA, 1_000, 1_000_000)]);
    m.settle(&[section(NOON, 1).trade(CAL, ADA, 1_000, 1_100_000)]);
    m.settle(&[section(NOON, 2)
        .mint(BEN, 50)
        .trade(CAL, BEN, 1_000, 1_000_000)]);
    assert_eq!(m.energy_of(CAL), 2_000);
}

#[test]
fn a_chunk_settles_once_and_in_order() {
    let m = market();
    m.settle(&[section(NOON, 0).mint(ADA, 100)]);
    let settled = MarketError::SlotSettled;
    assert_eq!(m.refused(&[section(NOON, 0).mint(ADA, 100)]), settled);
    assert_eq!(m.refused(&[section(NOON, 2).mint(ADA, 100)]), settled);
    assert_eq!(
        m.refused(&[section(NOON, 1), section(NOON, 1).mint(ADA, 1)]),
        settled
    );
    m.settle(&[section(NOON, 1), section(NOON, 2)]);
}

#[test]
fn a_slot_has_254_chunks_and_one_that_closes_it() {
    let m = market();
    let all: Vec<_> = (0..=253).map(|chunk| section(NOON, chunk)).collect();
    m.settle(&all);
    assert_eq!(m.refused(&[section(NOON, 254)]), MarketError::SlotFull);
    m.settle(&[section(NOON, 254).closes()]);
    assert_eq!(m.refused(&[section(NOON, 255)]), MarketError::SlotSettled);
}

#[test]
fn nothing_follows_the_chunk_that_closes_a_slot() {
    let m = market();
    m.settle(&[section(NOON, 0), section(NOON, 1).closes()]);
    assert_eq!(m.client.next_chunk(&NOON), 255);
    for chunk in [0, 1, 2, 255] {
        let refused = m.refused(&[section(NOON, chunk)]);
        assert_eq!(refused, MarketError::SlotSettled);
    }
}

#[test]
fn a_slot_that_has_not_begun_does_not_settle() {
    let m = market();
    let begun = NOON + 60;
    m.settle(&[section(begun + SLOT_MINUTES, 0)]);
    let ahead = section(begun + 2 * SLOT_MINUTES, 0);
    assert_eq!(
        m.refused(core::slice::from_ref(&ahead)),
        MarketError::SlotInFuture
    );
    m.wait(u64::from(SLOT_MINUTES) * 60);
    m.settle(&[ahead]);
}

#[test]
fn members_of_several_pages_trade() {
    let mut m = market();
    while m.members.len() < 300 {
        m.join();
    }
    m.settle(&[section(NOON, 0)
        .fee(10_000)
        .mint(140, 1_000)
        .trade(299, 140, 700, 1_000_000)
        .trade(127, 299, 200, 1_000_000)
        .burn(299, 500)]);
    assert_eq!(m.energy_of(140), 300);
    assert_eq!(m.energy_of(299), 0);
    assert_eq!(m.energy_of(127), 200);
    assert_eq!(m.quote_of(OPERATOR), 9_000);
    assert!(m.client.page(&1).len() < 44 * 16);
    assert_eq!(m.client.mandates_page(&1).len(), 256 * 26);
    assert_eq!(m.client.page(&2).len(), 0);
}

#[test]
fn the_totals_hold_from_batch_to_batch() {
    let m = market();
    m.wait(3600);
    for n in 0..8 {
        let slot = NOON + n * SLOT_MINUTES;
        m.settle(&[section(slot, 0)
            .fee(70_000 + n)
            .mint(ADA, 900 + n)
            .mint(BEN, 33)
            .trade(BEN, ADA, 400 + n, 900_001 + n)
            .trade(CAL, BEN, 100, 1_234_567)
            .burn(CAL, 99)]);
    }
    let head = m.client.chain();
    assert_eq!(head.minted_wh, 8 * 933 + 28);
    assert_eq!(head.burned_wh, 8 * 99);
    assert_eq!(head.traded_wh, 8 * 500 + 28);
}
