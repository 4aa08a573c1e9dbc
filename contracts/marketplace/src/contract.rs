//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use soroban_sdk::{contract, contractimpl, panic_with_error, Address, Bytes, BytesN, Env, IntoVal};
use stellar_macros::only_admin;

use crate::{
    consent, custody, desk,
    errors::MarketError,
    events::{DeskSet, Joined, OperatorSet, OracleSet},
    pages::Shelf,
    settle::FEE_ACCOUNT,
    settlement,
    storage::{self, Ledger},
    types::{Account, ChainHead, Config, Mandate, Totals, Trade},
};

const SCHEMA: u32 = 1;
const MINUTES_A_DAY: u32 = 1440;

#[contract]
pub struct Marketplace;

#[contractimpl]
impl Marketplace {
    pub fn __constructor(
        e: &Env,
        admin: Address,
        operator: Address,
        quote: Address,
        energy: Address,
        slot_minutes: u32,
        withdraw_delay: u64,
        silence: u64,
    ) {
        if !MINUTES_A_DAY.is_multiple_of(slot_minutes) {
            panic_with_error!(e, MarketError::InvalidSlotMinutes);
        }
        if quote == energy {
            panic_with_error!(e, MarketError::SameToken);
        }
        foundation::begin(e, &admin, SCHEMA);
        storage::add_member(e, &operator);
        Joined {
            member: operator.clone(),
            index: u32::from(FEE_ACCOUNT),
        }
        .publish(e);
        storage::set_config(
            e,
            &Config {
                operator,
                quote,
                energy,
                slot_minutes,
                withdraw_delay,
                silence,
            },
        );
        // The operator's silence is counted from the beginning.
        let mut chain = storage::chain(e);
        chain.head.settled_at = e.ledger().timestamp();
        storage::set_chain(e, &chain);
    }

    /// Settles a batch. The operator signs the batch's SHA-256 rather than the
    /// batch, which would double the transaction.
    pub fn settle(e: &Env, batch: Bytes) {
        let config = storage::config(e);
        let batch_hash = e.crypto().sha256(&batch).to_bytes();
        config
            .operator
            .require_auth_for_args((batch_hash,).into_val(e));
        ttl::extend_instance(e);
        enforce_running(e);
        settlement::run(e, &config, &batch);
    }

    pub fn deposit(e: &Env, member: Address, amount: i128) {
        member.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        custody::deposit(e, member, amount);
    }

    pub fn deposit_energy(e: &Env, member: Address, wh: i128) {
        member.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        custody::deposit_energy(e, member, wh);
    }

    pub fn request_withdrawal(e: &Env, member: Address, amount: i128, wh: i128) {
        member.require_auth();
        ttl::extend_instance(e);
        custody::request_withdrawal(e, member, amount, wh);
    }

    /// Pays what was asked for; returns stroops and Wh.
    pub fn withdraw(e: &Env, member: Address) -> (i128, i128) {
        member.require_auth();
        ttl::extend_instance(e);
        custody::withdraw(e, member)
    }

    /// Leaves with everything at once, if the operator has been silent.
    pub fn force_exit(e: &Env, member: Address) {
        member.require_auth();
        ttl::extend_instance(e);
        custody::force_exit(e, member);
    }

    /// Settles a trade that the order desk has checked and vouches for.
    pub fn settle_desk_trade(e: &Env, trade: Trade) {
        ttl::extend_instance(e);
        enforce_running(e);
        desk::settle(e, trade);
    }

    pub fn set_mandate(e: &Env, member: Address, mandate: Mandate) {
        member.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        consent::give(e, member, mandate);
    }

    /// Ends the mandate with the slot that runs.
    pub fn cancel_mandate(e: &Env, member: Address) {
        member.require_auth();
        ttl::extend_instance(e);
        consent::cancel(e, member);
    }
}

/// Views.
#[contractimpl]
impl Marketplace {
    pub fn account(e: &Env, member: Address) -> Account {
        let index = storage::index_of(e, &member);
        let balance = storage::balance(e, index);
        Account {
            index: u32::from(index),
            quote: i128::from(balance.quote),
            energy_wh: i128::from(balance.energy),
            mandate: storage::mandate(e, index).unwrap_or_default(),
            withdrawal: storage::withdrawal(e, &member).unwrap_or_default(),
        }
    }

    pub fn index_of(e: &Env, member: Address) -> u32 {
        u32::from(storage::index_of(e, &member))
    }

    pub fn member_at(e: &Env, index: u32) -> Option<Address> {
        storage::member_at(e, index)
    }

    /// How many member slots are taken, the operator's included.
    pub fn members(e: &Env) -> u32 {
        storage::members(e)
    }

    /// A page of balances, empty if nobody on it ever had any.
    pub fn page(e: &Env, n: u32) -> Bytes {
        storage::balances_bytes(e, n)
    }

    /// A page of mandates, empty if nobody on it ever gave one.
    pub fn mandates_page(e: &Env, n: u32) -> Bytes {
        storage::mandates_bytes(e, n)
    }

    pub fn chain(e: &Env) -> ChainHead {
        storage::chain(e).head
    }

    pub fn totals(e: &Env) -> Totals {
        storage::chain(e).totals
    }

    /// The chunk that the slot settles next; 255 once it is closed or out of
    /// reach.
    pub fn next_chunk(e: &Env, slot: u32) -> u32 {
        let minutes = storage::config(e).slot_minutes;
        if !slot.is_multiple_of(minutes) {
            panic_with_error!(e, MarketError::SlotMisaligned);
        }
        let kept = |block| Ledger(e).block(block);
        let mut slots = storage::chain(e).slots;
        u32::from(slots.next(slot / minutes, minutes, &kept))
    }

    pub fn oracle(e: &Env) -> Option<Address> {
        storage::oracle(e)
    }

    pub fn desk(e: &Env) -> Option<Address> {
        storage::desk(e)
    }

    pub fn config(e: &Env) -> Config {
        storage::config(e)
    }
}

/// The operator's seat, and the contracts that the market asks.
#[contractimpl]
impl Marketplace {
    /// Names the price oracle, whose limits settlements keep; none lets any
    /// price settle.
    #[only_admin]
    pub fn set_oracle(e: &Env, oracle: Option<Address>) {
        ttl::extend_instance(e);
        storage::set_oracle(e, &oracle);
        OracleSet { oracle }.publish(e);
    }

    /// Names the order desk, whose word settles what members have signed.
    #[only_admin]
    pub fn set_desk(e: &Env, desk: Option<Address>) {
        ttl::extend_instance(e);
        storage::set_desk(e, &desk);
        DeskSet { desk }.publish(e);
    }

    /// Names another operator, who takes over member slot 0 with its balance.
    #[only_admin]
    pub fn set_operator(e: &Env, operator: Address) {
        ttl::extend_instance(e);
        let mut config = storage::config(e);
        if storage::find_index(e, &operator).is_some() {
            panic_with_error!(e, MarketError::AlreadyMember);
        }
        storage::remove_index(e, &config.operator);
        storage::remove_withdrawal(e, &config.operator);
        storage::put_member(e, &operator, FEE_ACCOUNT);
        config.operator = operator.clone();
        storage::set_config(e, &config);
        OperatorSet { operator }.publish(e);
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for Marketplace {}
