//! What the contracts here have alike: their stewards, their times to live,
//! amounts at a past moment, and what governance asks of them.
#![no_std]

mod call;
pub mod checkpoints;
mod steward;
pub mod ttl;

pub use call::{Call, OperationState, MAX_CALLS};
pub use steward::{
    begin, begin_migration, enforce_running, is_guardian, lift_pause, name_guardian, Guardian,
    GuardianSet, PauseLifted, PauseSet, StewardError, Stewarded, GUARDIAN_GAP, GUARDIAN_PAUSE,
    LONGEST_TERM,
};
