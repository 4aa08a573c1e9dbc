//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Address, BytesN, Env};

use crate::errors::WattError;

#[contracttype]
pub enum Key {
    Issuer,
    Reserves,
    BankReference(BytesN<32>),
    /// By holder: nobody spends another's reference before them.
    Redeemed(Address, BytesN<32>),
}

pub fn set_issuer(e: &Env, issuer: &Address) {
    e.storage().instance().set(&Key::Issuer, issuer);
}

pub fn issuer(e: &Env) -> Address {
    e.storage()
        .instance()
        .get(&Key::Issuer)
        .unwrap_or_else(|| panic_with_error!(e, WattError::IssuerNotSet))
}

pub fn set_reserves(e: &Env, amount: i128) {
    e.storage().instance().set(&Key::Reserves, &amount);
}

pub fn reserves(e: &Env) -> i128 {
    e.storage()
        .instance()
        .get(&Key::Reserves)
        .unwrap_or_default()
}

/// Records the reference; false if it was there already.
pub fn take_bank_reference(e: &Env, reference: &BytesN<32>) -> bool {
    take(e, &Key::BankReference(reference.clone()))
}

pub fn bank_reference_used(e: &Env, reference: &BytesN<32>) -> bool {
    e.storage()
        .persistent()
        .has(&Key::BankReference(reference.clone()))
}

/// Records that the holder has redeemed under it; false if they had already.
pub fn take_redemption(e: &Env, from: &Address, reference: &BytesN<32>) -> bool {
    take(e, &Key::Redeemed(from.clone(), reference.clone()))
}

fn take(e: &Env, key: &Key) -> bool {
    if e.storage().persistent().has(key) {
        return false;
    }
    e.storage().persistent().set(key, &());
    ttl::extend_owned(e, key);
    true
}
