//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use generator_terms::Terms;
use soroban_sdk::{contract, contractimpl, panic_with_error, Address, BytesN, Env};
use stellar_access::access_control;

use crate::{
    device, funding, futures,
    income::Income,
    life, market,
    owner::Owner,
    payments,
    price::Book,
    silence, storage,
    types::{Announcement, Device, Escrow, Future, State},
};

const SCHEMA: u32 = 1;

#[contract]
pub struct Generator;

#[contractimpl]
impl Generator {
    pub fn __constructor(e: &Env, admin: Address, terms: Terms) {
        if let Err(error) = terms.check(&admin, life::now(e)) {
            panic_with_error!(e, error);
        }
        foundation::begin(e, &admin, SCHEMA);
        storage::set_terms(e, &terms);
        storage::set_state(e, State::Funding);
        storage::set_escrow(e, &Escrow::default());
        storage::set_book(e, &Book::default());
        storage::set_income(e, &Income::default());
        storage::set_device(e, &Device::default());
        storage::set_futures(e, 0);
    }

    // ---- funding

    /// Buys units into the escrow. Returns what they cost.
    pub fn fund(e: &Env, financier: Address, units: u32) -> u64 {
        by(e, &financier);
        funding::fund(e, &financier, units)
    }

    /// Takes units back out of a funding that is neither complete nor over.
    /// Returns what they had cost.
    pub fn withdraw(e: &Env, financier: Address, units: u32) -> u64 {
        even_paused(e, &financier);
        funding::withdraw(e, &financier, units)
    }

    /// Ends the funding when it is complete or past its deadline.
    pub fn close_funding(e: &Env) -> State {
        ttl::extend_instance(e);
        funding::close(e)
    }

    /// Pays a stake in a failed funding back. Returns how much.
    pub fn refund(e: &Env, financier: Address) -> u64 {
        even_paused(e, &financier);
        funding::refund(e, &financier)
    }

    /// Pays the provider for a milestone (from 0). Returns how much.
    pub fn release(e: &Env, milestone: u32, evidence_hash: BytesN<32>) -> u64 {
        by_both(e);
        funding::release(e, milestone, &evidence_hash)
    }

    // ---- life

    /// Binds the device's ed25519 key: it is installed.
    pub fn install(e: &Env, device_key: BytesN<32>) {
        by(e, &storage::terms(e).requester);
        life::install(e, &device_key);
    }

    pub fn replace_device(e: &Env, device_key: BytesN<32>) {
        by_both(e);
        life::replace_device(e, &device_key);
    }

    /// The first token, which only the requester may send.
    pub fn activate(e: &Env, caller: Address, amount: u64) {
        by(e, &caller);
        life::activate(e, &caller, amount);
    }

    pub fn retire(e: &Env) {
        by_both(e);
        life::retire(e);
    }

    // ---- where the village does not answer

    /// The cooperative says that it will pay a milestone or, without one,
    /// retire the generator alone. Returns what it may do from when on.
    pub fn announce(e: &Env, milestone: Option<u32>, evidence_hash: BytesN<32>) -> Announcement {
        by_admin(e);
        silence::announce(e, milestone, &evidence_hash)
    }

    /// The requester's no to what is announced.
    pub fn raise_objection(e: &Env) {
        even_paused(e, &storage::terms(e).requester);
        silence::raise_objection(e);
    }

    /// The cooperative does what it has announced.
    pub fn carry_out(e: &Env, milestone: Option<u32>, evidence_hash: BytesN<32>) {
        by_admin(e);
        silence::carry_out(e, milestone, &evidence_hash);
    }

    // ---- price and payments

    /// Submits a price in stroops for one measure, from the next slot on.
    pub fn set_price(e: &Env, owner: Address, price: u64) {
        by(e, &owner);
        payments::set_price(e, &owner, price);
    }

    pub fn clear_price(e: &Env, owner: Address) {
        by(e, &owner);
        payments::clear_price(e, &owner);
    }

    /// Pays for a quantity, in the measure's parts. Returns what it cost.
    pub fn pay(e: &Env, payer: Address, quantity: u64, max_price: u64) -> u64 {
        by(e, &payer);
        payments::pay(e, &payer, quantity, max_price)
    }

    /// Takes a quantity from a user's credit, signed by the device.
    pub fn dispense(e: &Env, user: Address, quantity: u64, counter: u64, signature: BytesN<64>) {
        ttl::extend_instance(e);
        enforce_running(e);
        device::dispense(e, &user, quantity, counter, &signature);
    }

