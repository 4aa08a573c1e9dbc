//! A token-like contract that touches every kind of entry the devnet keeps: instance,
//! persistent and temporary storage, events, authorisation, nested calls and raw computation.
#![no_std]

use soroban_sdk::{
    contract, contracterror, contractevent, contractimpl, contracttype, token, Address, Env,
};

#[contracttype]
pub enum Key {
    Balance(Address),
    Admin,
    Temporary,
}

#[contracterror]
#[derive(Copy, Clone)]
pub enum Error {
    BalanceTooLow = 7,
}

#[contractevent]
pub struct Moved {
    #[topic]
    pub from: Address,
    #[topic]
    pub to: Address,
    pub amount: i128,
}

#[contract]
pub struct Probe;

#[contractimpl]
impl Probe {
    pub fn __constructor(env: Env, admin: Address, supply: i128) {
        env.storage().instance().set(&Key::Admin, &admin);
        env.storage()
            .persistent()
            .set(&Key::Balance(admin), &supply);
    }

    pub fn balance(env: Env, owner: Address) -> i128 {
        env.storage()
            .persistent()
            .get(&Key::Balance(owner))
            .unwrap_or(0)
    }

    /// Moves `amount` and returns what the receiver then holds.
    pub fn transfer(env: Env, from: Address, to: Address, amount: i128) -> Result<i128, Error> {
        from.require_auth();
        let received = shift(&env, &from, &to, amount)?;
        env.storage().temporary().set(&Key::Temporary, &amount);
        Ok(received)
    }

    /// Both parties sign; the buyer pays in `asset`, the seller hands over the probe's units.
    pub fn swap(
        env: Env,
        asset: Address,
        seller: Address,
        buyer: Address,
        quantity: i128,
        price: i128,
    ) -> Result<(), Error> {
        seller.require_auth();
        buyer.require_auth();
        token::Client::new(&env, &asset).transfer(&buyer, &seller, &price);
        shift(&env, &seller, &buyer, quantity)?;
        Ok(())
    }

    /// Spends instructions, to reach the limits.
    pub fn burn_cpu(env: Env, rounds: u32) -> u64 {
        let mut value = env.ledger().timestamp();
        for round in 0..rounds {
            value = value
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(round as u64);
        }
        value
    }
}

fn shift(env: &Env, from: &Address, to: &Address, amount: i128) -> Result<i128, Error> {
    let held = Probe::balance(env.clone(), from.clone());
    if amount < 0 || held < amount {
        return Err(Error::BalanceTooLow);
    }
    let storage = env.storage().persistent();
    storage.set(&Key::Balance(from.clone()), &(held - amount));
    let received = Probe::balance(env.clone(), to.clone()) + amount;
    storage.set(&Key::Balance(to.clone()), &received);
    Moved {
        from: from.clone(),
        to: to.clone(),
        amount,
    }
    .publish(env);
    Ok(received)
}
