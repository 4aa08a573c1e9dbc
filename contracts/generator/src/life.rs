//! The generator's life after its funding, and what every verb begins with.
//! None of the verbs authorises; the door does.
use soroban_sdk::{panic_with_error, token::TokenClient, Address, BytesN, Env};

use crate::{
    errors::GeneratorError,
    events::{DeviceBound, StateChanged},
    payments, storage,
    types::State,
};

/// Binds the device: the generator stands, and waits for its first token.
pub fn install(e: &Env, device_key: &BytesN<32>) {
    enforce_state(e, |state| state == State::Funded);
    bind(e, device_key);
    enter(e, State::Pending);
}

/// Another device takes over. Counters go on, so that nothing signed for the
/// old one is good again.
pub fn replace_device(e: &Env, device_key: &BytesN<32>) {
    enforce_state(e, |state| matches!(state, State::Pending | State::Active));
    bind(e, device_key);
}

/// The requester accepts the installation with the first token, which is
/// income like any payment.
pub fn activate(e: &Env, caller: &Address, amount: i128) {
    enforce_state(e, |state| state == State::Pending);
    if *caller != storage::terms(e).requester {
        panic_with_error!(e, GeneratorError::NotRequester);
    }
    enforce_positive(e, amount);
    enter(e, State::Active);
    payments::take_in(e, caller, amount);
}

/// Ends it: what the provider has not been paid and what maintenance has left
/// goes to the owners.
pub fn retire(e: &Env) {
    enforce_state(e, State::is_owned);
    enter(e, State::Retired);
    let (mut escrow, mut income) = (storage::escrow(e), storage::income(e));
    let rest = core::mem::take(&mut escrow.held);
    escrow.returned = rest;
    or_refuse(e, income.close(rest));
    storage::set_escrow(e, &escrow);
    storage::set_income(e, &income);
}

pub fn enter(e: &Env, next: State) {
    if !storage::state(e).may_become(next) {
        panic_with_error!(e, GeneratorError::WrongState);
    }
    storage::set_state(e, next);
    StateChanged { state: next }.publish(e);
}

pub fn enforce_state(e: &Env, allowed: impl Fn(State) -> bool) {
    if !allowed(storage::state(e)) {
        panic_with_error!(e, GeneratorError::WrongState);
    }
}

pub fn enforce_positive(e: &Env, amount: i128) {
    if amount <= 0 {
        panic_with_error!(e, GeneratorError::InvalidAmount);
    }
}

pub fn now(e: &Env) -> u64 {
    e.ledger().timestamp()
}

pub fn slot(e: &Env) -> u64 {
    now(e) / storage::terms(e).slot_seconds
}

pub fn collect(e: &Env, from: &Address, amount: i128) {
    move_tokens(e, from, &e.current_contract_address(), amount);
}

pub fn pay_out(e: &Env, to: &Address, amount: i128) {
    move_tokens(e, &e.current_contract_address(), to, amount);
}

/// Nothing at all is moved where the amount is 0.
pub fn move_tokens(e: &Env, from: &Address, to: &Address, amount: i128) {
    if amount > 0 {
        TokenClient::new(e, &storage::terms(e).token).transfer(from, to, &amount);
    }
}

pub fn or_refuse<T>(e: &Env, result: Result<T, GeneratorError>) -> T {
    result.unwrap_or_else(|error| panic_with_error!(e, error))
}

fn bind(e: &Env, key: &BytesN<32>) {
    let mut device = storage::device(e);
    device.key = Some(key.clone());
    storage::set_device(e, &device);
    DeviceBound { key: key.clone() }.publish(e);
}
