//! The verbs. None of them authorises; the door does.
use soroban_sdk::{panic_with_error, token::TokenClient, Address, BytesN, Env};

use crate::{
    errors::LockError,
    events::{Delivered, Locked, Released, Reserved},
    payouts::{pay_money, return_energy},
    proofs, storage,
    types::{cost, EnergyLock, Order, State},
};

/// Takes in the buyer's money and the seller's KWH. Returns the money.
pub fn reserve(e: &Env, id: &BytesN<32>, order: Order) -> i128 {
    let lock_by = match order.lock_by(now(e)) {
        Ok(lock_by) => lock_by,
        Err(error) => panic_with_error!(e, error),
    };
    // An id is used once, ever: so nothing is reserved or paid twice.
    if storage::find_lock(e, id).is_some() {
        panic_with_error!(e, LockError::LockExists);
    }
    let lock = EnergyLock {
        buyer: order.buyer,
        seller: order.seller,
        device: order.device,
        wh: order.wh,
        price: order.price,
        lock_by,
        deliver_by: order.deliver_by,
        state: State::Reserved,
        delivered: 0,
    };
    let amount = cost(lock.wh, lock.price);
    storage::set_lock(e, id, &lock);
    collect(e, &storage::money(e), &lock.buyer, amount);
    collect(e, &storage::energy(e), &lock.seller, lock.wh.into());
    Reserved {
        buyer: lock.buyer,
        seller: lock.seller,
        id: id.clone(),
        device: lock.device,
        wh: lock.wh,
        price: lock.price,
        amount,
        lock_by,
        deliver_by: lock.deliver_by,
    }
    .publish(e);
    amount
}

/// The device holds the energy.
pub fn lock(e: &Env, id: &BytesN<32>, signature: &BytesN<64>) {
    let mut lock = in_state(e, id, State::Reserved);
    enforce_by(e, lock.lock_by);
    proofs::enforce_locked(e, &lock.device, id, lock.wh, signature);
    lock.state = State::Locked;
    storage::set_lock(e, id, &lock);
    Locked { id: id.clone() }.publish(e);
}

/// Pays for what was delivered and gives the rest back: once, because the
/// state says so before anything moves. Returns what the seller was paid.
pub fn deliver(e: &Env, id: &BytesN<32>, delivered_wh: u64, signature: &BytesN<64>) -> i128 {
    let mut lock = in_state(e, id, State::Locked);
    enforce_by(e, lock.deliver_by);
    proofs::enforce_delivered(e, &lock.device, id, delivered_wh, signature);
    lock.state = State::Delivered;
    lock.delivered = delivered_wh.min(lock.wh);
    storage::set_lock(e, id, &lock);

    let paid = cost(lock.delivered, lock.price);
    let refunded = cost(lock.wh, lock.price) - paid;
    if lock.delivered > 0 {
        // What was delivered is used up.
        let energy = TokenClient::new(e, &storage::energy(e));
        energy.burn(&e.current_contract_address(), &lock.delivered.into());
    }
    pay_money(e, &lock.seller, paid);
    pay_money(e, &lock.buyer, refunded);
    return_energy(e, &lock.seller, (lock.wh - lock.delivered).into());
    Delivered {
        id: id.clone(),
        wh: lock.delivered,
        paid,
        refunded,
    }
    .publish(e);
    paid
}

/// Gives everything back when the device has let its time pass.
pub fn release(e: &Env, id: &BytesN<32>) {
    let mut lock = storage::lock(e, id);
    let deadline = match lock.state {
        State::Reserved => lock.lock_by,
        State::Locked => lock.deliver_by,
        _ => panic_with_error!(e, LockError::WrongState),
    };
    if now(e) <= deadline {
        panic_with_error!(e, LockError::TooEarly);
    }
    lock.state = State::Released;
    storage::set_lock(e, id, &lock);
    let refunded = cost(lock.wh, lock.price);
    pay_money(e, &lock.buyer, refunded);
    return_energy(e, &lock.seller, lock.wh.into());
    Released {
        id: id.clone(),
        refunded,
    }
    .publish(e);
}

fn in_state(e: &Env, id: &BytesN<32>, state: State) -> EnergyLock {
    let lock = storage::lock(e, id);
    if lock.state != state {
        panic_with_error!(e, LockError::WrongState);
    }
    lock
}

fn enforce_by(e: &Env, deadline: u64) {
    if now(e) > deadline {
        panic_with_error!(e, LockError::TooLate);
    }
}

fn collect(e: &Env, token: &Address, from: &Address, amount: i128) {
    let here = e.current_contract_address();
    TokenClient::new(e, token).transfer(from, &here, &amount);
}

fn now(e: &Env) -> u64 {
    e.ledger().timestamp()
}
