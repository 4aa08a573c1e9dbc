//! Every access to the ledger, with its time-to-live tier. Each stays a function
//! of its own: copied to wherever it is called, they alone make the wasm too big.
use foundation::ttl;
use generator_terms::Terms;
use soroban_sdk::{contracttype, Address, Bytes, BytesN, Env, IntoVal, TryFromVal, Val};

use crate::{
    errors::{refuse, GeneratorError},
    income::Income,
    owner::Owner,
    price::Book,
    types::{Announcement, Device, Escrow, Future, State},
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
    Announced,
    Owner(Address),
    Credit(Address),
    Future(u32),
    History(u32),
    Counter(BytesN<32>),
}

// ---- instance

#[inline(never)]
pub fn set_terms(e: &Env, terms: &Terms) {
    e.storage().instance().set(&Key::Terms, terms);
}

#[inline(never)]
pub fn terms(e: &Env) -> Terms {
    e.storage()
        .instance()
        .get(&Key::Terms)
        .unwrap_or_else(|| refuse(e, GeneratorError::NotConfigured))
}

#[inline(never)]
pub fn set_state(e: &Env, state: State) {
    e.storage().instance().set(&Key::State, &state);
}

#[inline(never)]
pub fn state(e: &Env) -> State {
    e.storage()
        .instance()
        .get(&Key::State)
        .unwrap_or_else(|| refuse(e, GeneratorError::NotConfigured))
}

// ---- the generator's sums

#[inline(never)]
pub fn set_escrow(e: &Env, escrow: &Escrow) {
    set_hot(e, &Key::Escrow, escrow);
}

#[inline(never)]
pub fn escrow(e: &Env) -> Escrow {
    hot(e, &Key::Escrow)
}

#[inline(never)]
pub fn set_book(e: &Env, book: &Book) {
    set_hot(e, &Key::Book, book);
}

#[inline(never)]
pub fn book(e: &Env) -> Book {
    hot(e, &Key::Book)
}

#[inline(never)]
pub fn set_income(e: &Env, income: &Income) {
    set_hot(e, &Key::Income, income);
}

#[inline(never)]
pub fn income(e: &Env) -> Income {
    hot(e, &Key::Income)
}

#[inline(never)]
pub fn set_device(e: &Env, device: &Device) {
    set_hot(e, &Key::Device, device);
}

#[inline(never)]
pub fn device(e: &Env) -> Device {
    hot(e, &Key::Device)
}

#[inline(never)]
pub fn set_futures(e: &Env, count: u32) {
    set_hot(e, &Key::Futures, &count);
}

/// How many futures were ever offered.
#[inline(never)]
pub fn futures(e: &Env) -> u32 {
    hot(e, &Key::Futures)
}

#[inline(never)]
pub fn set_announced(e: &Env, announcement: Option<&Announcement>) {
    match announcement {
        Some(announcement) => set_owned(e, &Key::Announced, announcement),
        None => e.storage().persistent().remove(&Key::Announced),
    }
}

#[inline(never)]
pub fn announced(e: &Env) -> Option<Announcement> {
    owned(e, &Key::Announced)
}

// ---- what people have

#[inline(never)]
pub fn set_counter(e: &Env, key: &BytesN<32>, counter: u64) {
    set_owned(e, &Key::Counter(key.clone()), &counter);
}

/// The last counter of a key that was bound before; 0 for a new one.
#[inline(never)]
pub fn counter(e: &Env, key: &BytesN<32>) -> u64 {
    owned(e, &Key::Counter(key.clone())).unwrap_or_default()
}

#[inline(never)]
pub fn set_owner(e: &Env, address: &Address, owner: &Owner) {
    set_owned(e, &Key::Owner(address.clone()), owner);
}

/// All zero for who never owned a unit.
#[inline(never)]
pub fn owner(e: &Env, address: &Address) -> Owner {
    owned(e, &Key::Owner(address.clone())).unwrap_or_default()
}

#[inline(never)]
pub fn set_credit(e: &Env, user: &Address, quantity: u64) {
    set_owned(e, &Key::Credit(user.clone()), &quantity);
}

#[inline(never)]
pub fn credit(e: &Env, user: &Address) -> u64 {
    owned(e, &Key::Credit(user.clone())).unwrap_or_default()
}

#[inline(never)]
pub fn set_future(e: &Env, id: u32, future: &Future) {
    set_owned(e, &Key::Future(id), future);
}

#[inline(never)]
pub fn remove_future(e: &Env, id: u32) {
    e.storage().persistent().remove(&Key::Future(id));
}

#[inline(never)]
pub fn future(e: &Env, id: u32) -> Option<Future> {
    owned(e, &Key::Future(id))
}

#[inline(never)]
pub fn set_history(e: &Env, page: u32, records: &Bytes) {
    set_owned(e, &Key::History(page), records);
}

#[inline(never)]
pub fn history(e: &Env, page: u32) -> Option<Bytes> {
    owned(e, &Key::History(page))
}

// ---- tiers

#[inline(never)]
fn set_hot<T: IntoVal<Env, Val>>(e: &Env, key: &Key, value: &T) {
    e.storage().persistent().set(key, value);
    ttl::extend_hot(e, key);
}

#[inline(never)]
fn hot<T: TryFromVal<Env, Val>>(e: &Env, key: &Key) -> T {
    let value = e
        .storage()
        .persistent()
        .get(key)
        .unwrap_or_else(|| refuse(e, GeneratorError::NotConfigured));
    ttl::extend_hot(e, key);
    value
}

#[inline(never)]
fn set_owned<T: IntoVal<Env, Val>>(e: &Env, key: &Key, value: &T) {
    e.storage().persistent().set(key, value);
    ttl::extend_owned(e, key);
}

#[inline(never)]
fn owned<T: TryFromVal<Env, Val>>(e: &Env, key: &Key) -> Option<T> {
    let value = e.storage().persistent().get(key)?;
    ttl::extend_owned(e, key);
    Some(value)
}
