//! The verbs: bring the pool up to now, change it, keep it, move the token.
//! None of them authorises; the door does.
use foundation::checkpoints;
use soroban_sdk::{panic_with_error, token::TokenClient, Address, Env};

use crate::{
    errors::StakingError,
    events::{Claimed, Funded, Staked, TermsSet, UnstakeRequested, Unstaked},
    pool::{Pool, Stake},
    storage::{self, History},
    types::{Position, Terms},
};

pub fn stake(e: &Env, member: &Address, amount: i128) {
    enforce_positive(e, amount);
    let (mut pool, mut stake) = (pool_now(e), storage::stake(e, member));
    or_refuse(e, stake.add(&mut pool, amount));
    note(e, member, &mut pool, &mut stake);
    keep(e, member, &pool, &stake);
    collect(e, member, amount);
    Staked {
        member: member.clone(),
        amount,
        staked: stake.staked,
    }
    .publish(e);
}

pub fn request_unstake(e: &Env, member: &Address, amount: i128) {
    enforce_positive(e, amount);
    let (mut pool, mut stake) = (pool_now(e), storage::stake(e, member));
    let ready_at = now(e).saturating_add(storage::terms(e).unstake_delay);
    or_refuse(e, stake.take(&mut pool, amount, ready_at));
    note(e, member, &mut pool, &mut stake);
    keep(e, member, &pool, &stake);
    UnstakeRequested {
        member: member.clone(),
        amount,
        staked: stake.staked,
        ready_at: stake.ready_at,
    }
    .publish(e);
}

pub fn withdraw_unstaked(e: &Env, member: &Address) -> i128 {
    // Not brought up to now: a member's own GRID leaves whatever the rewards do.
    let (mut pool, mut stake) = (storage::pool(e), storage::stake(e, member));
    let amount = or_refuse(e, stake.withdraw(&mut pool, now(e)));
    keep(e, member, &pool, &stake);
    pay(e, member, amount);
    Unstaked {
        member: member.clone(),
        amount,
    }
    .publish(e);
    amount
}

pub fn claim(e: &Env, member: &Address) -> i128 {
    let (mut pool, mut stake) = (pool_now(e), storage::stake(e, member));
    let amount = or_refuse(e, stake.claim(&mut pool));
    if amount == 0 {
        return 0;
    }
    keep(e, member, &pool, &stake);
    pay(e, member, amount);
    Claimed {
        member: member.clone(),
        amount,
    }
    .publish(e);
    amount
}

pub fn fund(e: &Env, from: &Address, amount: i128) {
    enforce_positive(e, amount);
    let mut pool = pool_now(e);
    or_refuse(e, pool.fund(amount));
    storage::set_pool(e, &pool);
    collect(e, from, amount);
    Funded {
        from: from.clone(),
        amount,
    }
    .publish(e);
}

/// Changes the terms from now on: until now the old ones hold.
pub fn change_terms(e: &Env, change: impl FnOnce(&mut Terms)) {
    let pool = pool_now(e);
    let mut terms = storage::terms(e);
    change(&mut terms);
    or_refuse(e, terms.check());
    storage::set_pool(e, &pool);
    storage::set_terms(e, &terms);
    TermsSet { terms }.publish(e);
}

pub fn position(e: &Env, member: &Address) -> Position {
    let mut stake = storage::stake(e, member);
    or_refuse(e, stake.settle(pool_now(e).index));
    Position {
        staked: stake.staked,
        claimable: stake.earned,
        unstaking: stake.unstaking,
        ready_at: stake.ready_at,
    }
}

pub fn weight_at(e: &Env, member: &Address, moment: u64) -> i128 {
    enforce_past(e, moment);
    let last = storage::stake(e, member).page;
    checkpoints::at(e, History::Of(member.clone()).pages(), last, moment).into()
}

pub fn total_at(e: &Env, moment: u64) -> i128 {
    enforce_past(e, moment);
    checkpoints::at(e, History::All.pages(), storage::pool(e).page, moment).into()
}

/// The pool with everything accrued until now.
pub fn pool_now(e: &Env) -> Pool {
    let (mut pool, terms) = (storage::pool(e), storage::terms(e));
    or_refuse(e, pool.accrue(terms.rate_bps, terms.ends_at, now(e)));
    pool
}

/// Writes the changed stake into the histories.
fn note(e: &Env, member: &Address, pool: &mut Pool, stake: &mut Stake) {
    let of = History::Of(member.clone()).pages();
    stake.page = checkpoints::record(e, of, stake.page, now(e), as_u64(e, stake.staked));
    let all = History::All.pages();
    pool.page = checkpoints::record(e, all, pool.page, now(e), as_u64(e, pool.staked));
}

fn keep(e: &Env, member: &Address, pool: &Pool, stake: &Stake) {
    storage::set_pool(e, pool);
    storage::set_stake(e, member, stake);
}

fn collect(e: &Env, from: &Address, amount: i128) {
    let here = e.current_contract_address();
    TokenClient::new(e, &storage::token(e)).transfer(from, &here, &amount);
}

fn pay(e: &Env, to: &Address, amount: i128) {
    let here = e.current_contract_address();
    TokenClient::new(e, &storage::token(e)).transfer(&here, to, &amount);
}

fn now(e: &Env) -> u64 {
    e.ledger().timestamp()
}

fn enforce_positive(e: &Env, amount: i128) {
    if amount <= 0 {
        panic_with_error!(e, StakingError::InvalidAmount);
    }
}

fn enforce_past(e: &Env, moment: u64) {
    // Stakes may still change within this second.
    if moment >= now(e) {
        panic_with_error!(e, StakingError::FutureLookup);
    }
}

fn as_u64(e: &Env, amount: i128) -> u64 {
    or_refuse(e, amount.try_into().map_err(|_| StakingError::Overflow))
}

pub fn or_refuse<T>(e: &Env, result: Result<T, StakingError>) -> T {
    result.unwrap_or_else(|error| panic_with_error!(e, error))
}
