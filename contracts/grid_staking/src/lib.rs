//! Stakes of GRID: rewards from a funded pool, fee tiers, licences and the
//! weight that governance counts.
#![no_std]

mod contract;
mod errors;
mod events;
pub mod pool;
mod stakes;
mod storage;
mod types;

pub use contract::{GridStaking, GridStakingClient};
pub use errors::StakingError;
pub use events::{Claimed, Funded, Staked, TermsSet, UnstakeRequested, Unstaked};
pub use types::{Position, Terms, Tier, MAX_DELAY, MAX_RATE_BPS, MAX_TIERS, MIN_DELAY};
