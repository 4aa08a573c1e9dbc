//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Address, BytesN, Env, IntoVal, TryFromVal, Val};

use crate::errors::FactoryError;

#[contracttype]
pub enum Key {
    Wasm,
    Count,
    Provider(Address),
    Token(Address),
    /// A generator by its number,
    At(u32),
    /// by requester and request,
    Of(Address, u64),
    /// and its number by its address.
    Number(Address),
}

pub fn set_wasm(e: &Env, hash: &BytesN<32>) {
    e.storage().instance().set(&Key::Wasm, hash);
}

pub fn wasm(e: &Env) -> BytesN<32> {
    e.storage()
        .instance()
        .get(&Key::Wasm)
        .unwrap_or_else(|| panic_with_error!(e, FactoryError::NotConfigured))
}

pub fn count(e: &Env) -> u32 {
    e.storage().instance().get(&Key::Count).unwrap_or_default()
}

pub fn set_provider(e: &Env, provider: &Address, allowed: bool) {
    admit(e, &Key::Provider(provider.clone()), allowed);
}

pub fn is_provider(e: &Env, provider: &Address) -> bool {
    get(e, &Key::Provider(provider.clone())).unwrap_or_default()
}

pub fn set_token(e: &Env, token: &Address, allowed: bool) {
    admit(e, &Key::Token(token.clone()), allowed);
}

pub fn is_token(e: &Env, token: &Address) -> bool {
    get(e, &Key::Token(token.clone())).unwrap_or_default()
}

pub fn add(e: &Env, requester: &Address, request_id: u64, generator: &Address) {
    let number = count(e);
    e.storage().instance().set(&Key::Count, &(number + 1));
    set(e, &Key::At(number), generator);
    set(e, &Key::Of(requester.clone(), request_id), generator);
    set(e, &Key::Number(generator.clone()), &number);
}

pub fn at(e: &Env, number: u32) -> Option<Address> {
    get(e, &Key::At(number))
}

pub fn of(e: &Env, requester: &Address, request_id: u64) -> Option<Address> {
    get(e, &Key::Of(requester.clone(), request_id))
}

pub fn is_generator(e: &Env, address: &Address) -> bool {
    get::<u32>(e, &Key::Number(address.clone())).is_some()
}

fn admit(e: &Env, key: &Key, allowed: bool) {
    if allowed {
        set(e, key, &true);
    } else {
        e.storage().persistent().remove(key);
    }
}

fn set<T: IntoVal<Env, Val>>(e: &Env, key: &Key, value: &T) {
    e.storage().persistent().set(key, value);
    ttl::extend_owned(e, key);
}

fn get<T: TryFromVal<Env, Val>>(e: &Env, key: &Key) -> Option<T> {
    let value = e.storage().persistent().get(key)?;
    ttl::extend_owned(e, key);
    Some(value)
}
