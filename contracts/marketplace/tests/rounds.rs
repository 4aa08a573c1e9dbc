//! Net positions at one price, and rounds that need several chunks.
mod common;

use common::*;
use marketplace::{MarketError, Settled};
use soroban_sdk::{testutils::Events, Event};

#[test]
fn a_round_moves_net_positions_at_one_price() {
    let m = market();
    m.settle(&[section(NOON, 0)
        .closes()
        .fee(100_000)
        .mint(ADA, 1_500)
        .round(1_200_000, &[(ADA, -1_500), (BEN, 1_000), (CAL, 500)])
        .burn(BEN, 1_000)
        .burn(CAL, 500)]);
    assert_eq!(m.quote_of(ADA), PURSE + 1_800_000);
    assert_eq!(m.quote_of(BEN), PURSE - 1_200_000 - 100_000);
    assert_eq!(m.quote_of(CAL), PURSE - 600_000 - 50_000);
    assert_eq!(m.quote_of(OPERATOR), 150_000);
    let head = m.client.chain();
    assert_eq!((head.traded_wh, head.paid_stroops), (1_500, 1_950_000));
}

#[test]
fn the_event_counts_the_positions_of_a_round() {
    let m = market();
    let round = section(NOON, 0)
        .mint(ADA, 1_500)
        .round(1_200_000, &[(ADA, -1_500), (BEN, 1_000), (CAL, 500)]);
    m.client.settle(&m.bytes(&[round]));
    let published = m.e.events().all().filter_by_contract(&m.id);
    let event = Settled {
        first_slot: NOON,
        sections: 1,
        trades: 3,
        traded_wh: 1_500,
        paid_stroops: 1_800_000,
        root: m.client.chain().root,
    };
    assert_eq!(published.events(), &[event.to_xdr(&m.e, &m.id)]);
}

#[test]
fn buyers_pay_up_sellers_get_down_and_the_operator_keeps_the_dust() {
    let m = market();
    m.settle(&[section(NOON, 0)
        .mint(ADA, 3)
        .round(1_000_001, &[(ADA, -3), (BEN, 1), (CAL, 2)])]);
    // 3 Wh are worth 3,000.003 stroops, 1 Wh 1,000.001 and 2 Wh 2,000.002.
    assert_eq!(m.quote_of(ADA), PURSE + 3_000);
    assert_eq!(m.quote_of(BEN), PURSE - 1_001);
    assert_eq!(m.quote_of(CAL), PURSE - 2_001);
    assert_eq!(m.quote_of(OPERATOR), 2);
}

#[test]
fn a_round_that_does_not_balance() {
    let m = market();
    for wh in [99, 101] {
        let round = section(NOON, 0)
            .mint(ADA, 200)
            .round(1_000_000, &[(ADA, -100), (BEN, wh)]);
        assert_eq!(m.refused(&[round]), MarketError::UnbalancedRound);
    }
    let nothing = section(NOON, 0).round(1_000_000, &[(ADA, 0)]);
    assert_eq!(m.refused(&[nothing]), MarketError::ZeroEnergy);
}

#[test]
fn a_round_keeps_every_mandate() {
    let m = market();
    let round = |price, wh: i32| {
        section(NOON, 0)
            .fee(100_000)
            .mint(ADA, 6_000)
            .round(price, &[(ADA, -wh), (BEN, wh)])
    };
    let cases = [
        (round(499_999, 10), MarketError::PriceBelowSellLimit),
        (round(1_900_001, 10), MarketError::PriceAboveBuyLimit),
        (round(1_000_000, 5_001), MarketError::SlotCapExceeded),
    ];
    for (batch, refusal) in cases {
        assert_eq!(m.refused(&[batch]), refusal);
    }
    m.change_mandate(BEN, |mandate| mandate.sides = 1);
    assert_eq!(
        m.refused(&[round(1_000_000, 10)]),
        MarketError::SideDisabled
    );
}

#[test]
fn a_round_sells_only_what_is_there() {
    let m = market();
    let round = section(NOON, 0)
        .mint(ADA, 99)
        .round(1_000_000, &[(ADA, -100), (BEN, 100)]);
    assert_eq!(m.refused(&[round]), MarketError::InsufficientEnergy);
}

#[test]
fn one_slot_may_have_rounds_at_several_prices() {
    let m = market();
    m.settle(&[section(NOON, 0)
        .mint(ADA, 300)
        .round(1_000_000, &[(ADA, -100), (BEN, 100)])
        .round(800_000, &[(ADA, -200), (CAL, 200)])]);
    assert_eq!(m.quote_of(ADA), PURSE + 100_000 + 160_000);
}

/// Sellers and buyers are too many for one transaction: the operator's member
/// slot stands between the chunks, and ends with no energy.
#[test]
fn a_round_in_two_chunks_passes_through_the_operator() {
    let m = market();
    let sellers = section(NOON, 0)
        .mint(ADA, 1_000)
        .round(1_000_000, &[(OPERATOR, 1_000), (ADA, -1_000)]);
    assert_eq!(
        m.refused(core::slice::from_ref(&sellers)),
        MarketError::InsufficientQuote
    );
    m.fund_operator(1_000_000);
    let unfinished = m.refused(&[sellers.clone().closes()]);
    assert_eq!(unfinished, MarketError::UnfinishedRound);

    m.settle(&[sellers]);
    m.settle(&[section(NOON, 1)
        .closes()
        .fee(50_000)
        .round(1_000_000, &[(OPERATOR, -1_000), (BEN, 1_000)])]);
    assert_eq!(m.energy_of(OPERATOR), 0);
    assert_eq!(m.quote_of(OPERATOR), 1_000_000 + 50_000);
    assert_eq!(m.client.chain().traded_wh, 1_000);
    assert_eq!(m.client.chain().paid_stroops, 1_050_000);
}
