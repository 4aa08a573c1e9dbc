//! Rewards for the nodes that carry the cooperative's packets.
#![no_std]

extern crate alloc;

mod contract;
mod errors;
mod events;
pub mod pages;
mod periods;
pub mod report;
mod rewards;
mod storage;
mod types;

pub use contract::{NetworkIncentives, NetworkIncentivesClient};
pub use errors::IncentiveError;
pub use events::{
    Claimed, Funded, NodeRegistered, NodeRetired, RateSet, RegistrarSet, Reported, ReporterSet,
};
pub use periods::REPORT_WITHIN;
pub use types::{Node, Pool, Roles, MAX_NODES_EACH, MAX_RATE};
