//! The grid fee of members who stake in the cooperative.
mod common;
#[path = "common/staking.rs"]
mod staking;

use common::*;
use marketplace::{MarketError, Trade};
use soroban_sdk::{testutils::Address as _, Address};
use staking::{Staking, StakingClient};

struct Tiers {
    m: Market,
    staking: StakingClient<'static>,
}

fn tiers() -> Tiers {
    let m = market();
    let staking = m.e.register(Staking, ());
    m.client.set_staking(&Some(staking.clone()));
    Tiers {
        staking: StakingClient::new(&m.e, &staking),
        m,
    }
}

impl Tiers {
    fn stake(&self, member: u16, percent: u32) {
        self.staking.set_percent(&percent);
        self.m.client.refresh_discount(self.m.member(member));
    }

    fn percent(&self, member: u16) -> u32 {
        let account = self.m.client.account(self.m.member(member));
        account.discount_percent
    }
}

/// Ben and Cal buy 999 Wh each at a fee of 100,001: 99,900.999 stroops.
fn sales(chunk: u8) -> Sample {
    section(NOON, chunk)
        .fee(100_001)
        .mint(ADA, 1_998)
        .trade(BEN, ADA, 999, 1_000_000)
        .round(1_000_000, &[(ADA, -999), (CAL, 999)])
}

#[test]
fn a_discount_lowers_the_members_own_grid_fee_and_nobody_elses() {
    let t = tiers();
    t.stake(BEN, 25);
    t.m.settle(&[sales(0)]);
    let (full, less) = (99_900, 74_925);
    assert_eq!(t.m.quote_of(BEN), PURSE - 999_000 - less);
    assert_eq!(t.m.quote_of(CAL), PURSE - 999_000 - full);
    assert_eq!(t.m.quote_of(ADA), PURSE + 2 * 999_000);
    assert_eq!(t.m.quote_of(OPERATOR), full + less);
    assert_eq!(t.m.client.chain().paid_stroops, 2_172_825);
}

#[test]
fn a_discount_of_everything_leaves_no_fee() {
    let t = tiers();
    t.stake(BEN, 100);
    t.stake(CAL, 100);
    t.m.settle(&[sales(0)]);
    assert_eq!(t.m.quote_of(OPERATOR), 0);
    assert_eq!(t.m.quote_of(BEN), PURSE - 999_000);
}

#[test]
fn the_desks_trades_know_the_discount() {
    let t = tiers();
    t.stake(BEN, 50);
    t.m.client.set_desk(&Some(t.m.operator.clone()));
    t.m.settle(&[section(NOON, 0).mint(ADA, 999)]);
    t.m.client.settle_desk_trade(&Trade {
        slot: NOON,
        buyer: BEN.into(),
        seller: ADA.into(),
        wh: 999,
        price: 1_000_000,
        fee: 100_001,
    });
    assert_eq!(t.m.quote_of(OPERATOR), 49_950);
    t.m.check_conservation();
}

#[test]
fn a_discount_outlives_a_new_mandate_and_is_within_percent() {
    let t = tiers();
    t.stake(BEN, 140);
    assert_eq!(t.percent(BEN), 100);
    t.stake(BEN, 30);
    t.m.change_mandate(BEN, |mandate| mandate.buy_max = 1_500_000);
    assert_eq!(t.percent(BEN), 30);
    assert_eq!((t.percent(ADA), t.percent(CAL)), (0, 0));
    let mandate = t.m.client.account(t.m.member(BEN)).mandate;
    assert_eq!(mandate.buy_max, 1_500_000);
}

#[test]
fn anybody_refreshes_and_without_staking_there_is_no_discount() {
    let t = tiers();
    t.m.e.set_auths(&[]);
    t.stake(BEN, 30);
    assert_eq!(t.percent(BEN), 30);
    t.m.e.mock_all_auths();
    t.m.client.set_staking(&None);
    t.m.client.refresh_discount(t.m.member(BEN));
    assert_eq!(t.percent(BEN), 0);
}

#[test]
fn a_discount_needs_a_member_with_a_mandate() {
    let mut t = tiers();
    let stranger = Address::generate(&t.m.e);
    let unknown = refusal(t.m.client.try_refresh_discount(&stranger));
    assert_eq!(unknown, MarketError::UnknownMember);
    let dan = t.m.join_without_mandate();
    let none = refusal(t.m.client.try_refresh_discount(t.m.member(dan)));
    assert_eq!(none, MarketError::NoMandate);
}

#[test]
fn the_buy_limit_is_held_to_the_full_fee() {
    let t = tiers();
    t.stake(BEN, 100);
    let dear = section(NOON, 0)
        .fee(100_000)
        .mint(ADA, 10)
        .trade(BEN, ADA, 10, 1_900_001);
    assert_eq!(t.m.refused(&[dear]), MarketError::PriceAboveBuyLimit);
}
