//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use soroban_sdk::{contract, contractimpl, Address, BytesN, Env, Vec};
use stellar_macros::only_admin;

use crate::{
    events::OrderKeySet,
    orders, storage,
    types::{Fill, Order},
};

const SCHEMA: u32 = 1;

#[contract]
pub struct OrderDesk;

#[contractimpl]
impl OrderDesk {
    pub fn __constructor(e: &Env, admin: Address, operator: Address, market: Address) {
        foundation::begin(e, &admin, SCHEMA);
        storage::set_operator(e, &operator);
        storage::set_market(e, &market);
    }

    /// Names the key that signs a member's orders, or another one in its place.
    pub fn set_order_key(e: &Env, member: Address, key: BytesN<32>) {
        member.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        storage::set_order_key(e, &member, &key);
        OrderKeySet { member, key }.publish(e);
    }

    /// Ends an order early: nothing more of this nonce settles.
    pub fn cancel_order(e: &Env, member: Address, nonce: u64, expires: u32) {
        member.require_auth();
        ttl::extend_instance(e);
        orders::cancel(e, &member, nonce, expires);
    }

    /// Settles a part of two orders that their members have signed.
    pub fn settle(e: &Env, slot: u32, wh: u32, price: u32, fee: u32, buy: Order, sell: Order) {
        storage::operator(e).require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        orders::settle(e, slot, wh, price, fee, buy, sell);
    }

    #[only_admin]
    pub fn set_operator(e: &Env, operator: Address) {
        ttl::extend_instance(e);
        storage::set_operator(e, &operator);
    }

    /// What a member's orders that are not over have used.
    pub fn fills(e: &Env, member: Address) -> Vec<Fill> {
        storage::fills(e, &member)
    }

    pub fn order_key(e: &Env, member: Address) -> Option<BytesN<32>> {
        storage::order_key(e, &member)
    }

    pub fn operator(e: &Env) -> Address {
        storage::operator(e)
    }

    pub fn market(e: &Env) -> Address {
        storage::market(e)
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for OrderDesk {}
