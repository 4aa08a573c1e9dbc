//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Address, Env};

use crate::{
    errors::StakingError,
    pool::{Pool, Stake},
    types::Terms,
};

#[contracttype]
pub enum Key {
    Token,
    Terms,
    Pool,
    Stake(Address),
    History(History, u32),
}

/// Whose amounts a history tells.
#[contracttype]
#[derive(Clone)]
pub enum History {
    All,
    Of(Address),
}

impl History {
    /// Where its pages are kept.
    pub fn pages(self) -> impl Fn(u32) -> Key {
        move |number| Key::History(self.clone(), number)
    }
}

// ---- instance

pub fn set_token(e: &Env, token: &Address) {
    e.storage().instance().set(&Key::Token, token);
}

pub fn token(e: &Env) -> Address {
    e.storage()
        .instance()
        .get(&Key::Token)
        .unwrap_or_else(|| panic_with_error!(e, StakingError::NotConfigured))
}

pub fn set_terms(e: &Env, terms: &Terms) {
    e.storage().instance().set(&Key::Terms, terms);
}

pub fn terms(e: &Env) -> Terms {
    e.storage()
        .instance()
        .get(&Key::Terms)
        .unwrap_or_else(|| panic_with_error!(e, StakingError::NotConfigured))
}

// ---- pool and stakes

pub fn set_pool(e: &Env, pool: &Pool) {
    e.storage().persistent().set(&Key::Pool, pool);
    ttl::extend_hot(e, &Key::Pool);
}

pub fn pool(e: &Env) -> Pool {
    let pool = e
        .storage()
        .persistent()
        .get(&Key::Pool)
        .unwrap_or_else(|| panic_with_error!(e, StakingError::NotConfigured));
    ttl::extend_hot(e, &Key::Pool);
    pool
}

pub fn set_stake(e: &Env, member: &Address, stake: &Stake) {
    let key = Key::Stake(member.clone());
    e.storage().persistent().set(&key, stake);
    ttl::extend_owned(e, &key);
}

/// All zero for who never staked.
pub fn stake(e: &Env, member: &Address) -> Stake {
    let key = Key::Stake(member.clone());
    match e.storage().persistent().get(&key) {
        Some(stake) => {
            ttl::extend_owned(e, &key);
            stake
        }
        None => Stake::default(),
    }
}
