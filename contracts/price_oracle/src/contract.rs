//! The door: authorise, extend, delegate.
use foundation::{ttl, Guardian, Stewarded};
use soroban_sdk::{contract, contractimpl, panic_with_error, Address, BytesN, Env};
use stellar_macros::only_admin;

use crate::{
    errors::OracleError,
    events::TermsSet,
    quotes,
    storage::{self, MINUTES_A_DAY},
    types::{Quote, Terms},
};

const SCHEMA: u32 = 1;

#[contract]
pub struct PriceOracle;

#[contractimpl]
impl PriceOracle {
    pub fn __constructor(e: &Env, admin: Address, slot_minutes: u32, terms: Terms) {
        if !MINUTES_A_DAY.is_multiple_of(slot_minutes) {
            panic_with_error!(e, OracleError::InvalidSlotMinutes);
        }
        foundation::begin(e, &admin, SCHEMA);
        storage::set_slot_minutes(e, slot_minutes);
        name(e, terms);
    }

    /// Names the key and the collar. Another key begins with no quotes.
    #[only_admin]
    pub fn set_terms(e: &Env, terms: Terms) {
        ttl::extend_instance(e);
        name(e, terms);
    }

    /// Takes a quote that the oracle has signed, from anybody.
    pub fn post_quote(e: &Env, quote: Quote, signature: BytesN<64>) {
        ttl::extend_instance(e);
        foundation::enforce_running(e);
        quotes::post(e, quote, &signature);
    }

    /// The lowest and the highest price that may settle in the slot.
    pub fn limits(e: &Env, slot: u32) -> (u32, u32) {
        quotes::limits(e, slot)
    }

    /// What the slot was quoted, in stroops per kWh.
    pub fn price(e: &Env, slot: u32) -> u32 {
        quotes::price(e, slot)
    }

    pub fn terms(e: &Env) -> Terms {
        storage::terms(e)
    }

    pub fn slot_minutes(e: &Env) -> u32 {
        storage::slot_minutes(e)
    }
}

fn name(e: &Env, terms: Terms) {
    if terms.collar_percent >= 100 {
        panic_with_error!(e, OracleError::InvalidCollar);
    }
    storage::set_terms(e, &terms);
    TermsSet {
        key: terms.key,
        collar_percent: terms.collar_percent,
    }
    .publish(e);
}

#[contractimpl(contracttrait)]
impl Stewarded for PriceOracle {}
