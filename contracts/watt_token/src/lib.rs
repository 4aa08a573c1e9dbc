//! WATT: the quote token, issued against attested reserves at a bank.
#![no_std]

mod contract;
mod errors;
mod events;
mod storage;

pub use contract::{WattToken, WattTokenClient};
pub use errors::WattError;
pub use events::{Issued, IssuerSet, Redeemed, ReservesAttested};
