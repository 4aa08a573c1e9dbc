mod common;

use common::{refusal, site, DAY, DELAY, GRID, PURSE, YEAR};
use grid_staking::{Claimed, Funded, StakingError};
use soroban_sdk::{testutils::Events, Event};

#[test]
fn a_year_at_stake_earns_eight_percent() {
    let s = site();
    s.client.fund(&s.treasury, &(1_000 * GRID));
    let event = Funded {
        from: s.treasury.clone(),
        amount: 1_000 * GRID,
    };
    assert_eq!(
        s.e.events().all().events().last(),
        Some(&event.to_xdr(&s.e, &s.id))
    );
    s.client.stake(&s.ada, &(100 * GRID));
    s.wait(YEAR);
    assert_eq!(s.claimable(&s.ada), 8 * GRID);
    assert_eq!(s.client.claim(&s.ada), 8 * GRID);
    let event = Claimed {
        member: s.ada.clone(),
        amount: 8 * GRID,
    };
    assert_eq!(
        s.e.events().all().events().last(),
        Some(&event.to_xdr(&s.e, &s.id))
    );
    assert_eq!(s.grid.balance(&s.ada), PURSE - 92 * GRID);
    assert_eq!(s.client.pool().claimed, 8 * GRID);
    s.check_sums();
}

#[test]
fn a_second_claim_pays_nothing() {
    let s = site();
    s.client.fund(&s.treasury, &(1_000 * GRID));
    s.client.stake(&s.ada, &(100 * GRID));
    s.wait(YEAR);
    s.client.claim(&s.ada);
    let balance = s.grid.balance(&s.ada);
    assert_eq!(s.client.claim(&s.ada), 0);
    assert_eq!(s.client.claim(&s.cal), 0);
    assert_eq!(s.grid.balance(&s.ada), balance);
    s.check_sums();
}

#[test]
fn each_earns_for_their_own_stake_and_time() {
    let s = site();
    s.client.fund(&s.treasury, &(1_000 * GRID));
    s.client.stake(&s.ada, &(100 * GRID));
    s.wait(YEAR / 2);
    s.client.stake(&s.ben, &(300 * GRID));
    s.wait(YEAR / 2);
    assert_eq!(s.claimable(&s.ada), 8 * GRID);
    assert_eq!(s.claimable(&s.ben), 12 * GRID);
    assert_eq!(s.claimable(&s.cal), 0);
    s.check_sums();
}

#[test]
fn it_does_not_matter_how_often_anybody_calls() {
    let (busy, calm) = (site(), site());
    for s in [&busy, &calm] {
        s.client.fund(&s.treasury, &GRID);
        s.client.stake(&s.ada, &999);
        s.client.stake(&s.ben, &7);
    }
    let mut claimed = 0;
    for _ in 0..60 {
        busy.wait(YEAR / 60);
        claimed += busy.client.claim(&busy.ada);
        busy.client.fund(&busy.treasury, &1);
    }
    calm.wait(YEAR);
    // 8 % of 999, rounded down once.
    assert_eq!((claimed, calm.client.claim(&calm.ada)), (79, 79));
    busy.check_sums();
}

#[test]
fn what_is_unstaking_earns_nothing() {
    let s = site();
    s.client.fund(&s.treasury, &(1_000 * GRID));
    s.client.stake(&s.ada, &(200 * GRID));
    s.wait(YEAR / 2);
    s.client.request_unstake(&s.ada, &(100 * GRID));
    s.wait(YEAR / 2);
    assert_eq!(s.claimable(&s.ada), (8 + 4) * GRID);
    s.client.request_unstake(&s.ada, &(100 * GRID));
    s.wait(YEAR);
    // What was earned before stays.
    assert_eq!(s.client.claim(&s.ada), 12 * GRID);
    s.client.withdraw_unstaked(&s.ada);
    assert_eq!(s.grid.balance(&s.ada), PURSE + 12 * GRID);
    s.check_sums();
}

