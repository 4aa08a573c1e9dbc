//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use soroban_sdk::{
    contract, contractimpl, panic_with_error, Address, Bytes, BytesN, Env, MuxedAddress, String,
};
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
        foundation::begin(e, &admin, SCHEMA);
        storage::set_slot_minutes(e, slot_minutes);
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
        ttl::extend_instance(e);
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
        ttl::extend_instance(e);
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
        ttl::extend_instance(e);
        enforce_running(e);
        Self::ContractType::transfer(e, &from, &to, amount);
    }

    fn transfer_from(e: &Env, spender: Address, from: Address, to: Address, amount: i128) {
        ttl::extend_instance(e);
        enforce_running(e);
        Self::ContractType::transfer_from(e, &spender, &from, &to, amount);
    }
}

#[contractimpl(contracttrait)]
impl FungibleBurnable for EnergyToken {
    fn burn(e: &Env, from: Address, amount: i128) {
        ttl::extend_instance(e);
        enforce_running(e);
        Self::ContractType::burn(e, &from, amount);
    }

    fn burn_from(e: &Env, spender: Address, from: Address, amount: i128) {
        ttl::extend_instance(e);
        enforce_running(e);
        Self::ContractType::burn_from(e, &spender, &from, amount);
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for EnergyToken {}
