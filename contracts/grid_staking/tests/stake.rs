mod common;

use common::{code, refusal, site, DAY, DELAY, GRID, PURSE};
use grid_staking::{Position, Staked, StakingError, UnstakeRequested, Unstaked};
use soroban_sdk::{
    testutils::{storage::Persistent, Events},
    Event, Symbol,
};
use stellar_tokens::fungible::FungibleTokenError;

#[test]
fn a_stake_moves_the_token_in() {
    let s = site();
    s.client.stake(&s.ada, &(60 * GRID));
    s.client.stake(&s.ada, &(40 * GRID));
    let event = Staked {
        member: s.ada.clone(),
        amount: 40 * GRID,
        staked: 100 * GRID,
    };
    assert_eq!(
        s.e.events().all().events().last(),
        Some(&event.to_xdr(&s.e, &s.id))
    );
    assert_eq!(s.grid.balance(&s.ada), PURSE - 100 * GRID);
    assert_eq!(s.client.position(&s.ada).staked, 100 * GRID);
    s.check_sums();
}

#[test]
fn nobody_stakes_more_than_they_hold() {
    let s = site();
    let above = code(s.client.try_stake(&s.ada, &(PURSE + 1)));
    assert_eq!(above, FungibleTokenError::InsufficientBalance as u32);
    assert_eq!(s.client.pool().staked, 0);
    s.check_sums();
}

#[test]
fn what_is_unstaked_comes_back_after_the_delay() {
    let s = site();
    s.client.stake(&s.ada, &(100 * GRID));
    s.client.request_unstake(&s.ada, &(30 * GRID));
    let ready_at = s.now() + DELAY;
    let event = UnstakeRequested {
        member: s.ada.clone(),
        amount: 30 * GRID,
        staked: 70 * GRID,
        ready_at,
    };
    assert_eq!(
        s.e.events().all().events().last(),
        Some(&event.to_xdr(&s.e, &s.id))
    );
    let position = Position {
        staked: 70 * GRID,
        claimable: 0,
        unstaking: 30 * GRID,
        ready_at,
    };
    assert_eq!(s.client.position(&s.ada), position);
    s.check_sums();

    s.wait(DELAY - 1);
    let early = refusal(s.client.try_withdraw_unstaked(&s.ada));
    assert_eq!(early, StakingError::TooEarly);
    s.wait(1);
    assert_eq!(s.client.withdraw_unstaked(&s.ada), 30 * GRID);
    let event = Unstaked {
        member: s.ada.clone(),
        amount: 30 * GRID,
    };
    assert_eq!(
        s.e.events().all().events().last(),
        Some(&event.to_xdr(&s.e, &s.id))
    );
    assert_eq!(s.grid.balance(&s.ada), PURSE - 70 * GRID);
    s.check_sums();
}

#[test]
fn nothing_is_withdrawn_twice() {
    let s = site();
    let nothing = StakingError::NothingToWithdraw;
    assert_eq!(refusal(s.client.try_withdraw_unstaked(&s.ada)), nothing);
    s.client.stake(&s.ada, &(100 * GRID));
    assert_eq!(refusal(s.client.try_withdraw_unstaked(&s.ada)), nothing);
    s.client.request_unstake(&s.ada, &(100 * GRID));
    s.wait(DELAY);
    s.client.withdraw_unstaked(&s.ada);
    assert_eq!(refusal(s.client.try_withdraw_unstaked(&s.ada)), nothing);
    assert_eq!(s.grid.balance(&s.ada), PURSE);
    s.check_sums();
}

#[test]
fn a_second_request_joins_the_first_and_both_wait() {
    let s = site();
    s.client.stake(&s.ada, &(100 * GRID));
    s.client.request_unstake(&s.ada, &(30 * GRID));
    s.wait(DELAY - 1);
    s.client.request_unstake(&s.ada, &(20 * GRID));
    s.wait(1);
    let early = refusal(s.client.try_withdraw_unstaked(&s.ada));
    assert_eq!(early, StakingError::TooEarly);
    s.wait(DELAY - 1);
    assert_eq!(s.client.withdraw_unstaked(&s.ada), 50 * GRID);
}

