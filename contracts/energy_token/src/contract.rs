//! The door: authorise, extend, delegate.
use soroban_sdk::{
    contract, contractimpl, panic_with_error, Address, Bytes, BytesN, Env, MuxedAddress, String,
};
use stellar_access::access_control;
use stellar_contract_utils::{pausable, upgradeable};
use stellar_macros::only_admin;
use stellar_tokens::fungible::{burnable::FungibleBurnable, Base, Compose, FungibleToken};

use crate::{
    errors::EnergyError,
    events::{Attested, MeterSet},
    guard, storage,
};

const DECIMALS: u32 = 3;
const SCHEMA: u32 = 1;
const MINUTES_A_DAY: u32 = 1440;

#[contract]
pub struct EnergyToken;

#[contractimpl]
impl EnergyToken {
    pub fn __constructor(e: &Env, admin: Address, slot_minutes: u32) {
        if !MINUTES_A_DAY.is_multiple_of(slot_minutes) {
            panic_with_error!(e, EnergyError::InvalidSlotMinutes);
        }
        access_control::set_admin(e, &admin);
        storage::set_slot_minutes(e, slot_minutes);
        upgradeable::set_schema_version(e, SCHEMA);
        Base::set_metadata(
            e,
            DECIMALS,
            String::from_str(e, "Stelltron kilowatt-hour"),
            String::from_str(e, "KWH"),
        );
    }

    /// Mints the energy of `intervals` to `to` and returns the sum in Wh.
    ///
    /// `intervals` is one or more 9-byte big-endian records: slot u32 (unix
    /// minutes of its start), chunk u8, wh u32.
    pub fn attest(e: &Env, meter: Address, to: Address, intervals: Bytes) -> i128 {
        meter.require_auth();
        storage::extend_instance(e);
        enforce_running(e);
        if !storage::is_meter(e, &meter) {
            panic_with_error!(e, EnergyError::NotMeter);
        }
        storage::extend_meter(e, &meter);
        let total = guard::take(e, &intervals);
        if total.wh > 0 {
            Base::mint(e, &to, total.wh);
        }
        Attested {
            to,
            first_slot: total.first_slot,
            count: total.count,
            wh: total.wh,
        }
        .publish(e);
        total.wh
    }

    #[only_admin]
    pub fn set_meter(e: &Env, meter: Address, allowed: bool) {
        storage::extend_instance(e);
        storage::set_meter(e, &meter, allowed);
        MeterSet { meter, allowed }.publish(e);
    }

    pub fn is_meter(e: &Env, meter: Address) -> bool {
        storage::is_meter(e, &meter)
    }

    /// The lowest chunk of the slot that has not been attested.
    pub fn next_chunk(e: &Env, slot: u32) -> u32 {
        guard::next_chunk(e, slot)
    }

    pub fn slot_minutes(e: &Env) -> u32 {
        storage::slot_minutes(e)
    }
}

#[contractimpl(contracttrait)]
impl FungibleToken for EnergyToken {
    type ContractType = Compose<(Base,)>;

    fn transfer(e: &Env, from: Address, to: MuxedAddress, amount: i128) {
        storage::extend_instance(e);
        enforce_running(e);
        Self::ContractType::transfer(e, &from, &to, amount);
    }

    fn transfer_from(e: &Env, spender: Address, from: Address, to: Address, amount: i128) {
        storage::extend_instance(e);
        enforce_running(e);
        Self::ContractType::transfer_from(e, &spender, &from, &to, amount);
    }
}

#[contractimpl(contracttrait)]
impl FungibleBurnable for EnergyToken {
    fn burn(e: &Env, from: Address, amount: i128) {
        storage::extend_instance(e);
        enforce_running(e);
        Self::ContractType::burn(e, &from, amount);
    }

    fn burn_from(e: &Env, spender: Address, from: Address, amount: i128) {
        storage::extend_instance(e);
        enforce_running(e);
        Self::ContractType::burn_from(e, &spender, &from, amount);
    }
}

/// Administration: two-step transfer of the role, pause, upgrade.
#[contractimpl]
impl EnergyToken {
    pub fn admin(e: &Env) -> Option<Address> {
        access_control::get_admin(e)
    }

    /// Offers the role; it moves when `new_admin` calls `accept_admin` no
    /// later than `live_until_ledger` (0 withdraws the offer).
    pub fn transfer_admin(e: &Env, new_admin: Address, live_until_ledger: u32) {
        access_control::transfer_admin_role(e, &new_admin, live_until_ledger);
    }

    pub fn accept_admin(e: &Env) {
        access_control::accept_admin_transfer(e);
    }

    pub fn paused(e: &Env) -> bool {
        pausable::paused(e)
    }

    #[only_admin]
    pub fn pause(e: &Env) {
        pausable::pause(e);
    }

    #[only_admin]
    pub fn unpause(e: &Env) {
        pausable::unpause(e);
    }

    #[only_admin]
    pub fn upgrade(e: &Env, new_wasm_hash: BytesN<32>) {
        upgradeable::upgrade(e, &new_wasm_hash);
    }

    pub fn schema_version(e: &Env) -> u32 {
        upgradeable::get_schema_version(e)
    }
}

fn enforce_running(e: &Env) {
    if pausable::paused(e) {
        panic_with_error!(e, EnergyError::Paused);
    }
}
