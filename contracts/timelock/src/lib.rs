//! What was decided waits here, in the open, before it happens.
#![no_std]

mod contract;
mod errors;
mod events;
mod operations;
mod own;
mod storage;
mod types;

pub use contract::{Timelock, TimelockClient};
pub use errors::TimelockError;
pub use events::{Cancelled, Executed, GovernorSet, Scheduled, TermsSet};
pub use types::{Operation, Outcome, Terms, LONGEST_DELAY, LONGEST_GRACE, SHORTEST_GRACE};
