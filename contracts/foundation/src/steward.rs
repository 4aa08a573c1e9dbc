//! Who may stop, hand over and replace a contract.
//!
//! The admin is meant to be the governance timelock. The guardian is a person
//! for emergencies: for a limited term it may pause, for a limited time, and
//! nothing else.
use soroban_sdk::{
    contracterror, contractevent, contracttrait, contracttype, panic_with_error, Address, BytesN,
    Env,
};
use stellar_access::access_control;
use stellar_contract_utils::upgradeable;

use crate::ttl;

const DAY: u64 = 86_400;
/// A guardian's pause ends by itself after so many seconds.
pub const GUARDIAN_PAUSE: u64 = 7 * DAY;
/// From one pause by a guardian to the next: seven days in any thirty.
pub const GUARDIAN_GAP: u64 = 30 * DAY;
/// A guardian is named for so many seconds at most.
pub const LONGEST_TERM: u64 = 366 * DAY;

#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum StewardError {
    /// The contract is paused.
    Paused = 10,
    /// Neither the admin nor a guardian whose term runs.
    NotSteward = 11,
    /// A guardian's term ends in the future, within a year.
    InvalidTerm = 12,
    /// What is stored is not of the version that this migration begins with.
    WrongSchema = 13,
    /// A guardian has paused within the last thirty days.
    PausedLately = 14,
}

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Guardian {
    pub address: Address,
    /// Unix seconds.
    pub until: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GuardianSet {
    #[topic]
    pub guardian: Address,
    pub until: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PauseSet {
    #[topic]
    pub by: Address,
    /// Unix seconds.
    pub until: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PauseLifted {}

#[contracttype]
enum StewardKey {
    Guardian,
    PausedUntil,
    /// When a guardian last paused, whoever that was.
    GuardianPausedAt,
}

/// Sets the admin and the schema version; for constructors.
pub fn begin(e: &Env, admin: &Address, schema: u32) {
    access_control::set_admin(e, admin);
    upgradeable::set_schema_version(e, schema);
}

/// Refuses while the contract is paused.
pub fn enforce_running(e: &Env) {
    if is_paused(e) {
        panic_with_error!(e, StewardError::Paused);
    }
}

/// Whether this is the guardian and the term runs.
pub fn is_guardian(e: &Env, caller: &Address) -> bool {
    let guardian: Option<Guardian> = e.storage().instance().get(&StewardKey::Guardian);
    guardian.is_some_and(|guardian| {
        guardian.address == *caller && e.ledger().timestamp() < guardian.until
    })
}

/// Names the guardian. Authorises nobody: the caller does.
pub fn name_guardian(e: &Env, guardian: Address, until: u64) {
    let now = e.ledger().timestamp();
    if until <= now || until - now > LONGEST_TERM {
        panic_with_error!(e, StewardError::InvalidTerm);
    }
    e.storage().instance().set(
        &StewardKey::Guardian,
        &Guardian {
            address: guardian.clone(),
            until,
        },
    );
    GuardianSet { guardian, until }.publish(e);
}

/// Lifts whatever pause there is. Authorises nobody: the caller does.
pub fn lift_pause(e: &Env) {
    e.storage().instance().remove(&StewardKey::PausedUntil);
    PauseLifted {}.publish(e);
}

/// The first line of a new version's `migrate`: only the admin, only from the
/// version before, and so only once.
pub fn begin_migration(e: &Env, schema: u32) {
    access_control::enforce_admin_auth(e);
    ttl::extend_instance(e);
    if upgradeable::get_schema_version(e).checked_add(1) != Some(schema) {
        panic_with_error!(e, StewardError::WrongSchema);
    }
    upgradeable::set_schema_version(e, schema);
}

/// Administration, the same in every contract.
#[contracttrait]
pub trait Stewarded {
    fn admin(e: &Env) -> Option<Address> {
        access_control::get_admin(e)
    }

    /// Offers the role; it moves when `new_admin` calls `accept_admin` no
    /// later than `live_until_ledger` (0 withdraws the offer).
    fn transfer_admin(e: &Env, new_admin: Address, live_until_ledger: u32) {
        ttl::extend_instance(e);
        access_control::transfer_admin_role(e, &new_admin, live_until_ledger);
    }

    fn accept_admin(e: &Env) {
        ttl::extend_instance(e);
        access_control::accept_admin_transfer(e);
    }

    fn guardian(e: &Env) -> Option<Guardian> {
        e.storage().instance().get(&StewardKey::Guardian)
    }

    /// Names the guardian until a moment (unix seconds) at most a year ahead.
    fn set_guardian(e: &Env, guardian: Address, until: u64) {
        access_control::enforce_admin_auth(e);
        ttl::extend_instance(e);
        name_guardian(e, guardian, until);
    }

    fn paused(e: &Env) -> bool {
        is_paused(e)
    }

    /// Pauses: until lifted if the admin asks, for seven days if the guardian
    /// does, once in thirty days. A guardian cannot shorten what the admin has
    /// paused.
    fn pause(e: &Env, caller: Address) {
        caller.require_auth();
        ttl::extend_instance(e);
        let until = paused_until(e).max(reach(e, &caller));
        e.storage().instance().set(&StewardKey::PausedUntil, &until);
        PauseSet { by: caller, until }.publish(e);
    }

    fn unpause(e: &Env) {
        access_control::enforce_admin_auth(e);
        ttl::extend_instance(e);
        lift_pause(e);
    }

    /// Replaces the code; addresses and everything stored stay.
    fn upgrade(e: &Env, new_wasm_hash: BytesN<32>) {
        access_control::enforce_admin_auth(e);
        ttl::extend_instance(e);
        upgradeable::upgrade(e, &new_wasm_hash);
    }

    fn schema_version(e: &Env) -> u32 {
        upgradeable::get_schema_version(e)
    }
}

fn is_paused(e: &Env) -> bool {
    e.ledger().timestamp() < paused_until(e)
}

fn paused_until(e: &Env) -> u64 {
    e.storage()
        .instance()
        .get(&StewardKey::PausedUntil)
        .unwrap_or_default()
}

/// Until when this caller may pause; a guardian's turn is used up.
fn reach(e: &Env, caller: &Address) -> u64 {
    if access_control::get_admin(e).as_ref() == Some(caller) {
        return u64::MAX;
    }
    if !is_guardian(e, caller) {
        panic_with_error!(e, StewardError::NotSteward);
    }
    let now = e.ledger().timestamp();
    let before: Option<u64> = e.storage().instance().get(&StewardKey::GuardianPausedAt);
    if before.is_some_and(|before| now < before.saturating_add(GUARDIAN_GAP)) {
        panic_with_error!(e, StewardError::PausedLately);
    }
    e.storage()
        .instance()
        .set(&StewardKey::GuardianPausedAt, &now);
    now.saturating_add(GUARDIAN_PAUSE)
}
