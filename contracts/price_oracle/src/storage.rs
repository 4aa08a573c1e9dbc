//! Every access to the ledger. A day of slots has one temporary entry, four
//! bytes of price a slot, so that any slot's price is one look-up.
use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Bytes, Env};

use crate::{errors::OracleError, types::Terms};

pub const MINUTES_A_DAY: u32 = 1440;
const PRICE_BYTES: u32 = 4;

#[contracttype]
enum Key {
    Terms,
    SlotMinutes,
    /// How many keys have been named: each one's quotes are its own.
    Keys,
    /// The key's number and the day.
    Day(u32, u32),
}

pub fn terms(e: &Env) -> Terms {
    let terms = e.storage().instance().get(&Key::Terms);
    terms.unwrap_or_else(|| panic_with_error!(e, OracleError::NotConfigured))
}

/// Another key begins with no quotes.
pub fn set_terms(e: &Env, terms: &Terms) {
    let before: Option<Terms> = e.storage().instance().get(&Key::Terms);
    if before.is_none_or(|before| before.key != terms.key) {
        e.storage().instance().set(&Key::Keys, &(keys(e) + 1));
    }
    e.storage().instance().set(&Key::Terms, terms);
}

fn keys(e: &Env) -> u32 {
    e.storage().instance().get(&Key::Keys).unwrap_or_default()
}

pub fn slot_minutes(e: &Env) -> u32 {
    let minutes = e.storage().instance().get(&Key::SlotMinutes);
    minutes.unwrap_or_else(|| panic_with_error!(e, OracleError::NotConfigured))
}

pub fn set_slot_minutes(e: &Env, minutes: u32) {
    e.storage().instance().set(&Key::SlotMinutes, &minutes);
}

/// The prices of a day.
pub struct Day {
    key: Key,
    slot_minutes: u32,
    prices: Bytes,
}

impl Day {
    /// The day of a moment in unix minutes.
    pub fn of(e: &Env, moment: u32) -> Day {
        let key = Key::Day(keys(e), moment / MINUTES_A_DAY);
        let slot_minutes = slot_minutes(e);
        let prices = e.storage().temporary().get(&key);
        Day {
            prices: prices.unwrap_or_else(|| empty(e, MINUTES_A_DAY / slot_minutes)),
            key,
            slot_minutes,
        }
    }

    /// Stroops per kWh, if the slot has a price.
    pub fn price(&self, slot: u32) -> Option<u32> {
        let at = self.place(slot);
        let mut price = [0; PRICE_BYTES as usize];
        self.prices
            .slice(at..at + PRICE_BYTES)
            .copy_into_slice(&mut price);
        Some(u32::from_be_bytes(price)).filter(|price| *price > 0)
    }

    pub fn set_price(&mut self, slot: u32, price: u32) {
        let at = self.place(slot);
        self.prices.copy_from_slice(at, &price.to_be_bytes());
    }

    pub fn keep(&self, e: &Env) {
        e.storage().temporary().set(&self.key, &self.prices);
        ttl::extend_passing(e, &self.key);
    }

    fn place(&self, slot: u32) -> u32 {
        slot % MINUTES_A_DAY / self.slot_minutes * PRICE_BYTES
    }
}

fn empty(e: &Env, slots: u32) -> Bytes {
    let mut prices = Bytes::new(e);
    for _ in 0..slots {
        prices.extend_from_array(&[0; PRICE_BYTES as usize]);
    }
    prices
}