#[test]
fn a_shorter_delay_does_not_hurry_a_request_before_it() {
    let s = site();
    s.client.stake(&s.ada, &(100 * GRID));
    s.client.request_unstake(&s.ada, &(30 * GRID));
    let ready_at = s.client.position(&s.ada).ready_at;
    s.client.set_unstake_delay(&DAY);
    s.client.request_unstake(&s.ada, &(30 * GRID));
    assert_eq!(s.client.position(&s.ada).ready_at, ready_at);
}

#[test]
fn nobody_unstakes_more_than_they_staked() {
    let s = site();
    s.client.stake(&s.ben, &(100 * GRID));
    let refused = StakingError::InsufficientStake;
    assert_eq!(refusal(s.client.try_request_unstake(&s.ada, &1)), refused);
    s.client.stake(&s.ada, &(100 * GRID));
    s.client.request_unstake(&s.ada, &(60 * GRID));
    let above = s.client.try_request_unstake(&s.ada, &(40 * GRID + 1));
    assert_eq!(refusal(above), refused);
}

#[test]
fn amounts_are_above_zero() {
    let s = site();
    s.client.stake(&s.ada, &GRID);
    for amount in [0, -1, i128::MIN] {
        let invalid = StakingError::InvalidAmount;
        assert_eq!(refusal(s.client.try_stake(&s.ada, &amount)), invalid);
        let unstaked = s.client.try_request_unstake(&s.ada, &amount);
        assert_eq!(refusal(unstaked), invalid);
        assert_eq!(refusal(s.client.try_fund(&s.ada, &amount)), invalid);
    }
}

#[test]
fn sums_stay_within_what_the_contract_counts_with() {
    let s = site();
    let limit = i128::from(u64::MAX);
    s.grid.mint(&s.ada, &(3 * limit));
    s.client.stake(&s.ben, &1);
    let refused = StakingError::Overflow;
    assert_eq!(refusal(s.client.try_stake(&s.ada, &limit)), refused);
    s.client.stake(&s.ada, &(limit - 1));
    assert_eq!(refusal(s.client.try_stake(&s.ada, &1)), refused);
    let far = s.client.try_fund(&s.ada, &(limit + 1));
    assert_eq!(refusal(far), refused);
    s.client.fund(&s.ada, &limit);
    assert_eq!(refusal(s.client.try_fund(&s.ada, &1)), refused);

    // At the limit everything still works.
    s.client.set_rate(&2_000);
    s.wait(10 * common::YEAR);
    s.check_sums();
    let earned = s.client.claim(&s.ada) + s.client.claim(&s.ben);
    assert!((limit - 1..=limit).contains(&earned));
    s.client.request_unstake(&s.ada, &(limit - 1));
    let above = refusal(s.client.try_stake(&s.ada, &limit));
    assert_eq!(above, refused);
    s.client.stake(&s.ada, &(limit - 1));
    // What is on its way out counts too.
    let above = s.client.try_request_unstake(&s.ada, &(limit - 1));
    assert_eq!(refusal(above), refused);
    s.wait(DELAY);
    assert_eq!(s.client.withdraw_unstaked(&s.ada), limit - 1);
    s.check_sums();
}

#[test]
fn a_stake_and_its_history_live_for_120_days() {
    let s = site();
    s.client.stake(&s.ada, &GRID);
    let days = |e: &soroban_sdk::Env| {
        let storage = e.storage().persistent();
        let name = |name| Symbol::new(e, name);
        let of_ada = (name("Of"), &s.ada);
        [
            storage.get_ttl(&(name("Pool"),)) / 17_280,
            storage.get_ttl(&(name("Stake"), &s.ada)) / 17_280,
            storage.get_ttl(&(name("History"), of_ada, 0u32)) / 17_280,
            storage.get_ttl(&(name("History"), (name("All"),), 0u32)) / 17_280,
        ]
    };
    let found = s.e.as_contract(&s.id, || days(&s.e));
    assert_eq!(found, [30, 120, 120, 120]);
}
