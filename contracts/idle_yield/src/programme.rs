//! The verbs. None of them authorises; the door does.
use soroban_sdk::{panic_with_error, token::TokenClient, Address, Env, Vec};

use crate::{
    accrual::LIMIT,
    errors::YieldError,
    events::{Claimed, Earned, Funded, TakenBack},
    market, storage,
    types::MAX_TOUCHED,
};

/// Looks at what the members have idle, and gives them what that has earned.
/// What is earned is reserved at once: a claim never finds the pool short.
pub fn touch(e: &Env, members: &Vec<Address>) {
    let (terms, now) = (storage::terms(e), now(e));
    if !(1..=MAX_TOUCHED).contains(&members.len()) {
        panic_with_error!(e, YieldError::InvalidMembers);
    }
    if now >= terms.closes_at() {
        panic_with_error!(e, YieldError::ProgrammeOver);
    }
    let mut pool = storage::pool(e);
    for member in members.iter() {
        let mut saver = storage::saver(e, &member);
        let amount = saver.earn(&terms, market::idle(e, &member), now, pool.free);
        pool.free -= amount;
        pool.reserved += amount;
        storage::set_saver(e, &member, &saver);
        if amount > 0 {
            Earned { member, amount }.publish(e);
        }
    }
    storage::set_pool(e, &pool);
}

/// Pays what the member has earned; 0 where there is nothing.
pub fn claim(e: &Env, member: &Address) -> i128 {
    let mut saver = storage::saver(e, member);
    let amount = core::mem::take(&mut saver.claimable);
    if amount == 0 {
        return 0;
    }
    let mut pool = storage::pool(e);
    pool.reserved -= amount;
    pool.paid += amount;
    storage::set_pool(e, &pool);
    storage::set_saver(e, member, &saver);
    pay(e, member, amount);
    Claimed {
        member: member.clone(),
        amount,
    }
    .publish(e);
    amount
}

pub fn fund(e: &Env, from: &Address, amount: i128) {
    if amount <= 0 {
        panic_with_error!(e, YieldError::InvalidAmount);
    }
    if now(e) >= storage::terms(e).ends_at {
        panic_with_error!(e, YieldError::ProgrammeOver);
    }
    let mut pool = storage::pool(e);
    if amount > LIMIT - pool.funded {
        panic_with_error!(e, YieldError::Overflow);
    }
    pool.funded += amount;
    pool.free += amount;
    pool.shares += amount;
    storage::set_pool(e, &pool);
    storage::set_funder(e, from, storage::funder(e, from) + amount);
    let here = e.current_contract_address();
    TokenClient::new(e, &storage::token(e)).transfer(from, &here, &amount);
    Funded {
        from: from.clone(),
        amount,
    }
    .publish(e);
}

/// Once the programme is closed, gives a funder their part of what nobody has
/// earned. Returns how much.
pub fn take_back(e: &Env, funder: &Address) -> i128 {
    if now(e) < storage::terms(e).closes_at() {
        panic_with_error!(e, YieldError::ProgrammeRunning);
    }
    let share = storage::funder(e, funder);
    if share == 0 {
        panic_with_error!(e, YieldError::NothingToTakeBack);
    }
    let mut pool = storage::pool(e);
    // The last one takes all that is left. Both are within LIMIT: as u128 the
    // product fits.
    let amount = (pool.free as u128 * share as u128 / pool.shares as u128) as i128;
    pool.free -= amount;
    pool.returned += amount;
    pool.shares -= share;
    storage::set_pool(e, &pool);
    storage::set_funder(e, funder, 0);
    if amount > 0 {
        pay(e, funder, amount);
    }
    TakenBack {
        funder: funder.clone(),
        amount,
    }
    .publish(e);
    amount
}

fn pay(e: &Env, to: &Address, amount: i128) {
    let here = e.current_contract_address();
    TokenClient::new(e, &storage::token(e)).transfer(&here, to, &amount);
}

fn now(e: &Env) -> u64 {
    e.ledger().timestamp()
}
