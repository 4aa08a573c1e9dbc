//! A token-like contract that touches every kind of entry the devnet keeps: instance,
//! persistent and temporary storage, events, authorisation, nested calls and raw computation.
#![no_std]

use soroban_sdk::{
    contract, contracterror, contractevent, contractimpl, contracttype, token, vec, Address, Env,
    IntoVal, Val,
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

    /// Recurses within the contract; what it adds up keeps the compiler from making it a loop.
    pub fn recurse(env: Env, depth: u32) -> u64 {
        descend(&env, depth)
    }

    /// Calls `other` with the rest of the depth, which calls `this` again.
    pub fn bounce(env: Env, this: Address, other: Address, depth: u32) -> u32 {
        if depth == 0 {
            return 0;
        }
        let next = ProbeClient::new(&env, &other);
        1 + next.bounce(&other, &this, &(depth - 1))
    }

    /// A value of vectors in vectors, as deep as asked for.
    pub fn nest(env: Env, depth: u32) -> Val {
        let mut value: Val = depth.into_val(&env);
        for _ in 0..depth {
            value = vec![&env, value].into_val(&env);
        }
        value
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

#[inline(never)]
fn descend(env: &Env, depth: u32) -> u64 {
    if depth == 0 {
        return env.ledger().timestamp();
    }
    descend(env, depth - 1).wrapping_mul(31).wrapping_add(depth as u64)
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
