//! The door: authorise, extend, delegate.
use foundation::{enforce_running, ttl, Guardian, Stewarded};
use soroban_sdk::{contract, contractimpl, panic_with_error, Address, BytesN, Env, Vec};

use crate::{
    programme, storage,
    types::{Pool, Saver, Terms},
};

const SCHEMA: u32 = 1;

#[contract]
pub struct IdleYield;

#[contractimpl]
impl IdleYield {
    /// `token` is what the pool pays in, `market` where the members' money lies.
    pub fn __constructor(e: &Env, admin: Address, token: Address, market: Address, terms: Terms) {
        if let Err(error) = terms.check(e.ledger().timestamp()) {
            panic_with_error!(e, error);
        }
        foundation::begin(e, &admin, SCHEMA);
        storage::set_token(e, &token);
        storage::set_market(e, &market);
        storage::set_terms(e, &terms);
        storage::set_pool(e, &Pool::default());
    }

    /// Anybody has the members' yield reckoned until now.
    pub fn touch(e: &Env, members: Vec<Address>) {
        ttl::extend_instance(e);
        enforce_running(e);
        programme::touch(e, &members);
    }

    /// Pays what the member has earned; 0 where there is nothing.
    pub fn claim(e: &Env, member: Address) -> i128 {
        member.require_auth();
        ttl::extend_instance(e);
        programme::claim(e, &member)
    }

    /// Adds to the pool that yield is paid from.
    pub fn fund(e: &Env, from: Address, amount: i128) {
        from.require_auth();
        ttl::extend_instance(e);
        enforce_running(e);
        programme::fund(e, &from, amount);
    }

    /// Gives a funder their part of what nobody has earned, a week after the
    /// end.
    pub fn take_back(e: &Env, funder: Address) -> i128 {
        funder.require_auth();
        ttl::extend_instance(e);
        programme::take_back(e, &funder)
    }

    pub fn saver(e: &Env, member: Address) -> Saver {
        storage::saver(e, &member)
    }

    /// What an address has funded and taken nothing back for.
    pub fn funded_by(e: &Env, funder: Address) -> i128 {
        storage::funder(e, &funder)
    }

    pub fn pool(e: &Env) -> Pool {
        storage::pool(e)
    }

    pub fn terms(e: &Env) -> Terms {
        storage::terms(e)
    }

    pub fn token(e: &Env) -> Address {
        storage::token(e)
    }

    pub fn market(e: &Env) -> Address {
        storage::market(e)
    }
}

#[contractimpl(contracttrait)]
impl Stewarded for IdleYield {}
