//! The generator's life after its funding, and what every verb begins with.
//! None of the verbs authorises; the door does.
use soroban_sdk::{token::TokenClient, Address, BytesN, Env};

use crate::{
    device,
    errors::{or_refuse, refuse, GeneratorError},
    events::StateChanged,
    payments, silence, storage,
    types::State,
};

/// Binds the device: the generator stands, and waits for its first token.
pub fn install(e: &Env, device_key: &BytesN<32>) {
    enforce_state(e, State::Funded);
    device::bind(e, device_key);
    enter(e, State::Pending);
}

/// Another device takes over; nothing that the old one signed is good any more.
pub fn replace_device(e: &Env, device_key: &BytesN<32>) {
    if storage::state(e) != State::Pending {
        enforce_state(e, State::Active);
    }
    device::bind(e, device_key);
}

/// The requester accepts the installation with the first token, which is
/// income like any payment.
pub fn activate(e: &Env, caller: &Address, amount: u64) {
    enforce_state(e, State::Pending);
    if *caller != storage::terms(e).requester {
        refuse(e, GeneratorError::NotRequester);
    }
    enforce_positive(e, amount);
    enter(e, State::Active);
    silence::keep(e);
    payments::take_in(e, caller, amount);
}

/// Ends it: what the provider has not been paid and what maintenance has left
/// goes to the owners.
pub fn retire(e: &Env) {
    enforce_owned(e);
    enter(e, State::Retired);
    let (mut escrow, mut income) = (storage::escrow(e), storage::income(e));
    let rest = core::mem::take(&mut escrow.held);
    escrow.returned = rest;
    or_refuse(e, income.close(rest));
    storage::set_escrow(e, &escrow);
    storage::set_income(e, &income);
}

#[inline(never)]
pub fn enter(e: &Env, next: State) {
    if !storage::state(e).may_become(next) {
        refuse(e, GeneratorError::WrongState);
    }
    storage::set_state(e, next);
    StateChanged { state: next }.publish(e);
}

#[inline(never)]
pub fn enforce_state(e: &Env, state: State) {
    if storage::state(e) != state {
        refuse(e, GeneratorError::WrongState);
    }
}

#[inline(never)]
pub fn enforce_owned(e: &Env) {
    if !storage::state(e).is_owned() {
        refuse(e, GeneratorError::WrongState);
    }
}

#[inline(never)]
pub fn enforce_positive(e: &Env, amount: u64) {
    if amount == 0 {
        refuse(e, GeneratorError::InvalidAmount);
    }
}

#[inline(never)]
pub fn now(e: &Env) -> u64 {
    e.ledger().timestamp()
}

#[inline(never)]
pub fn slot(e: &Env) -> u64 {
    now(e) / storage::terms(e).slot_seconds
}

#[inline(never)]
pub fn collect(e: &Env, from: &Address, amount: u64) {
    move_tokens(e, from, &e.current_contract_address(), amount);
}

#[inline(never)]
pub fn pay_out(e: &Env, to: &Address, amount: u64) {
    move_tokens(e, &e.current_contract_address(), to, amount);
}

/// Nothing at all is moved where the amount is 0.
#[inline(never)]
pub fn move_tokens(e: &Env, from: &Address, to: &Address, amount: u64) {
    if amount > 0 {
        TokenClient::new(e, &storage::terms(e).token).transfer(from, to, &amount.into());
    }
}
