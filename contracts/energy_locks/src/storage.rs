//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Address, BytesN, Env};

use crate::{
    errors::LockError,
    types::{EnergyLock, Owed},
};

#[contracttype]
pub enum Key {
    Money,
    Energy,
    Lock(BytesN<32>),
    Owed(Address),
}

pub fn set_tokens(e: &Env, money: &Address, energy: &Address) {
    e.storage().instance().set(&Key::Money, money);
    e.storage().instance().set(&Key::Energy, energy);
}

pub fn money(e: &Env) -> Address {
    token(e, &Key::Money)
}

pub fn energy(e: &Env) -> Address {
    token(e, &Key::Energy)
}

fn token(e: &Env, key: &Key) -> Address {
    e.storage()
        .instance()
        .get(key)
        .unwrap_or_else(|| panic_with_error!(e, LockError::NotConfigured))
}

pub fn set_lock(e: &Env, id: &BytesN<32>, lock: &EnergyLock) {
    let key = Key::Lock(id.clone());
    e.storage().persistent().set(&key, lock);
    ttl::extend_owned(e, &key);
}

pub fn find_lock(e: &Env, id: &BytesN<32>) -> Option<EnergyLock> {
    e.storage().persistent().get(&Key::Lock(id.clone()))
}

pub fn lock(e: &Env, id: &BytesN<32>) -> EnergyLock {
    find_lock(e, id).unwrap_or_else(|| panic_with_error!(e, LockError::UnknownLock))
}

pub fn set_owed(e: &Env, owner: &Address, owed: &Owed) {
    let key = Key::Owed(owner.clone());
    if *owed == Owed::default() {
        e.storage().persistent().remove(&key);
        return;
    }
    e.storage().persistent().set(&key, owed);
    ttl::extend_owned(e, &key);
}

pub fn owed(e: &Env, owner: &Address) -> Owed {
    let key = Key::Owed(owner.clone());
    e.storage().persistent().get(&key).unwrap_or_default()
}
