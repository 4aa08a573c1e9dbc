//! Every access to the ledger, with its time-to-live tier.
use foundation::ttl;
use soroban_sdk::{contracttype, panic_with_error, Address, Bytes, Env, Vec};

use crate::{
    errors::IncentiveError,
    pages::{page_of, Earnings, Page},
    types::{Pool, Roles},
};

#[contracttype]
pub enum Key {
    Token,
    Roles,
    Rate,
    PeriodSeconds,
    Pool,
    Page(u32),
    Owner(u32),
    Nodes(Address),
}

// ---- instance

pub fn set_token(e: &Env, token: &Address) {
    e.storage().instance().set(&Key::Token, token);
}

pub fn token(e: &Env) -> Address {
    or_not_configured(e, e.storage().instance().get(&Key::Token))
}

pub fn set_roles(e: &Env, roles: &Roles) {
    e.storage().instance().set(&Key::Roles, roles);
}

pub fn roles(e: &Env) -> Roles {
    or_not_configured(e, e.storage().instance().get(&Key::Roles))
}

pub fn set_rate(e: &Env, rate: u32) {
    e.storage().instance().set(&Key::Rate, &rate);
}

pub fn rate(e: &Env) -> u32 {
    or_not_configured(e, e.storage().instance().get(&Key::Rate))
}

pub fn set_period_seconds(e: &Env, seconds: u64) {
    e.storage().instance().set(&Key::PeriodSeconds, &seconds);
}

pub fn period_seconds(e: &Env) -> u64 {
    or_not_configured(e, e.storage().instance().get(&Key::PeriodSeconds))
}

// ---- pool

pub fn set_pool(e: &Env, pool: &Pool) {
    e.storage().persistent().set(&Key::Pool, pool);
    ttl::extend_hot(e, &Key::Pool);
}

pub fn pool(e: &Env) -> Pool {
    or_not_configured(e, e.storage().persistent().get(&Key::Pool))
}

// ---- nodes

pub fn page(e: &Env, number: u32) -> Page {
    let mut page = Page::default();
    if let Some(bytes) = e.storage().persistent().get::<_, Bytes>(&Key::Page(number)) {
        bytes.copy_into_slice(page.bytes_mut());
    }
    page
}

pub fn set_page(e: &Env, number: u32, page: &Page) {
    let key = Key::Page(number);
    e.storage()
        .persistent()
        .set(&key, &Bytes::from_array(e, page.bytes()));
    ttl::extend_hot(e, &key);
}

/// Changes one node's record and returns what the change returns.
pub fn change_earnings<T>(e: &Env, node: u16, change: impl FnOnce(&mut Earnings) -> T) -> T {
    let mut page = page(e, page_of(node));
    let mut earnings = page.get(node);
    let result = change(&mut earnings);
    page.set(node, &earnings);
    set_page(e, page_of(node), &page);
    result
}

pub fn set_owner(e: &Env, node: u16, owner: &Address) {
    let key = Key::Owner(u32::from(node));
    e.storage().persistent().set(&key, owner);
    ttl::extend_owned(e, &key);
}

pub fn owner(e: &Env, node: u32) -> Option<Address> {
    let key = Key::Owner(node);
    let owner = e.storage().persistent().get(&key)?;
    ttl::extend_owned(e, &key);
    Some(owner)
}

pub fn set_nodes(e: &Env, owner: &Address, nodes: &Vec<u32>) {
    let key = Key::Nodes(owner.clone());
    e.storage().persistent().set(&key, nodes);
    ttl::extend_owned(e, &key);
}

pub fn nodes(e: &Env, owner: &Address) -> Vec<u32> {
    let key = Key::Nodes(owner.clone());
    match e.storage().persistent().get(&key) {
        Some(nodes) => {
            ttl::extend_owned(e, &key);
            nodes
        }
        None => Vec::new(e),
    }
}

fn or_not_configured<T>(e: &Env, value: Option<T>) -> T {
    value.unwrap_or_else(|| panic_with_error!(e, IncentiveError::NotConfigured))
}
