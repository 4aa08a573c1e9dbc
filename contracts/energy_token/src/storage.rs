//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use soroban_sdk::{contracttype, Address, Bytes, Env};

use crate::guard::SLOTS_PER_PAGE;

#[contracttype]
pub enum Key {
    SlotMinutes,
    Meter(Address),
    Guard(u32),
}

pub fn set_slot_minutes(e: &Env, minutes: u32) {
    e.storage().instance().set(&Key::SlotMinutes, &minutes);
}

pub fn slot_minutes(e: &Env) -> u32 {
    // Set by the constructor; a slot length of zero would refuse every slot.
    e.storage()
        .instance()
        .get(&Key::SlotMinutes)
        .unwrap_or_default()
}

pub fn set_meter(e: &Env, meter: &Address, allowed: bool) {
    let key = Key::Meter(meter.clone());
    if allowed {
        e.storage().persistent().set(&key, &());
        ttl::extend_owned(e, &key);
    } else {
        e.storage().persistent().remove(&key);
    }
}

pub fn is_meter(e: &Env, meter: &Address) -> bool {
    e.storage().persistent().has(&Key::Meter(meter.clone()))
}

pub fn extend_meter(e: &Env, meter: &Address) {
    ttl::extend_owned(e, &Key::Meter(meter.clone()));
}

pub fn guard_page(e: &Env, number: u32) -> [u8; SLOTS_PER_PAGE] {
    let mut page = [0; SLOTS_PER_PAGE];
    if let Some(bytes) = e
        .storage()
        .persistent()
        .get::<_, Bytes>(&Key::Guard(number))
    {
        bytes.copy_into_slice(&mut page);
    }
    page
}

pub fn set_guard_page(e: &Env, number: u32, page: &[u8; SLOTS_PER_PAGE]) {
    let key = Key::Guard(number);
    e.storage()
        .persistent()
        .set(&key, &Bytes::from_array(e, page));
    ttl::extend_hot(e, &key);
}
