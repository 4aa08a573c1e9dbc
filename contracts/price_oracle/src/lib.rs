//! Prices that an oracle signs, slot by slot, and how far from them a market
//! may settle.
#![no_std]

mod contract;
mod errors;
mod events;
mod quotes;
mod storage;
mod types;

pub use contract::{PriceOracle, PriceOracleClient};
pub use errors::OracleError;
pub use events::{Quoted, TermsSet};
pub use quotes::{LATEST, OLDEST};
pub use types::{Quote, Terms};
