mod common;

use common::{refusal, site, terms, tiers, GRID, NOW};
use grid_staking::{GridStaking, StakingError, Terms, MAX_DELAY, MIN_DELAY};
use soroban_sdk::{testutils::Address as _, Address, Env, Vec};

#[test]
fn a_stake_lifts_tier_and_discount() {
    let s = site();
    let seen = |amount: i128| {
        s.client.stake(&s.ada, &amount);
        (
            s.client.tier(&s.ada),
            s.client.discount_percent(&s.ada),
            s.client.has_licence(&s.ada),
        )
    };
    assert_eq!(seen(100 * GRID - 1), (0, 0, false));
    assert_eq!(seen(1), (1, 10, false));
    assert_eq!(seen(400 * GRID), (2, 25, false));
    assert_eq!(seen(500 * GRID - 1), (2, 25, false));
    assert_eq!(seen(1), (2, 25, true));
    assert_eq!(seen(9_000 * GRID), (3, 50, true));
}

#[test]
fn unstaking_lowers_them_at_once() {
    let s = site();
    s.client.stake(&s.ada, &(1_000 * GRID));
    s.client.request_unstake(&s.ada, &1);
    assert!(!s.client.has_licence(&s.ada));
    s.client.request_unstake(&s.ada, &(600 * GRID));
    assert_eq!(s.client.tier(&s.ada), 1);
    assert_eq!(s.client.discount_percent(&s.ada), 10);
}

#[test]
fn who_stakes_nothing_has_neither_tier_nor_licence() {
    let s = site();
    assert_eq!(s.client.tier(&s.cal), 0);
    assert_eq!(s.client.discount_percent(&s.cal), 0);
    assert!(!s.client.has_licence(&s.cal));
}

#[test]
fn the_admin_sets_tiers_and_licence() {
    let s = site();
    s.client.stake(&s.ada, &(10 * GRID));
    s.client.set_tiers(&tiers(&s.e, &[(10, 5)]));
    s.client.set_licence_stake(&(10 * GRID));
    assert_eq!(s.client.discount_percent(&s.ada), 5);
    assert!(s.client.has_licence(&s.ada));
    s.client.set_tiers(&Vec::new(&s.e));
    assert_eq!(s.client.tier(&s.ada), 0);
    assert_eq!(s.client.discount_percent(&s.ada), 0);
}

#[test]
fn tiers_rise_and_are_eight_at_most() {
    let s = site();
    let eight: std::vec::Vec<_> = (1..=8).map(|n| (n, n as u32)).collect();
    s.client.set_tiers(&tiers(&s.e, &eight));
    let nine: std::vec::Vec<_> = (1..=9).map(|n| (n, n as u32)).collect();
    let refused: [&[(i128, u32)]; 6] = [
        &nine,
        &[(0, 5)],
        &[(-1, 5)],
        &[(10, 5), (10, 6)],
        &[(10, 5), (20, 4)],
        &[(10, 101)],
    ];
    for wrong in refused {
        let refused = refusal(s.client.try_set_tiers(&tiers(&s.e, wrong)));
        assert_eq!(refused, StakingError::InvalidTiers, "{wrong:?}");
    }
    assert_eq!(s.client.terms().tiers, tiers(&s.e, &eight));
}

#[test]
fn a_licence_costs_something() {
    let s = site();
    for stake in [0, -1] {
        let refused = refusal(s.client.try_set_licence_stake(&stake));
        assert_eq!(refused, StakingError::InvalidLicenceStake);
    }
}

#[test]
fn a_delay_is_one_day_to_ninety() {
    let s = site();
    for delay in [0, MIN_DELAY - 1, MAX_DELAY + 1] {
        let refused = refusal(s.client.try_set_unstake_delay(&delay));
        assert_eq!(refused, StakingError::InvalidDelay);
    }
    s.client.set_unstake_delay(&MIN_DELAY);
    s.client.set_unstake_delay(&MAX_DELAY);
    s.client.stake(&s.ada, &GRID);
    s.client.request_unstake(&s.ada, &GRID);
    assert_eq!(s.client.position(&s.ada).ready_at, NOW + MAX_DELAY);
}

fn deploy(change: impl FnOnce(&mut Terms)) {
    let e = Env::default();
    let any = Address::generate(&e);
    let mut terms = terms(&e);
    change(&mut terms);
    e.register(GridStaking, (&any, &any, terms));
}

#[test]
fn a_contract_begins_with_terms_within_their_bounds() {
    deploy(|_| {});
}

#[test]
#[should_panic(expected = "Error(Contract, #422)")]
fn a_contract_does_not_begin_with_too_high_a_rate() {
    deploy(|terms| terms.rate_bps = 2_001);
}

#[test]
#[should_panic(expected = "Error(Contract, #424)")]
fn a_contract_does_not_begin_without_a_delay() {
    deploy(|terms| terms.unstake_delay = 0);
}

#[test]
#[should_panic(expected = "Error(Contract, #424)")]
fn a_contract_does_not_begin_with_too_long_a_delay() {
    deploy(|terms| terms.unstake_delay = MAX_DELAY + 1);
}
