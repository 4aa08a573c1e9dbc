//! Money for energy: the price, payments, what owners claim and what keeps the
//! generator running.
use soroban_sdk::{Address, BytesN, Env};

use crate::{
    errors::{or_refuse, refuse, GeneratorError},
    events::{Claimed, MaintenanceSpent, Paid, PriceSubmitted},
    history,
    income::plus,
    life::{collect, enforce_owned, enforce_positive, enforce_state, pay_out, slot},
    storage,
    types::State,
};

/// Submits an owner's price, from the next slot on.
pub fn set_price(e: &Env, address: &Address, price: u64) {
    let terms = storage::terms(e);
    if !(terms.min_price..=terms.max_price).contains(&price) {
        refuse(e, GeneratorError::PriceOutOfBounds);
    }
    submit(e, address, Some(price));
}

/// Takes an owner's price back, from the next slot on.
pub fn clear_price(e: &Env, address: &Address) {
    if storage::owner(e, address).vote.is_none() {
        refuse(e, GeneratorError::NoPriceSubmitted);
    }
    submit(e, address, None);
}

fn submit(e: &Env, address: &Address, price: Option<u64>) {
    enforce_owned(e);
    let (mut book, mut owner) = (storage::book(e), storage::owner(e, address));
    if owner.units == 0 {
        refuse(e, GeneratorError::NoUnits);
    }
    book.hold(slot(e));
    owner.submit(&mut book, price);
    storage::set_book(e, &book);
    storage::set_owner(e, address, &owner);
    PriceSubmitted {
        owner: address.clone(),
        price,
        mean: book.mean(),
    }
    .publish(e);
}

/// Buys a quantity at this slot's price. Returns what it cost.
pub fn pay(e: &Env, payer: &Address, quantity: u64, max_price: u64) -> u64 {
    enforce_state(e, State::Active);
    enforce_positive(e, quantity);
    let price = storage::book(e).price(slot(e));
    if price == 0 {
        refuse(e, GeneratorError::FreeNow);
    }
    if price > max_price {
        refuse(e, GeneratorError::PriceAboveLimit);
    }
    let Some(amount) = storage::terms(e).cost(quantity, price) else {
        refuse(e, GeneratorError::Overflow);
    };
    if amount == 0 {
        refuse(e, GeneratorError::QuantityTooSmall);
    }
    let mut device = storage::device(e);
    device.credited = or_refuse(e, plus(device.credited, quantity));
    storage::set_device(e, &device);
    // No part can pass the sum, which has just been checked.
    storage::set_credit(e, payer, storage::credit(e, payer) + quantity);
    take_in(e, payer, amount);
    Paid {
        payer: payer.clone(),
        quantity,
        price,
        amount,
    }
    .publish(e);
    amount
}

/// Income from now on belongs to who owns the units now.
pub fn take_in(e: &Env, payer: &Address, amount: u64) {
    let mut income = storage::income(e);
    history::note(e, &mut income, slot(e));
    or_refuse(e, income.receive(amount, storage::terms(e).maintenance_bps));
    storage::set_income(e, &income);
    collect(e, payer, amount);
}

/// Pays out all that the owner has earned; 0 where there is nothing.
pub fn claim(e: &Env, address: &Address) -> u64 {
    let (mut income, mut owner) = (storage::income(e), storage::owner(e, address));
    or_refuse(e, owner.settle(income.index));
    let amount = core::mem::take(&mut owner.earned);
    if amount == 0 {
        return 0;
    }
    income.claimed += amount;
    storage::set_income(e, &income);
    storage::set_owner(e, address, &owner);
    pay_out(e, address, amount);
    Claimed {
        owner: address.clone(),
        amount,
    }
    .publish(e);
    amount
}

pub fn claimable(e: &Env, address: &Address) -> u64 {
    let mut owner = storage::owner(e, address);
    or_refuse(e, owner.settle(storage::income(e).index));
    owner.earned
}

pub fn spend_maintenance(e: &Env, to: &Address, amount: u64, evidence_hash: &BytesN<32>) {
    enforce_positive(e, amount);
    let mut income = storage::income(e);
    or_refuse(e, income.spend(amount));
    storage::set_income(e, &income);
    pay_out(e, to, amount);
    MaintenanceSpent {
        to: to.clone(),
        amount,
        evidence_hash: evidence_hash.clone(),
    }
    .publish(e);
}
