//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Address, Env};

use crate::{
    errors::RegistryError,
    types::{Membership, Roll},
};

#[contracttype]
pub enum Key {
    Registrar,
    Roll,
    Member(Address),
    History(History, u32),
}

/// Whose membership a history tells.
#[contracttype]
#[derive(Clone)]
pub enum History {
    /// How many members there were.
    All,
    /// 1 while this address was one, else 0.
    Of(Address),
}

impl History {
    /// Where its pages are kept.
    pub fn pages(self) -> impl Fn(u32) -> Key {
        move |number| Key::History(self.clone(), number)
    }
}

pub fn set_registrar(e: &Env, registrar: &Address) {
    e.storage().instance().set(&Key::Registrar, registrar);
}

pub fn registrar(e: &Env) -> Address {
    e.storage()
        .instance()
        .get(&Key::Registrar)
        .unwrap_or_else(|| panic_with_error!(e, RegistryError::NotConfigured))
}

pub fn set_roll(e: &Env, roll: &Roll) {
    e.storage().persistent().set(&Key::Roll, roll);
    ttl::extend_owned(e, &Key::Roll);
}

pub fn roll(e: &Env) -> Roll {
    let roll = e
        .storage()
        .persistent()
        .get(&Key::Roll)
        .unwrap_or_else(|| panic_with_error!(e, RegistryError::NotConfigured));
    ttl::extend_owned(e, &Key::Roll);
    roll
}

pub fn set_member(e: &Env, member: &Address, membership: &Membership) {
    let key = Key::Member(member.clone());
    e.storage().persistent().set(&key, membership);
    ttl::extend_owned(e, &key);
}

/// All zero for who never joined.
pub fn member(e: &Env, member: &Address) -> Membership {
    let key = Key::Member(member.clone());
    match e.storage().persistent().get(&key) {
        Some(membership) => {
            ttl::extend_owned(e, &key);
            membership
        }
        None => Membership::default(),
    }
}
