//! Stored energy sold ahead: money and KWH wait here until the seller's device
//! has locked and delivered it.
#![no_std]

mod contract;
mod errors;
mod events;
mod locks;
mod payouts;
mod proofs;
mod storage;
mod types;

pub use contract::{EnergyLocks, EnergyLocksClient};
pub use errors::LockError;
pub use events::{Collected, Delivered, Locked, Released, Reserved};
pub use proofs::{DELIVER_TAG, LOCK_TAG};
pub use types::{
    EnergyLock, Order, Owed, State, LOCK_WITHIN, LONGEST_DELIVERY, LONGEST_RESERVATION,
};
