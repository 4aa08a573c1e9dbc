//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use soroban_sdk::{contract, contractimpl, Address, BytesN, Env};

use crate::{
    locks, payouts, storage,
    types::{EnergyLock, Order, Owed},
};

const SCHEMA: u32 = 1;

#[contract]
pub struct EnergyLocks;

#[contractimpl]
impl EnergyLocks {
    pub fn __constructor(e: &Env, admin: Address, money: Address, energy: Address) {
        foundation::begin(e, &admin, SCHEMA);
        storage::set_tokens(e, &money, &energy);
    }

    /// Buyer and seller agree: the buyer's money and the seller's KWH wait
    /// here. Returns the money.
    pub fn reserve(e: &Env, id: BytesN<32>, order: Order) -> i128 {
        order.buyer.require_auth();
        if order.seller != order.buyer {
            order.seller.require_auth();
        }
        ttl::extend_instance(e);
        enforce_running(e);
        locks::reserve(e, &id, order)
    }

    /// Anybody brings the device's word that it holds the energy.
    pub fn lock(e: &Env, id: BytesN<32>, signature: BytesN<64>) {
        ttl::extend_instance(e);
        locks::lock(e, &id, &signature);
    }

    /// Anybody brings the device's word of what it has delivered. Returns what
    /// the seller was paid.
    pub fn deliver(e: &Env, id: BytesN<32>, delivered_wh: u64, signature: BytesN<64>) -> i128 {
        ttl::extend_instance(e);
        locks::deliver(e, &id, delivered_wh, &signature)
    }

    /// Anybody has everything given back when the time has run out.
    pub fn release(e: &Env, id: BytesN<32>) {
        ttl::extend_instance(e);
        locks::release(e, &id);
    }

    /// Sends what could not be sent before to its owner, asked by anybody.
    pub fn collect(e: &Env, owner: Address) -> Owed {
        ttl::extend_instance(e);
        payouts::collect(e, &owner)
    }

    pub fn energy_lock(e: &Env, id: BytesN<32>) -> Option<EnergyLock> {
        storage::find_lock(e, &id)
    }

    pub fn owed(e: &Env, owner: Address) -> Owed {
        storage::owed(e, &owner)
    }

    /// The token that is paid with.
    pub fn money(e: &Env) -> Address {
        storage::money(e)
    }

    pub fn energy(e: &Env) -> Address {
        storage::energy(e)
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for EnergyLocks {}
