//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Env, String};

use crate::{errors::ParameterError, types::Parameter};

#[contracttype]
pub enum Key {
    SlotMinutes,
    Count,
    /// The keys in the order of their declaration.
    Name(u32),
    Parameter(String),
}

pub fn set_slot_minutes(e: &Env, minutes: u32) {
    e.storage().instance().set(&Key::SlotMinutes, &minutes);
}

pub fn slot_minutes(e: &Env) -> u32 {
    e.storage()
        .instance()
        .get(&Key::SlotMinutes)
        .unwrap_or_else(|| panic_with_error!(e, ParameterError::NotConfigured))
}

pub fn count(e: &Env) -> u32 {
    e.storage().instance().get(&Key::Count).unwrap_or_default()
}

/// Keeps a parameter declared just now.
pub fn add(e: &Env, parameter: &Parameter) {
    let number = count(e);
    let name = Key::Name(number);
    e.storage()
        .persistent()
        .set(&name, &parameter.declaration.key);
    ttl::extend_owned(e, &name);
    e.storage().instance().set(&Key::Count, &(number + 1));
    set(e, parameter);
}

pub fn name(e: &Env, number: u32) -> Option<String> {
    e.storage().persistent().get(&Key::Name(number))
}

pub fn set(e: &Env, parameter: &Parameter) {
    let key = Key::Parameter(parameter.declaration.key.clone());
    e.storage().persistent().set(&key, parameter);
    ttl::extend_owned(e, &key);
}

pub fn find(e: &Env, key: &String) -> Option<Parameter> {
    let key = Key::Parameter(key.clone());
    let parameter = e.storage().persistent().get(&key)?;
    ttl::extend_owned(e, &key);
    Some(parameter)
}

pub fn get(e: &Env, key: &String) -> Parameter {
    find(e, key).unwrap_or_else(|| panic_with_error!(e, ParameterError::UnknownKey))
}
