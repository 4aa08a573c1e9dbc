//! The tiers of time to live. A persistent entry that runs out is archived and
//! must be restored before it is read; it is never read as absent.
use soroban_sdk::{Env, IntoVal, Val};

const DAY: u32 = 17_280;
const HOT: (u32, u32) = (14 * DAY, 30 * DAY);
const OWNED: (u32, u32) = (30 * DAY, 120 * DAY);

/// The contract's instance and code: 30 days when 14 are left.
pub fn extend_instance(e: &Env) {
    e.storage().instance().extend_ttl(HOT.0, HOT.1);
}

/// What every settlement touches: 30 days when 14 are left.
pub fn extend_hot<K: IntoVal<Env, Val>>(e: &Env, key: &K) {
    e.storage().persistent().extend_ttl(key, HOT.0, HOT.1);
}

/// What belongs to one member and may lie still: 120 days when 30 are left.
pub fn extend_owned<K: IntoVal<Env, Val>>(e: &Env, key: &K) {
    e.storage().persistent().extend_ttl(key, OWNED.0, OWNED.1);
}

/// What counts for some weeks and is over then: temporary, 30 days when 14 are left.
pub fn extend_passing<K: IntoVal<Env, Val>>(e: &Env, key: &K) {
    e.storage().temporary().extend_ttl(key, HOT.0, HOT.1);
}
