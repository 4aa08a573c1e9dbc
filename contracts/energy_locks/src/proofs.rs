//! What the device signs. Nothing that it signs for one purpose, lock or
//! contract is good for another.
use soroban_sdk::{Bytes, BytesN, Env};

pub const LOCK_TAG: &[u8; 18] = b"stelltron:lock:v1\0";
pub const DELIVER_TAG: &[u8; 21] = b"stelltron:deliver:v1\0";

/// Fails in the host unless the device has signed that it holds so much.
pub fn enforce_locked(e: &Env, device: &BytesN<32>, id: &BytesN<32>, wh: u64, sig: &BytesN<64>) {
    let message = message(e, LOCK_TAG, id, wh);
    e.crypto().ed25519_verify(device, &message, sig);
}

/// Fails in the host unless the device has signed that it delivered so much.
pub fn enforce_delivered(e: &Env, device: &BytesN<32>, id: &BytesN<32>, wh: u64, sig: &BytesN<64>) {
    let message = message(e, DELIVER_TAG, id, wh);
    e.crypto().ed25519_verify(device, &message, sig);
}

/// Tag, this contract as 56 letters, the lock's id, and Wh as big-endian u64.
fn message(e: &Env, tag: &[u8], id: &BytesN<32>, wh: u64) -> Bytes {
    let mut message = Bytes::from_slice(e, tag);
    message.append(&e.current_contract_address().to_string().to_bytes());
    message.append(&id.into());
    message.extend_from_array(&wh.to_be_bytes());
    message
}
