//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Address, Env, TryFromVal, Val};

use crate::{
    errors::YieldError,
    types::{Pool, Saver, Terms},
};

#[contracttype]
pub enum Key {
    Token,
    Market,
    Terms,
    Pool,
    Saver(Address),
    Funder(Address),
}

pub fn set_token(e: &Env, token: &Address) {
    e.storage().instance().set(&Key::Token, token);
}

pub fn token(e: &Env) -> Address {
    setting(e, &Key::Token)
}

pub fn set_market(e: &Env, market: &Address) {
    e.storage().instance().set(&Key::Market, market);
}

pub fn market(e: &Env) -> Address {
    setting(e, &Key::Market)
}

pub fn set_terms(e: &Env, terms: &Terms) {
    e.storage().instance().set(&Key::Terms, terms);
}

pub fn terms(e: &Env) -> Terms {
    setting(e, &Key::Terms)
}

fn setting<T: TryFromVal<Env, Val>>(e: &Env, key: &Key) -> T {
    e.storage()
        .instance()
        .get(key)
        .unwrap_or_else(|| panic_with_error!(e, YieldError::NotConfigured))
}

pub fn set_pool(e: &Env, pool: &Pool) {
    e.storage().persistent().set(&Key::Pool, pool);
    ttl::extend_hot(e, &Key::Pool);
}

pub fn pool(e: &Env) -> Pool {
    e.storage()
        .persistent()
        .get(&Key::Pool)
        .unwrap_or_else(|| panic_with_error!(e, YieldError::NotConfigured))
}

pub fn set_saver(e: &Env, member: &Address, saver: &Saver) {
    let key = Key::Saver(member.clone());
    e.storage().persistent().set(&key, saver);
    ttl::extend_owned(e, &key);
}

/// All zero for who was never looked at.
pub fn saver(e: &Env, member: &Address) -> Saver {
    let key = Key::Saver(member.clone());
    e.storage().persistent().get(&key).unwrap_or_default()
}

pub fn set_funder(e: &Env, funder: &Address, amount: i128) {
    let key = Key::Funder(funder.clone());
    e.storage().persistent().set(&key, &amount);
    ttl::extend_owned(e, &key);
}

/// What an address has funded and taken nothing back for.
pub fn funder(e: &Env, funder: &Address) -> i128 {
    let key = Key::Funder(funder.clone());
    e.storage().persistent().get(&key).unwrap_or_default()
}
