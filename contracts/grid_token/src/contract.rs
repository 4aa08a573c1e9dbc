//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use soroban_sdk::{
    contract, contractimpl, panic_with_error, Address, BytesN, Env, MuxedAddress, String,
};
use stellar_macros::only_admin;
use stellar_tokens::fungible::{
    burnable::FungibleBurnable,
    capped::{Capped, FungibleCapped},
    total_supply::{FungibleTotalSupply, TotalSupply},
    Base, Compose, ContractOverrides, FungibleToken,
};

use crate::{errors::GridError, events::Minted};

const DECIMALS: u32 = 7;
const SCHEMA: u32 = 1;

type Kind = Compose<(Capped, TotalSupply)>;

#[contract]
pub struct GridToken;

#[contractimpl]
impl GridToken {
    /// Fixes the cap for good and mints the initial supply to the treasury.
    pub fn __constructor(
        e: &Env,
        admin: Address,
        treasury: Address,
        initial_supply: i128,
        cap: i128,
    ) {
        if cap <= 0 {
            panic_with_error!(e, GridError::InvalidCap);
        }
        if initial_supply < 0 {
            panic_with_error!(e, GridError::InvalidAmount);
        }
        foundation::begin(e, &admin, SCHEMA);
        Base::set_metadata(
            e,
            DECIMALS,
            String::from_str(e, "Stelltron GRID"),
            String::from_str(e, "GRID"),
        );
        Capped::set_cap(e, cap);
        if initial_supply > 0 {
            Kind::mint(e, &treasury, initial_supply);
        }
    }

    /// Mints within the cap. What was burned may be minted again.
    #[only_admin]
    pub fn mint(e: &Env, to: Address, amount: i128) {
        ttl::extend_instance(e);
        enforce_running(e);
        if amount <= 0 {
            panic_with_error!(e, GridError::InvalidAmount);
        }
        Kind::mint(e, &to, amount);
        Minted {
            to,
            amount,
            supply: Kind::total_supply(e),
        }
        .publish(e);
    }
}

#[contractimpl(contracttrait)]
impl FungibleToken for GridToken {
    type ContractType = Kind;

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
impl FungibleTotalSupply for GridToken {}

#[contractimpl(contracttrait)]
impl FungibleCapped for GridToken {}

#[contractimpl(contracttrait)]
impl FungibleBurnable for GridToken {
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
impl Stewarded for GridToken {}
