use soroban_sdk::{contracttype, Address, BytesN};

use crate::errors::LockError;

const DAY: u64 = 86_400;
/// Seconds in which a device locks what was reserved, unless an order says.
pub const LOCK_WITHIN: u64 = 15 * 60;
pub const LONGEST_RESERVATION: u64 = DAY;
/// Shorter than an entry's time to live.
pub const LONGEST_DELIVERY: u64 = 30 * DAY;
const WH_A_KWH: u128 = 1_000;

/// What buyer and seller have agreed on.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Order {
    pub buyer: Address,
    pub seller: Address,
    /// The ed25519 public key of the device that holds the energy.
    pub device: BytesN<32>,
    pub wh: u64,
    /// Stroops for a kWh.
    pub price: u64,
    /// Unix seconds until which the device may lock; 15 minutes without one.
    pub lock_by: Option<u64>,
    /// Unix seconds until which it may prove what it has delivered.
    pub deliver_by: u64,
}

impl Order {
    /// The moment until which it may be locked, if the order is sound.
    pub fn lock_by(&self, now: u64) -> Result<u64, LockError> {
        if self.buyer == self.seller {
            return Err(LockError::SelfTrade);
        }
        if self.wh == 0 || cost(self.wh, self.price) == 0 {
            return Err(LockError::InvalidAmount);
        }
        let lock_by = self.lock_by.unwrap_or(now.saturating_add(LOCK_WITHIN));
        let in_time = lock_by > now
            && lock_by - now <= LONGEST_RESERVATION
            && self.deliver_by > lock_by
            && self.deliver_by - now <= LONGEST_DELIVERY;
        if !in_time {
            return Err(LockError::InvalidTimes);
        }
        Ok(lock_by)
    }
}

/// What energy costs, rounded down once. The product of two u64 fits.
pub fn cost(wh: u64, price: u64) -> i128 {
    (u128::from(wh) * u128::from(price) / WH_A_KWH) as i128
}

#[contracttype]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum State {
    /// Money and KWH are here; the device has said nothing.
    Reserved = 0,
    /// The device holds the energy.
    Locked = 1,
    /// The device has proved what it delivered, and all is paid.
    Delivered = 2,
    /// The time ran out, and all went back.
    Released = 3,
}

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EnergyLock {
    pub buyer: Address,
    pub seller: Address,
    pub device: BytesN<32>,
    pub wh: u64,
    /// Stroops for a kWh.
    pub price: u64,
    /// Unix seconds.
    pub lock_by: u64,
    pub deliver_by: u64,
    pub state: State,
    /// Wh that were paid for.
    pub delivered: u64,
}

/// What could not be sent to its owner and waits here.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Owed {
    /// Stroops.
    pub money: i128,
    pub wh: i128,
}
