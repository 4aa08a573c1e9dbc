//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use generator_terms::Terms;
use soroban_sdk::{contracttype, panic_with_error, Address, Bytes, Env, IntoVal, TryFromVal, Val};

use crate::{
    errors::GeneratorError,
    income::Income,
    owner::Owner,
    price::Book,
    types::{Device, Escrow, Future, State},
};

#[contracttype]
pub enum Key {
    Terms,
    State,
    Escrow,
    Book,
    Income,
    Device,
    Futures,
    Owner(Address),
    Credit(Address),
    Future(u32),
    History(u32),
}

// ---- instance

pub fn set_terms(e: &Env, terms: &Terms) {
    e.storage().instance().set(&Key::Terms, terms);
}

pub fn terms(e: &Env) -> Terms {
    e.storage()
        .instance()
        .get(&Key::Terms)
        .unwrap_or_else(|| panic_with_error!(e, GeneratorError::NotConfigured))
}

pub fn set_state(e: &Env, state: State) {
    e.storage().instance().set(&Key::State, &state);
}

pub fn state(e: &Env) -> State {
    e.storage()
        .instance()
        .get(&Key::State)
        .unwrap_or_else(|| panic_with_error!(e, GeneratorError::NotConfigured))
}

// ---- the generator's sums

pub fn set_escrow(e: &Env, escrow: &Escrow) {
    set_hot(e, &Key::Escrow, escrow);
}

pub fn escrow(e: &Env) -> Escrow {
    hot(e, &Key::Escrow)
}

pub fn set_book(e: &Env, book: &Book) {
    set_hot(e, &Key::Book, book);
}

pub fn book(e: &Env) -> Book {
    hot(e, &Key::Book)
}

pub fn set_income(e: &Env, income: &Income) {
    set_hot(e, &Key::Income, income);
}

pub fn income(e: &Env) -> Income {
    hot(e, &Key::Income)
}

pub fn set_device(e: &Env, device: &Device) {
    set_hot(e, &Key::Device, device);
}

pub fn device(e: &Env) -> Device {
    hot(e, &Key::Device)
}

pub fn set_futures(e: &Env, count: u32) {
    set_hot(e, &Key::Futures, &count);
}

/// How many futures were ever offered.
pub fn futures(e: &Env) -> u32 {
    hot(e, &Key::Futures)
}

// ---- what people have

pub fn set_owner(e: &Env, address: &Address, owner: &Owner) {
    set_owned(e, &Key::Owner(address.clone()), owner);
}

/// All zero for who never owned a unit.
pub fn owner(e: &Env, address: &Address) -> Owner {
    owned(e, &Key::Owner(address.clone())).unwrap_or_default()
}

pub fn set_credit(e: &Env, user: &Address, quantity: i128) {
    set_owned(e, &Key::Credit(user.clone()), &quantity);
}

pub fn credit(e: &Env, user: &Address) -> i128 {
    owned(e, &Key::Credit(user.clone())).unwrap_or_default()
}

pub fn set_future(e: &Env, id: u32, future: &Future) {
    set_owned(e, &Key::Future(id), future);
}

pub fn remove_future(e: &Env, id: u32) {
    e.storage().persistent().remove(&Key::Future(id));
}

pub fn future(e: &Env, id: u32) -> Option<Future> {
    owned(e, &Key::Future(id))
}

pub fn set_history(e: &Env, page: u32, records: &Bytes) {
    set_owned(e, &Key::History(page), records);
}

pub fn history(e: &Env, page: u32) -> Option<Bytes> {
    owned(e, &Key::History(page))
}

// ---- tiers

fn set_hot<T: IntoVal<Env, Val>>(e: &Env, key: &Key, value: &T) {
    e.storage().persistent().set(key, value);
    ttl::extend_hot(e, key);
}

fn hot<T: TryFromVal<Env, Val>>(e: &Env, key: &Key) -> T {
    let value = e
        .storage()
        .persistent()
        .get(key)
        .unwrap_or_else(|| panic_with_error!(e, GeneratorError::NotConfigured));
    ttl::extend_hot(e, key);
    value
}

fn set_owned<T: IntoVal<Env, Val>>(e: &Env, key: &Key, value: &T) {
    e.storage().persistent().set(key, value);
    ttl::extend_owned(e, key);
}

fn owned<T: TryFromVal<Env, Val>>(e: &Env, key: &Key) -> Option<T> {
    let value = e.storage().persistent().get(key)?;
    ttl::extend_owned(e, key);
    Some(value)
}
