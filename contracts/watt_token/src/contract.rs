//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use soroban_sdk::{
    contract, contractimpl, panic_with_error, Address, BytesN, Env, MuxedAddress, String,
};
use stellar_macros::only_admin;
use stellar_tokens::fungible::{
    allowlist::AllowList,
    burnable::FungibleBurnable,
    total_supply::{FungibleTotalSupply, TotalSupply},
    Base, Compose, ContractOverrides, FungibleToken, FungibleTokenError,
};

use crate::{
    errors::WattError,
    events::{Issued, IssuerSet, Redeemed, ReservesAttested},
    storage,
};

const DECIMALS: u32 = 7;
const SCHEMA: u32 = 1;

type Kind = Compose<(AllowList, TotalSupply)>;

#[contract]
pub struct WattToken;

#[contractimpl]
impl WattToken {
    pub fn __constructor(e: &Env, admin: Address, issuer: Address) {
        foundation::begin(e, &admin, SCHEMA);
        storage::set_issuer(e, &issuer);
        Base::set_metadata(
            e,
            DECIMALS,
            String::from_str(e, "Stelltron WATT"),
            String::from_str(e, "WATT"),
        );
    }

    /// Puts an address on the allowlist or takes it off, signed by the issuer.
    /// Only listed addresses send, receive, mint or burn.
    pub fn set_allowed(e: &Env, account: Address, allowed: bool) {
        storage::issuer(e).require_auth();
        ttl::extend_instance(e);
        if allowed {
            AllowList::allow_user(e, &account);
        } else {
            AllowList::disallow_user(e, &account);
        }
    }

    pub fn allowed(e: &Env, account: Address) -> bool {
        AllowList::allowed(e, &account)
    }

    /// States what the bank holds, never less than what is in circulation.
    pub fn attest_reserves(e: &Env, amount: i128, reference: BytesN<32>) {
        storage::issuer(e).require_auth();
        ttl::extend_instance(e);
        if amount < 0 {
            panic_with_error!(e, WattError::InvalidAmount);
        }
        if amount < Kind::total_supply(e) {
            panic_with_error!(e, WattError::ReservesBelowSupply);
        }
        storage::set_reserves(e, amount);
        ReservesAttested { amount, reference }.publish(e);
    }

    pub fn reserves(e: &Env) -> i128 {
        storage::reserves(e)
    }

    /// Mints against one payment at the bank, within the attested reserves.
    pub fn mint(e: &Env, to: Address, amount: i128, bank_reference: BytesN<32>) {
        storage::issuer(e).require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        enforce_positive(e, amount);
        if !AllowList::allowed(e, &to) {
            panic_with_error!(e, FungibleTokenError::UserNotAllowed);
        }
        let supply = Kind::total_supply(e).checked_add(amount);
        if supply.is_none_or(|supply| supply > storage::reserves(e)) {
            panic_with_error!(e, WattError::ReservesExceeded);
        }
        if !storage::take_bank_reference(e, &bank_reference) {
            panic_with_error!(e, WattError::BankReferenceUsed);
        }
        Kind::mint(e, &to, amount);
        Issued {
            to,
            amount,
            bank_reference,
        }
        .publish(e);
    }

    /// Burns against a payout, naming it for the bank; a holder names each once.
    pub fn redeem(e: &Env, from: Address, amount: i128, bank_reference: BytesN<32>) {
        ttl::extend_instance(e);
        enforce_running(e);
        enforce_positive(e, amount);
        Kind::burn(e, &from, amount);
        if !storage::take_redemption(e, &from, &bank_reference) {
            panic_with_error!(e, WattError::ReferenceRedeemed);
        }
        Redeemed {
            from,
            amount,
            bank_reference,
        }
        .publish(e);
    }

    pub fn bank_reference_used(e: &Env, bank_reference: BytesN<32>) -> bool {
        storage::bank_reference_used(e, &bank_reference)
    }

    pub fn issuer(e: &Env) -> Address {
        storage::issuer(e)
    }

    #[only_admin]
    pub fn set_issuer(e: &Env, issuer: Address) {
        storage::set_issuer(e, &issuer);
        IssuerSet { issuer }.publish(e);
    }
}

#[contractimpl(contracttrait)]
impl FungibleToken for WattToken {
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
impl FungibleTotalSupply for WattToken {}

#[contractimpl(contracttrait)]
impl FungibleBurnable for WattToken {
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
impl Stewarded for WattToken {}

fn enforce_positive(e: &Env, amount: i128) {
    if amount <= 0 {
        panic_with_error!(e, WattError::InvalidAmount);
    }
}
