//! Trades that the order desk vouches for.
mod common;

use common::*;
use marketplace::{MarketError, Trade};

const PRICE: u32 = 1_000_000;

/// Ada has a kilowatt-hour; the operator stands in for the desk.
fn desk() -> Market {
    let m = market();
    m.client.set_desk(&Some(m.operator.clone()));
    m.settle(&[section(NOON, 0).mint(ADA, 1_000)]);
    m
}

fn trade() -> Trade {
    Trade {
        slot: NOON,
        buyer: BEN.into(),
        seller: ADA.into(),
        wh: 999,
        price: PRICE,
        fee: 1_001,
    }
}

fn refused(m: &Market, change: impl FnOnce(&mut Trade)) -> MarketError {
    let mut trade = trade();
    change(&mut trade);
    let error = refusal(m.client.try_settle_desk_trade(&trade));
    m.check_conservation();
    error
}

#[test]
fn a_desk_trade_moves_energy_money_and_the_fee_and_is_summed() {
    let m = desk();
    let before = m.client.chain();
    m.client.settle_desk_trade(&trade());
    let (paid, fee) = (999_000, 999);
    assert_eq!((m.quote_of(ADA), m.energy_of(ADA)), (PURSE + paid, 1));
    assert_eq!(
        (m.quote_of(BEN), m.energy_of(BEN)),
        (PURSE - paid - fee, 999)
    );
    assert_eq!(m.quote_of(OPERATOR), fee);
    m.check_conservation();
    let chain = m.client.chain();
    assert_eq!(chain.traded_wh, before.traded_wh + 999);
    assert_eq!(chain.paid_stroops, before.paid_stroops + 999_999);
    // It is no settlement: the chain of roots stands, and the operator's silence goes on.
    assert_eq!(chain.root, before.root);
    assert_eq!(chain.sections, before.sections);
    assert_eq!(chain.settled_at, before.settled_at);
}

#[test]
fn a_desk_trade_lies_in_a_slot_that_has_begun() {
    let m = desk();
    let misaligned = refused(&m, |trade| trade.slot = NOON + 1);
    assert_eq!(misaligned, MarketError::SlotMisaligned);
    // At 13:00, as in a settlement, one slot's length is left for clocks that differ.
    let ahead = refused(&m, |trade| trade.slot = NOON + 60 + 2 * SLOT_MINUTES);
    assert_eq!(ahead, MarketError::SlotInFuture);
    let now = Trade {
        slot: NOON + 60 + SLOT_MINUTES,
        ..trade()
    };
    m.client.settle_desk_trade(&now);
}

#[test]
fn a_desk_trade_is_one_and_covered() {
    let m = desk();
    let nothing = refused(&m, |trade| trade.wh = 0);
    assert_eq!(nothing, MarketError::ZeroEnergy);
    let alone = refused(&m, |trade| trade.buyer = trade.seller);
    assert_eq!(alone, MarketError::SelfTrade);
    let short = refused(&m, |trade| trade.wh = 1_001);
    assert_eq!(short, MarketError::InsufficientEnergy);
    let poor = refused(&m, |trade| trade.price = u32::MAX);
    assert_eq!(poor, MarketError::InsufficientQuote);
    for strangers in [4, 70_000] {
        let unknown = refused(&m, |trade| trade.buyer = strangers);
        assert_eq!(unknown, MarketError::UnknownMember);
        let unknown = refused(&m, |trade| trade.seller = strangers);
        assert_eq!(unknown, MarketError::UnknownMember);
    }
}

#[test]
fn only_the_named_desk_trades() {
    let m = desk();
    m.e.set_auths(&[]);
    assert!(m.client.try_settle_desk_trade(&trade()).is_err());
    m.e.mock_all_auths();
    m.client.set_desk(&None);
    assert_eq!(refused(&m, |_| {}), MarketError::NoDesk);
}
