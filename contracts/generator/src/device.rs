//! What the generator itself says. Only the key that was bound at the
//! installation signs it; anybody may carry the message here.
use soroban_sdk::{panic_with_error, Address, Bytes, BytesN, Env};

use crate::{
    errors::GeneratorError,
    events::Dispensed,
    income::plus,
    life::{enforce_positive, enforce_state, or_refuse, slot},
    storage,
    types::State,
};

/// No other message that the device signs begins so.
pub const DISPENSE_TAG: &[u8; 22] = b"stelltron:dispense:v1\0";

/// Takes the quantity from the user's credit; in a slot without a price it is
/// free and credit stays. The device waits for this before it dispenses.
pub fn dispense(e: &Env, user: &Address, quantity: u64, counter: u64, signature: &BytesN<64>) {
    enforce_state(e, |state| state == State::Active);
    enforce_positive(e, quantity.into());
    let mut device = storage::device(e);
    if counter <= device.counter {
        panic_with_error!(e, GeneratorError::CounterUsed);
    }
    let Some(key) = &device.key else {
        panic_with_error!(e, GeneratorError::NotConfigured);
    };
    let message = message(e, user, quantity, counter);
    e.crypto().ed25519_verify(key, &message, signature);
    device.counter = counter;

    let wanted = i128::from(quantity);
    let free = storage::book(e).price(slot(e)) == 0;
    if free {
        device.free = or_refuse(e, plus(device.free, wanted));
    } else {
        let credit = storage::credit(e, user);
        if wanted > credit {
            panic_with_error!(e, GeneratorError::InsufficientCredit);
        }
        storage::set_credit(e, user, credit - wanted);
        device.dispensed += wanted;
    }
    storage::set_device(e, &device);
    Dispensed {
        user: user.clone(),
        quantity: wanted,
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