    /// Pays out what the owner has earned; 0 where there is nothing.
    pub fn claim(e: &Env, owner: Address) -> u64 {
        even_paused(e, &owner);
        payments::claim(e, &owner)
    }

    pub fn spend_maintenance(e: &Env, to: Address, amount: u64, evidence_hash: BytesN<32>) {
        by_both(e);
        payments::spend_maintenance(e, &to, amount, &evidence_hash);
    }

    // ---- units

    /// Offers units for sale, instead of what was offered before.
    pub fn list(e: &Env, owner: Address, units: u32, price_per_unit: u64) {
        by(e, &owner);
        market::list(e, &owner, units, price_per_unit);
    }

    pub fn unlist(e: &Env, owner: Address) {
        even_paused(e, &owner);
        market::unlist(e, &owner);
    }

    /// Buys listed units for at most `max_price` each. Returns what they cost.
    pub fn buy(e: &Env, buyer: Address, seller: Address, units: u32, max_price: u64) -> u64 {
        by(e, &buyer);
        market::buy(e, &buyer, &seller, units, max_price)
    }

    pub fn transfer(e: &Env, from: Address, to: Address, units: u32) {
        by(e, &from);
        market::transfer(e, &from, &to, units);
    }

    // ---- futures

    /// Offers the income of units in `[from, until)`, unix seconds, for a
    /// price. Returns the future's number.
    pub fn sell_future(
        e: &Env,
        owner: Address,
        units: u32,
        from: u64,
        until: u64,
        price: u64,
    ) -> u32 {
        by(e, &owner);
        futures::sell(e, &owner, units, from, until, price)
    }

    pub fn withdraw_future(e: &Env, owner: Address, id: u32) {
        even_paused(e, &owner);
        futures::withdraw(e, &owner, id);
    }

    pub fn buy_future(e: &Env, buyer: Address, id: u32, max_price: u64) {
        by(e, &buyer);
        futures::buy(e, &buyer, id, max_price);
    }

    /// Makes what a sold future has earned claimable by its two sides.
    pub fn settle_future(e: &Env, id: u32) {
        ttl::extend_instance(e);
        futures::settle(e, id);
    }

    // ---- what there is to see

    pub fn state(e: &Env) -> State {
        storage::state(e)
    }

    pub fn terms(e: &Env) -> Terms {
        storage::terms(e)
    }

    /// What a measure costs in this slot.
    pub fn price(e: &Env) -> u64 {
        storage::book(e).price(life::slot(e))
    }

    /// The stake-weighted mean of what is submitted now: the next slot's price.
    pub fn mean_price(e: &Env) -> u64 {
        storage::book(e).mean()
    }

    pub fn owner(e: &Env, address: Address) -> Owner {
        storage::owner(e, &address)
    }

    pub fn claimable(e: &Env, owner: Address) -> u64 {
        payments::claimable(e, &owner)
    }

    /// What the user has paid for and not received.
    pub fn credit(e: &Env, user: Address) -> u64 {
        storage::credit(e, &user)
    }

    pub fn escrow(e: &Env) -> Escrow {
        storage::escrow(e)
    }

    pub fn income(e: &Env) -> Income {
        storage::income(e)
    }

    pub fn announced(e: &Env) -> Option<Announcement> {
        storage::announced(e)
    }

    pub fn device(e: &Env) -> Device {
        storage::device(e)
    }

    pub fn future(e: &Env, id: u32) -> Option<Future> {
        storage::future(e, id)
    }

    /// What settling a future would give its buyer and its seller.
    pub fn unsettled(e: &Env, id: u32) -> (u64, u64) {
        futures::unsettled(e, id)
    }
}

/// Somebody asks for something that a pause stops.
#[inline(never)]
fn by(e: &Env, who: &Address) {
    even_paused(e, who);
    enforce_running(e);
}

/// Somebody asks for what is theirs.
#[inline(never)]
fn even_paused(e: &Env, who: &Address) {
    who.require_auth();
    ttl::extend_instance(e);
}

/// Village and cooperative agree.
#[inline(never)]
fn by_both(e: &Env) {
    by(e, &storage::terms(e).requester);
    access_control::enforce_admin_auth(e);
}

/// The cooperative alone: what it may do, the verb knows.
#[inline(never)]
fn by_admin(e: &Env) {
    access_control::enforce_admin_auth(e);
    ttl::extend_instance(e);
    enforce_running(e);
}

#[contractimpl(contracttrait)]
impl Stewarded for Generator {}
