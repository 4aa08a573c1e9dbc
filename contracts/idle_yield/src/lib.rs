//! Yield on what lies idle in the marketplace, from a pool that somebody has
//! paid in for it: never from members' money, and until a date.
#![no_std]

pub mod accrual;
mod contract;
mod errors;
mod events;
mod market;
mod programme;
mod storage;
mod types;

pub use contract::{IdleYield, IdleYieldClient};
pub use errors::YieldError;
pub use events::{Claimed, Earned, Funded, TakenBack};
pub use types::{Pool, Saver, Terms, LONGEST_PROGRAMME, MAX_RATE_BPS, MAX_TOUCHED, SETTLE_WITHIN};
