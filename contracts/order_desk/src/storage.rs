//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Address, BytesN, Env, Vec};

use crate::{errors::DeskError, types::Fill};

#[contracttype]
pub enum Key {
    Market,
    Operator,
    Signer(Address),
    Fills(Address),
}

pub fn set_market(e: &Env, market: &Address) {
    e.storage().instance().set(&Key::Market, market);
}

pub fn market(e: &Env) -> Address {
    address(e, &Key::Market)
}

pub fn set_operator(e: &Env, operator: &Address) {
    e.storage().instance().set(&Key::Operator, operator);
}

pub fn operator(e: &Env) -> Address {
    address(e, &Key::Operator)
}

fn address(e: &Env, key: &Key) -> Address {
    let found = e.storage().instance().get(key);
    found.unwrap_or_else(|| panic_with_error!(e, DeskError::NotConfigured))
}

pub fn order_key(e: &Env, member: &Address) -> Option<BytesN<32>> {
    let key = Key::Signer(member.clone());
    let found = e.storage().persistent().get(&key)?;
    ttl::extend_owned(e, &key);
    Some(found)
}

pub fn set_order_key(e: &Env, member: &Address, public: &BytesN<32>) {
    let key = Key::Signer(member.clone());
    e.storage().persistent().set(&key, public);
    ttl::extend_owned(e, &key);
}

pub fn fills(e: &Env, member: &Address) -> Vec<Fill> {
    let found = e.storage().persistent().get(&Key::Fills(member.clone()));
    found.unwrap_or_else(|| Vec::new(e))
}

pub fn set_fills(e: &Env, member: &Address, fills: &Vec<Fill>) {
    let key = Key::Fills(member.clone());
    e.storage().persistent().set(&key, fills);
    ttl::extend_owned(e, &key);
}
