//! The door: authorise, extend, delegate.
use foundation::{enforce_running, is_guardian, ttl, Guardian, StewardError, Stewarded};
use soroban_sdk::{contract, contractimpl, panic_with_error, Address, BytesN, Env, String, Vec};
use stellar_macros::only_admin;

use crate::{
    errors::ParameterError,
    events::{Declared, Reverted, Scheduled, TakenBack},
    storage,
    types::{Declaration, Parameter, Version},
};

const SCHEMA: u32 = 1;
const MINUTES_A_DAY: u32 = 1440;

#[contract]
pub struct Parameters;

#[contractimpl]
impl Parameters {
    pub fn __constructor(
        e: &Env,
        admin: Address,
        slot_minutes: u32,
        declarations: Vec<Declaration>,
        guardian: Address,
        guardian_until: u64,
    ) {
        if slot_minutes == 0 || !MINUTES_A_DAY.is_multiple_of(slot_minutes) {
            panic_with_error!(e, ParameterError::InvalidSlotMinutes);
        }
        foundation::begin(e, &admin, SCHEMA);
        foundation::name_guardian(e, guardian, guardian_until);
        storage::set_slot_minutes(e, slot_minutes);
        for declaration in declarations {
            add(e, declaration);
        }
    }

    /// Adds a parameter. Its bounds hold for good.
    #[only_admin]
    pub fn declare(e: &Env, declaration: Declaration) {
        ttl::extend_instance(e);
        enforce_running(e);
        add(e, declaration);
    }

    /// Sets a value from the start of a future slot (unix minutes) on.
    #[only_admin]
    pub fn schedule(e: &Env, key: String, value: i128, effective_from: u32) {
        ttl::extend_instance(e);
        enforce_running(e);
        if u64::from(effective_from) * 60 <= e.ledger().timestamp() {
            panic_with_error!(e, ParameterError::NotInFuture);
        }
        if !effective_from.is_multiple_of(storage::slot_minutes(e)) {
            panic_with_error!(e, ParameterError::SlotMisaligned);
        }
        let mut parameter = storage::get(e, &key);
        let version = Version {
            effective_from,
            value,
        };
        or_refuse(e, parameter.schedule(version, minute(e)));
        storage::set(e, &parameter);
        Scheduled {
            key,
            value,
            effective_from,
        }
        .publish(e);
    }

    /// Undoes the newest version: one still to come is dropped, and one in
    /// force gives way, from the next slot on, to the value before it.
    #[only_admin]
    pub fn revert(e: &Env, key: String) -> Version {
        ttl::extend_instance(e);
        enforce_running(e);
        let mut parameter = storage::get(e, &key);
        let version = or_refuse(e, parameter.revert(minute(e), next_slot(e)));
        storage::set(e, &parameter);
        Reverted {
            key,
            value: version.value,
            effective_from: version.effective_from,
        }
        .publish(e);
        version
    }

    /// The guardian undoes a change that does harm, within seven days of its
    /// taking effect and also while paused: from the next slot on the value
    /// before it holds. What has been taken back is not brought back this way.
    pub fn take_back(e: &Env, guardian: Address, key: String) -> Version {
        guardian.require_auth();
        ttl::extend_instance(e);
        if !is_guardian(e, &guardian) {
            panic_with_error!(e, StewardError::NotSteward);
        }
        let mut parameter = storage::get(e, &key);
        let version = or_refuse(e, parameter.take_back(minute(e), next_slot(e)));
        storage::set(e, &parameter);
        TakenBack {
            key,
            guardian,
            value: version.value,
            effective_from: version.effective_from,
        }
        .publish(e);
        version
    }

    /// The value that holds at a moment (unix minutes), for a future one as
    /// far as it is known.
    pub fn get(e: &Env, key: String, at: u32) -> i128 {
        or_refuse(e, storage::get(e, &key).value_at(at))
    }

    /// The parameter with the versions kept, oldest first.
    pub fn parameter(e: &Env, key: String) -> Parameter {
        storage::get(e, &key)
    }

    pub fn count(e: &Env) -> u32 {
        storage::count(e)
    }

    /// The keys in the order of their declaration, from 0.
    pub fn key_at(e: &Env, number: u32) -> Option<String> {
        storage::name(e, number)
    }

    pub fn slot_minutes(e: &Env) -> u32 {
        storage::slot_minutes(e)
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for Parameters {}

fn add(e: &Env, declaration: Declaration) {
    or_refuse(e, declaration.check());
    if storage::find(e, &declaration.key).is_some() {
        panic_with_error!(e, ParameterError::KeyDeclared);
    }
    storage::add(e, &Parameter::new(e, declaration.clone()));
    Declared { declaration }.publish(e);
}

fn minute(e: &Env) -> u32 {
    (e.ledger().timestamp() / 60) as u32
}

/// Unix minutes.
fn next_slot(e: &Env) -> u32 {
    let slot = storage::slot_minutes(e);
    (minute(e) / slot + 1) * slot
}

fn or_refuse<T>(e: &Env, result: Result<T, ParameterError>) -> T {
    result.unwrap_or_else(|error| panic_with_error!(e, error))
}
