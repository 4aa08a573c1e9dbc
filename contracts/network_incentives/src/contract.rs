//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use soroban_sdk::{contract, contractimpl, Address, Bytes, BytesN, Env, IntoVal, Vec};
use stellar_macros::only_admin;

use crate::{
    events::{RateSet, RegistrarSet, ReporterSet},
    periods, rewards, storage,
    types::{Node, Pool, Roles},
};

const SCHEMA: u32 = 1;

#[contract]
pub struct NetworkIncentives;

#[contractimpl]
impl NetworkIncentives {
    /// `rate` is in stroops for 100 packets. Period `n` begins at
    /// `n * period_seconds` (unix).
    pub fn __constructor(
        e: &Env,
        admin: Address,
        registrar: Address,
        reporter: Address,
        token: Address,
        rate: u32,
        period_seconds: u64,
    ) {
        rewards::enforce_rate(e, rate);
        periods::enforce_length(e, period_seconds);
        foundation::begin(e, &admin, SCHEMA);
        storage::set_token(e, &token);
        storage::set_roles(
            e,
            &Roles {
                registrar,
                reporter,
            },
        );
        storage::set_rate(e, rate);
        storage::set_period_seconds(e, period_seconds);
        storage::set_pool(e, &Pool::default());
    }

    /// Gives a number, once and for all, to a node of `owner`.
    pub fn register(e: &Env, node: u32, owner: Address) {
        storage::roles(e).registrar.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        rewards::register(e, node, &owner);
    }

    /// Ends a node's rewards; what it has earned can still be claimed.
    pub fn retire(e: &Env, node: u32) {
        storage::roles(e).registrar.require_auth();
        ttl::extend_instance(e);
        rewards::retire(e, node);
    }

    /// Settles a period that is over, at most a week ago, and later than every
    /// one before it, signed by the reporter over `(period, sha256(report))`.
    ///
    /// `report` is one or more 10-byte big-endian records, nodes rising: node
    /// u16, packets u32, uptime u16 (basis points), latency u16 (ms).
    pub fn report(e: &Env, period: u32, report: Bytes) {
        let hash: BytesN<32> = e.crypto().sha256(&report).into();
        // Signing the report itself would double the transaction.
        storage::roles(e)
            .reporter
            .require_auth_for_args((period, hash.clone()).into_val(e));
        ttl::extend_instance(e);
        enforce_running(e);
        rewards::report(e, period, &report, hash);
    }

    /// Pays what the owner's nodes have earned; 0 where there is nothing.
    pub fn claim(e: &Env, node_owner: Address) -> i128 {
        node_owner.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        rewards::claim(e, &node_owner)
    }

    /// Adds to the pool that rewards are earned from.
    pub fn fund(e: &Env, from: Address, amount: i128) {
        from.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        rewards::fund(e, &from, amount);
    }

    /// Sets the stroops for 100 packets of the reports from now on.
    #[only_admin]
    pub fn set_rate(e: &Env, rate: u32) {
        ttl::extend_instance(e);
        rewards::enforce_rate(e, rate);
        storage::set_rate(e, rate);
        RateSet { rate }.publish(e);
    }

    #[only_admin]
    pub fn set_reporter(e: &Env, reporter: Address) {
        ttl::extend_instance(e);
        let mut roles = storage::roles(e);
        roles.reporter = reporter.clone();
        storage::set_roles(e, &roles);
        ReporterSet { reporter }.publish(e);
    }

    #[only_admin]
    pub fn set_registrar(e: &Env, registrar: Address) {
        ttl::extend_instance(e);
        let mut roles = storage::roles(e);
        roles.registrar = registrar.clone();
        storage::set_roles(e, &roles);
        RegistrarSet { registrar }.publish(e);
    }

    pub fn node(e: &Env, node: u32) -> Option<Node> {
        rewards::node(e, node)
    }

    /// The owner's active nodes, and retired ones until the next claim.
    pub fn nodes_of(e: &Env, owner: Address) -> Vec<u32> {
        storage::nodes(e, &owner)
    }

    pub fn claimable(e: &Env, node_owner: Address) -> i128 {
        rewards::claimable(e, &node_owner)
    }

    pub fn pool(e: &Env) -> Pool {
        storage::pool(e)
    }

    pub fn rate(e: &Env) -> u32 {
        storage::rate(e)
    }

    pub fn period_seconds(e: &Env) -> u64 {
        storage::period_seconds(e)
    }

    pub fn roles(e: &Env) -> Roles {
        storage::roles(e)
    }

    pub fn token(e: &Env) -> Address {
        storage::token(e)
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for NetworkIncentives {}
