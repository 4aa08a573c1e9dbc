//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Address, BytesN, Env};

use crate::{
    errors::TimelockError,
    types::{Operation, Terms},
};

#[contracttype]
pub enum Key {
    Governor,
    Terms,
    Operation(BytesN<32>),
}

pub fn set_governor(e: &Env, governor: &Address) {
    e.storage().instance().set(&Key::Governor, governor);
}

pub fn governor(e: &Env) -> Address {
    e.storage()
        .instance()
        .get(&Key::Governor)
        .unwrap_or_else(|| panic_with_error!(e, TimelockError::NotConfigured))
}

pub fn set_terms(e: &Env, terms: &Terms) {
    e.storage().instance().set(&Key::Terms, terms);
}

pub fn terms(e: &Env) -> Terms {
    e.storage()
        .instance()
        .get(&Key::Terms)
        .unwrap_or_else(|| panic_with_error!(e, TimelockError::NotConfigured))
}

pub fn set_operation(e: &Env, id: &BytesN<32>, operation: &Operation) {
    let key = Key::Operation(id.clone());
    e.storage().persistent().set(&key, operation);
    ttl::extend_owned(e, &key);
}

pub fn find_operation(e: &Env, id: &BytesN<32>) -> Option<Operation> {
    e.storage().persistent().get(&Key::Operation(id.clone()))
}

pub fn operation(e: &Env, id: &BytesN<32>) -> Operation {
    find_operation(e, id).unwrap_or_else(|| panic_with_error!(e, TimelockError::UnknownOperation))
}
