//! Every access to the ledger, with its time-to-live tier.
use foundation::{ttl, Call};
use soroban_sdk::{contracttype, panic_with_error, Address, Env, Vec};

use crate::{
    errors::GovernorError,
    types::{Choice, Grant, House, Kind, Proposal, Rules},
};

#[contracttype]
pub enum Key {
    House,
    Count,
    Rules(Kind),
    Scope(Kind),
    /// Apart from its calls, so that a vote writes little.
    Proposal(u32),
    Calls(u32),
    Vote(u32, Address),
}

// ---- instance

pub fn set_house(e: &Env, house: &House) {
    e.storage().instance().set(&Key::House, house);
}

pub fn house(e: &Env) -> House {
    e.storage()
        .instance()
        .get(&Key::House)
        .unwrap_or_else(|| panic_with_error!(e, GovernorError::NotConfigured))
}

pub fn set_rules(e: &Env, kind: Kind, rules: &Rules) {
    e.storage().instance().set(&Key::Rules(kind), rules);
}

pub fn rules(e: &Env, kind: Kind) -> Rules {
    e.storage()
        .instance()
        .get(&Key::Rules(kind))
        .unwrap_or_else(|| panic_with_error!(e, GovernorError::NotConfigured))
}

pub fn count(e: &Env) -> u32 {
    e.storage().instance().get(&Key::Count).unwrap_or_default()
}

// ---- scopes

pub fn set_scope(e: &Env, kind: Kind, scope: &Vec<Grant>) {
    let key = Key::Scope(kind);
    e.storage().persistent().set(&key, scope);
    ttl::extend_owned(e, &key);
}

/// Nothing where nothing was granted.
pub fn scope(e: &Env, kind: Kind) -> Vec<Grant> {
    let key = Key::Scope(kind);
    match e.storage().persistent().get(&key) {
        Some(scope) => {
            ttl::extend_owned(e, &key);
            scope
        }
        None => Vec::new(e),
    }
}

// ---- proposals and votes

/// Keeps a new proposal and returns its number; the first is 1.
pub fn add_proposal(e: &Env, proposal: &Proposal, calls: &Vec<Call>) -> u32 {
    let id = count(e) + 1;
    e.storage().instance().set(&Key::Count, &id);
    set_proposal(e, id, proposal);
    let key = Key::Calls(id);
    e.storage().persistent().set(&key, calls);
    ttl::extend_owned(e, &key);
    id
}

pub fn set_proposal(e: &Env, id: u32, proposal: &Proposal) {
    let key = Key::Proposal(id);
    e.storage().persistent().set(&key, proposal);
    ttl::extend_owned(e, &key);
}

pub fn proposal(e: &Env, id: u32) -> Proposal {
    e.storage()
        .persistent()
        .get(&Key::Proposal(id))
        .unwrap_or_else(|| panic_with_error!(e, GovernorError::UnknownProposal))
}

pub fn calls(e: &Env, id: u32) -> Vec<Call> {
    e.storage()
        .persistent()
        .get(&Key::Calls(id))
        .unwrap_or_else(|| panic_with_error!(e, GovernorError::UnknownProposal))
}

pub fn set_vote(e: &Env, id: u32, voter: &Address, choice: Choice) {
    let key = Key::Vote(id, voter.clone());
    e.storage().persistent().set(&key, &choice);
    ttl::extend_owned(e, &key);
}

pub fn vote(e: &Env, id: u32, voter: &Address) -> Option<Choice> {
    e.storage().persistent().get(&Key::Vote(id, voter.clone()))
}
