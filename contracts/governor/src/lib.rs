//! Proposals, votes and what becomes of them.
#![no_std]

pub mod clients;
mod contract;
mod errors;
mod events;
mod proposals;
mod rules;
mod storage;
pub mod tally;
mod types;

pub use contract::{Governor, GovernorClient};
pub use errors::GovernorError;
pub use events::{Cancelled, Proposed, Queued, RulesSet, ScopeSet, Voted};
pub use types::{
    Choice, Detail, Grant, House, Kind, Proposal, Rules, Stage, Status, Weight, KINDS,
    LONGEST_DELAY, LONGEST_NOTICE, LONGEST_PERIOD, MAX_GRANTS, QUEUE_PERIOD, SHORTEST_PERIOD,
};
