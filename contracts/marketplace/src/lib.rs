//! The cooperative's market: balances and mandates in pages of 256 member
//! slots, settled in batches that one operator signs and every mandate bounds.
#![no_std]

extern crate alloc;

pub mod batch;
mod consent;
mod contract;
mod custody;
mod desk;
mod errors;
mod events;
mod mandate;
pub mod pages;
pub mod settle;
mod settlement;
pub mod slots;
mod storage;
mod types;
pub mod varint;

pub use contract::{Marketplace, MarketplaceClient};
pub use errors::MarketError;
pub use events::{
    Deposited, DeskSet, DeskTrade, EnergyDeposited, Exited, Joined, MandateCancelled, MandateSet,
    OperatorSet, OracleSet, Settled, WithdrawalRequested, Withdrawn,
};
pub use types::{Account, ChainHead, Config, Mandate, Totals, Trade, Withdrawal};
