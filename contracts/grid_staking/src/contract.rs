//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use soroban_sdk::{contract, contractimpl, Address, BytesN, Env, Vec};
use stellar_macros::only_admin;

use crate::{
    pool::Pool,
    stakes, storage,
    types::{Position, Terms, Tier},
};

const SCHEMA: u32 = 1;

#[contract]
pub struct GridStaking;

#[contractimpl]
impl GridStaking {
    pub fn __constructor(e: &Env, admin: Address, token: Address, terms: Terms) {
        stakes::or_refuse(e, terms.check());
        foundation::begin(e, &admin, SCHEMA);
        storage::set_token(e, &token);
        storage::set_terms(e, &terms);
        storage::set_pool(e, &Pool::default());
    }

    /// Puts GRID at stake. It earns, counts as weight and lifts the tier.
    pub fn stake(e: &Env, member: Address, amount: i128) {
        member.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        stakes::stake(e, &member, amount);
    }

    /// Takes GRID out of the stake at once and starts the delay. A second
    /// request joins the first and the delay begins anew for both.
    pub fn request_unstake(e: &Env, member: Address, amount: i128) {
        member.require_auth();
        ttl::extend_instance(e);
        stakes::request_unstake(e, &member, amount);
    }

    /// Pays out what was unstaked, once the delay is over.
    pub fn withdraw_unstaked(e: &Env, member: Address) -> i128 {
        member.require_auth();
        ttl::extend_instance(e);
        stakes::withdraw_unstaked(e, &member)
    }

    /// Pays the reward earned so far; 0 where there is none.
    pub fn claim(e: &Env, member: Address) -> i128 {
        member.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        stakes::claim(e, &member)
    }

    /// Adds to the pool that rewards are paid from.
    pub fn fund(e: &Env, from: Address, amount: i128) {
        from.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        stakes::fund(e, &from, amount);
    }

    #[only_admin]
    pub fn set_rate(e: &Env, bps_per_year: u32) {
        ttl::extend_instance(e);
        stakes::change_terms(e, |terms| terms.rate_bps = bps_per_year);
    }

    /// Sets when rewards end; a moment that has passed ends them now, and a
    /// later one does not pay for the time in between.
    #[only_admin]
    pub fn set_end(e: &Env, ends_at: u64) {
        ttl::extend_instance(e);
        stakes::change_terms(e, |terms| terms.ends_at = ends_at);
    }

    /// Sets the delay of requests from now on.
    #[only_admin]
    pub fn set_unstake_delay(e: &Env, seconds: u64) {
        ttl::extend_instance(e);
        stakes::change_terms(e, |terms| terms.unstake_delay = seconds);
    }

    #[only_admin]
    pub fn set_licence_stake(e: &Env, stake: i128) {
        ttl::extend_instance(e);
        stakes::change_terms(e, |terms| terms.licence_stake = stake);
    }

    #[only_admin]
    pub fn set_tiers(e: &Env, tiers: Vec<Tier>) {
        ttl::extend_instance(e);
        stakes::change_terms(e, |terms| terms.tiers = tiers);
    }

    pub fn position(e: &Env, member: Address) -> Position {
        stakes::position(e, &member)
    }

    /// How many of the tiers the member's stake reaches; 0 is none.
    pub fn tier(e: &Env, member: Address) -> u32 {
        storage::terms(e).tier(storage::stake(e, &member).staked)
    }

    pub fn discount_percent(e: &Env, member: Address) -> u32 {
        storage::terms(e).discount_percent(storage::stake(e, &member).staked)
    }

    /// Whether the host has enough at stake to run an application here.
    pub fn has_licence(e: &Env, host: Address) -> bool {
        storage::stake(e, &host).staked >= storage::terms(e).licence_stake
    }

    /// What the member had at stake at the end of a second (unix) that has
    /// passed.
    pub fn weight_at(e: &Env, member: Address, timestamp: u64) -> i128 {
        stakes::weight_at(e, &member, timestamp)
    }

    /// What everybody had at stake at the end of that second.
    pub fn total_at(e: &Env, timestamp: u64) -> i128 {
        stakes::total_at(e, timestamp)
    }

    /// The sums, with rewards accrued until now.
    pub fn pool(e: &Env) -> Pool {
        stakes::pool_now(e)
    }

    pub fn terms(e: &Env) -> Terms {
        storage::terms(e)
    }

    pub fn token(e: &Env) -> Address {
        storage::token(e)
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for GridStaking {}
