//! The door: authorise, extend, delegate.
use foundation::{is_guardian, ttl, Call, Guardian, OperationState, StewardError, Stewarded};
use soroban_sdk::{contract, contractimpl, panic_with_error, Address, BytesN, Env, Vec};
use stellar_contract_utils::upgradeable;

use crate::{
    errors::TimelockError,
    operations, storage,
    types::{Operation, Terms},
};

const SCHEMA: u32 = 1;

#[contract]
pub struct Timelock;

#[contractimpl]
impl Timelock {
    /// The timelock is its own admin from the start, so nobody changes it but
    /// by a vote. The governor may be deployed later at the address named.
    pub fn __constructor(
        e: &Env,
        governor: Address,
        terms: Terms,
        guardian: Address,
        guardian_until: u64,
    ) {
        if let Err(error) = terms.check() {
            panic_with_error!(e, error);
        }
        foundation::begin(e, &e.current_contract_address(), SCHEMA);
        foundation::name_guardian(e, guardian, guardian_until);
        storage::set_governor(e, &governor);
        storage::set_terms(e, &terms);
    }

    /// Takes in what was decided; `delay` in seconds. A pause stops what is
    /// executed, not what waits.
    pub fn schedule(e: &Env, id: BytesN<32>, calls: Vec<Call>, delay: u64) {
        storage::governor(e).require_auth();
        ttl::extend_instance(e);
        operations::schedule(e, id, calls, delay);
    }

    /// Makes the calls, for anybody, once the delay is over and until the
    /// grace has run out.
    pub fn execute(e: &Env, id: BytesN<32>) {
        ttl::extend_instance(e);
        operations::execute(e, id);
    }

    /// Ends an operation: the governor, or the guardian during the term.
    pub fn cancel(e: &Env, caller: Address, id: BytesN<32>) {
        caller.require_auth();
        ttl::extend_instance(e);
        if caller != storage::governor(e) && !is_guardian(e, &caller) {
            panic_with_error!(e, TimelockError::NotEntitled);
        }
        operations::cancel(e, id, caller);
    }

    /// Takes over what the version before has stored, after an upgrade and once.
    /// Nobody can sign for the timelock and it cannot call itself, so anybody
    /// asks: what a migration does was decided with the code.
    pub fn migrate(e: &Env) {
        ttl::extend_instance(e);
        if upgradeable::get_schema_version(e).checked_add(1) != Some(SCHEMA) {
            panic_with_error!(e, StewardError::WrongSchema);
        }
        upgradeable::set_schema_version(e, SCHEMA);
    }

    pub fn operation(e: &Env, id: BytesN<32>) -> Operation {
        storage::operation(e, &id)
    }

    pub fn state(e: &Env, id: BytesN<32>) -> OperationState {
        operations::state(e, &id)
    }

    pub fn governor(e: &Env) -> Address {
        storage::governor(e)
    }

    /// In seconds.
    pub fn shortest_delay(e: &Env) -> u64 {
        storage::terms(e).shortest_delay
    }

    pub fn terms(e: &Env) -> Terms {
        storage::terms(e)
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for Timelock {}
