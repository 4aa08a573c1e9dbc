//! Settlements within the limits of a price oracle.
mod common;
#[path = "common/oracle.rs"]
mod oracle;

use common::*;
use marketplace::{MarketError, Trade};
use oracle::Quoter;
use price_oracle::OracleError;

const PRICE: u32 = 1_000_000;

/// An oracle with a collar of 20 percent, named by the market.
fn named(m: &Market) -> Quoter {
    let quoter = Quoter::new(m);
    m.client.set_oracle(&Some(quoter.client.address.clone()));
    quoter
}

fn quoted() -> Market {
    let m = market();
    named(&m).quote(NOON, PRICE).unwrap();
    m
}

fn sale(slot: u32, chunk: u8, price: u32) -> Sample {
    section(slot, chunk)
        .mint(ADA, 10)
        .trade(BEN, ADA, 10, price)
}

fn round(price: u32) -> Sample {
    section(NOON, 0)
        .mint(ADA, 10)
        .round(price, &[(ADA, -10), (BEN, 10)])
}

#[test]
fn prices_settle_within_the_collar() {
    let m = quoted();
    for price in [799_999, 1_200_001] {
        let outside = MarketError::PriceOutsideCollar;
        assert_eq!(m.refused(&[sale(NOON, 0, price)]), outside);
        assert_eq!(m.refused(&[round(price)]), outside);
        // A trade beside a round is held to the same limits.
        let both = round(PRICE).trade(BEN, ADA, 1, price).mint(ADA, 1);
        assert_eq!(m.refused(&[both]), outside);
    }
    m.settle(&[sale(NOON, 0, 800_000), sale(NOON, 1, 1_200_000)]);
}

#[test]
fn a_slot_without_a_quote_waits_and_one_without_prices_does_not() {
    let m = quoted();
    for slot in [NOON - SLOT_MINUTES, NOON + SLOT_MINUTES] {
        let batch = m.bytes(&[sale(slot, 0, PRICE)]);
        let missing = code(m.client.try_settle(&batch));
        assert_eq!(missing, OracleError::QuoteMissing as u32);
    }
    m.settle(&[section(NOON + SLOT_MINUTES, 0).mint(ADA, 5)]);
}

#[test]
fn every_slot_of_a_batch_is_held_to_its_own_quote() {
    let m = market();
    let oracle = named(&m);
    oracle.quote(NOON, PRICE).unwrap();
    let dearer = PRICE + PRICE / 2;
    oracle.quote(NOON + SLOT_MINUTES, dearer).unwrap();
    let batch = |price| [sale(NOON, 0, PRICE), sale(NOON + SLOT_MINUTES, 0, price)];
    let outside = MarketError::PriceOutsideCollar;
    assert_eq!(m.refused(&batch(PRICE)), outside);
    m.settle(&batch(dearer));
}

#[test]
fn without_an_oracle_any_price_settles() {
    let m = quoted();
    m.client.set_oracle(&None);
    m.settle(&[sale(NOON, 0, 1_900_000)]);
}

#[test]
fn trades_of_the_order_desk_keep_the_collar() {
    let m = quoted();
    m.client.set_desk(&Some(m.operator.clone()));
    m.settle(&[section(NOON, 0).mint(ADA, 10)]);
    let trade = |slot, price| Trade {
        slot,
        buyer: BEN.into(),
        seller: ADA.into(),
        wh: 5,
        price,
        fee: 0,
    };
    let refused = |trade| code(m.client.try_settle_desk_trade(&trade));
    for price in [799_999, 1_200_001] {
        let outside = MarketError::PriceOutsideCollar as u32;
        assert_eq!(refused(trade(NOON, price)), outside);
    }
    let missing = OracleError::QuoteMissing as u32;
    assert_eq!(refused(trade(NOON + SLOT_MINUTES, PRICE)), missing);
    m.client.settle_desk_trade(&trade(NOON, 1_200_000));
    m.check_conservation();
}
