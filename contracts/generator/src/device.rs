//! What the generator itself says. Only the key that was bound at the
//! installation signs it; anybody may carry the message here.
use soroban_sdk::{Address, Bytes, BytesN, Env};

use crate::{
    errors::{or_refuse, refuse, GeneratorError},
    events::{DeviceBound, Dispensed},
    income::plus,
    life::{enforce_positive, enforce_state, slot},
    storage,
    types::State,
};

/// No other message that the device signs begins so.
pub const DISPENSE_TAG: &[u8; 22] = b"stelltron:dispense:v1\0";

/// Lost messages leave gaps; a counter that runs away would use all of them up.
pub const LARGEST_GAP: u64 = 1_000_000;

/// Binds a key. Counters are its own: a new one begins anew, and one that comes
/// back goes on where it was, so that nothing it has signed counts twice.
#[inline(never)]
pub fn bind(e: &Env, key: &BytesN<32>) {
    let mut device = storage::device(e);
    if let Some(before) = &device.key {
        storage::set_counter(e, before, device.counter);
    }
    device.counter = storage::counter(e, key);
    device.key = Some(key.clone());
    storage::set_device(e, &device);
    DeviceBound { key: key.clone() }.publish(e);
}

/// Takes the quantity from the user's credit. In a slot without a price it is
/// free and credit stays; so is, at any time, what the device signs for the
/// generator itself: it was given away while there was no price.
pub fn dispense(e: &Env, user: &Address, quantity: u64, counter: u64, signature: &BytesN<64>) {
    enforce_state(e, State::Active);
    enforce_positive(e, quantity);
    let mut device = storage::device(e);
    if counter <= device.counter {
        refuse(e, GeneratorError::CounterUsed);
    }
    if counter - device.counter > LARGEST_GAP {
        refuse(e, GeneratorError::CounterTooFar);
    }
    let Some(key) = &device.key else {
        refuse(e, GeneratorError::NotConfigured);
    };
    let message = message(e, user, quantity, counter);
    e.crypto().ed25519_verify(key, &message, signature);
    device.counter = counter;

    let given = *user == e.current_contract_address();
    let free = given || storage::book(e).price(slot(e)) == 0;
    if free {
        device.free = or_refuse(e, plus(device.free, quantity));
    } else {
        let credit = storage::credit(e, user);
        if quantity > credit {
            refuse(e, GeneratorError::InsufficientCredit);
        }
        storage::set_credit(e, user, credit - quantity);
        device.dispensed += quantity;
    }
    storage::set_device(e, &device);
    Dispensed {
        user: user.clone(),
        quantity,
        counter,
        free,
    }
    .publish(e);
}

/// Tag, generator and user as 56 letters each, counter and quantity as
/// big-endian u64.
fn message(e: &Env, user: &Address, quantity: u64, counter: u64) -> Bytes {
    let mut message = Bytes::from_slice(e, DISPENSE_TAG);
    message.append(&e.current_contract_address().to_string().to_bytes());
    message.append(&user.to_string().to_bytes());
    message.extend_from_array(&counter.to_be_bytes());
    message.extend_from_array(&quantity.to_be_bytes());
    message
}
