//! What every contract here has alike: its stewards and its times to live.
#![no_std]

mod steward;
pub mod ttl;

pub use steward::{
    begin, enforce_running, Guardian, GuardianSet, PauseLifted, PauseSet, StewardError, Stewarded,
    GUARDIAN_PAUSE, LONGEST_TERM,
};
