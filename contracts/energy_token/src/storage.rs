//! Every access to the ledger, with its time-to-live tier.
use soroban_sdk::{contracttype, Address, Bytes, Env};

use crate::guard::SLOTS_PER_PAGE;

const DAY: u32 = 17_280;
const INSTANCE_THRESHOLD: u32 = 14 * DAY;
const INSTANCE_EXTEND: u32 = 30 * DAY;
/// Guard pages are hot for a few days; afterwards an archived page still
/// refuses, because it has to be restored before it can be read.
const GUARD_THRESHOLD: u32 = 14 * DAY;
const GUARD_EXTEND: u32 = 30 * DAY;
const METER_THRESHOLD: u32 = 30 * DAY;
const METER_EXTEND: u32 = 120 * DAY;

#[contracttype]
pub enum Key {
    SlotMinutes,
    Meter(Address),
    Guard(u32),
}

pub fn extend_instance(e: &Env) {
    e.storage()
        .instance()
        .extend_ttl(INSTANCE_THRESHOLD, INSTANCE_EXTEND);
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
        e.storage()
            .persistent()
            .extend_ttl(&key, METER_THRESHOLD, METER_EXTEND);
    } else {
        e.storage().persistent().remove(&key);
    }
}

pub fn is_meter(e: &Env, meter: &Address) -> bool {
    e.storage().persistent().has(&Key::Meter(meter.clone()))
}

pub fn extend_meter(e: &Env, meter: &Address) {
    e.storage()
        .persistent()
        .extend_ttl(&Key::Meter(meter.clone()), METER_THRESHOLD, METER_EXTEND);
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
    e.storage()
        .persistent()
        .extend_ttl(&key, GUARD_THRESHOLD, GUARD_EXTEND);
}
