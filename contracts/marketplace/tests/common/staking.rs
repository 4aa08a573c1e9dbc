//! A staking contract whose answer the test sets.
use soroban_sdk::{contract, contractimpl, Address, Env};

#[contract]
pub struct Staking;

#[contractimpl]
impl Staking {
    pub fn set_percent(e: &Env, percent: u32) {
        e.storage().instance().set(&0, &percent);
    }

    pub fn discount_percent(e: &Env, _member: Address) -> u32 {
        e.storage().instance().get(&0).unwrap_or_default()
    }
}