#[test]
fn an_empty_pool_pays_nobody_and_touches_no_stake() {
    let s = site();
    s.client.stake(&s.ada, &(100 * GRID));
    s.client.stake(&s.ben, &(100 * GRID));
    s.wait(YEAR);
    assert_eq!(s.client.claim(&s.ada), 0);

    // Five of the sixteen that a year would earn.
    s.client.fund(&s.treasury, &(5 * GRID));
    s.wait(YEAR);
    assert_eq!(s.client.claim(&s.ada), 5 * GRID / 2);
    s.wait(YEAR);
    assert_eq!(s.client.claim(&s.ada), 0);
    assert_eq!(s.client.claim(&s.ben), 5 * GRID / 2);
    let pool = s.client.pool();
    assert_eq!((pool.free, pool.owed, pool.claimed), (0, 0, 5 * GRID));

    for member in [&s.ada, &s.ben] {
        s.client.request_unstake(member, &(100 * GRID));
    }
    s.wait(DELAY);
    for member in [&s.ada, &s.ben] {
        s.client.withdraw_unstaked(member);
        assert_eq!(s.grid.balance(member), PURSE + 5 * GRID / 2);
    }
    assert_eq!(s.grid.balance(&s.id), 0);
}

#[test]
fn a_new_fund_does_not_pay_for_the_time_before_it() {
    let s = site();
    s.client.stake(&s.ada, &(100 * GRID));
    s.wait(YEAR);
    s.client.fund(&s.treasury, &(100 * GRID));
    assert_eq!(s.claimable(&s.ada), 0);
    s.wait(YEAR);
    assert_eq!(s.claimable(&s.ada), 8 * GRID);
}

#[test]
fn nothing_accrues_while_nobody_stakes() {
    let s = site();
    s.client.fund(&s.treasury, &(100 * GRID));
    s.wait(YEAR);
    s.client.stake(&s.ada, &(100 * GRID));
    assert_eq!(s.claimable(&s.ada), 0);
    assert_eq!(s.client.pool().free, 100 * GRID);
}

#[test]
fn rewards_end_at_the_end() {
    let s = site();
    s.client.fund(&s.treasury, &(1_000 * GRID));
    s.client.stake(&s.ada, &(100 * GRID));
    s.client.set_end(&(s.now() + YEAR));
    s.wait(3 * YEAR);
    assert_eq!(s.claimable(&s.ada), 8 * GRID);
    // A later end does not make up for the two years in between.
    s.client.set_end(&(s.now() + YEAR));
    s.wait(2 * YEAR);
    assert_eq!(s.claimable(&s.ada), 16 * GRID);
    s.check_sums();
}

#[test]
fn an_end_that_has_passed_ends_rewards_now() {
    let s = site();
    s.client.fund(&s.treasury, &(1_000 * GRID));
    s.client.stake(&s.ada, &(100 * GRID));
    s.wait(YEAR);
    s.client.set_end(&1);
    s.wait(YEAR);
    assert_eq!(s.client.claim(&s.ada), 8 * GRID);
}

#[test]
fn another_rate_holds_from_when_it_is_set() {
    let s = site();
    s.client.fund(&s.treasury, &(1_000 * GRID));
    s.client.stake(&s.ada, &(100 * GRID));
    s.wait(YEAR);
    s.client.set_rate(&2_000);
    s.wait(YEAR);
    s.client.set_rate(&0);
    s.wait(YEAR);
    assert_eq!(s.client.claim(&s.ada), 28 * GRID);
    s.check_sums();
}

#[test]
fn a_rate_has_a_hard_bound() {
    let s = site();
    let refused = refusal(s.client.try_set_rate(&2_001));
    assert_eq!(refused, StakingError::InvalidRate);
    assert_eq!(s.client.terms().rate_bps, 800);
}

#[test]
fn a_staker_may_fund_the_pool_and_tokens_sent_unasked_change_nothing() {
    let s = site();
    s.client.stake(&s.ada, &(100 * GRID));
    s.client.fund(&s.ada, &(8 * GRID));
    s.grid.transfer(&s.ben, &s.id, &GRID);
    s.wait(2 * YEAR);
    assert_eq!(s.client.claim(&s.ada), 8 * GRID);
    assert_eq!(s.grid.balance(&s.id), 101 * GRID);
}

#[test]
fn one_stroop_waits_for_its_reward() {
    let s = site();
    s.client.fund(&s.treasury, &100);
    s.client.stake(&s.ada, &1);
    // 12.5 years of 8 % are the first whole stroop.
    s.client.set_end(&(s.now() + 20 * YEAR));
    s.wait(12 * YEAR);
    assert_eq!(s.client.claim(&s.ada), 0);
    s.wait(YEAR / 2 + DAY);
    assert_eq!(s.client.claim(&s.ada), 1);
}
