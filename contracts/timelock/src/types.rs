use foundation::{Call, OperationState};
use soroban_sdk::{contracttype, Vec};

use crate::errors::TimelockError;

const DAY: u64 = 86_400;
/// An operation's entry lives 120 days: longer than its delay and grace.
pub const LONGEST_DELAY: u64 = 30 * DAY;
pub const SHORTEST_GRACE: u64 = DAY;
pub const LONGEST_GRACE: u64 = 30 * DAY;

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    /// No operation waits for fewer seconds.
    pub shortest_delay: u64,
    /// Seconds in which an operation may be executed once its delay is over.
    pub grace: u64,
}

impl Terms {
    pub fn check(&self) -> Result<(), TimelockError> {
        let grace = SHORTEST_GRACE..=LONGEST_GRACE;
        if self.shortest_delay > LONGEST_DELAY || !grace.contains(&self.grace) {
            return Err(TimelockError::InvalidTerms);
        }
        Ok(())
    }
}

#[contracttype]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum Outcome {
    Pending = 0,
    Executed = 1,
    Cancelled = 2,
}

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Operation {
    pub calls: Vec<Call>,
    /// Unix seconds from which on it may be executed.
    pub ready_at: u64,
    /// Unix seconds from which on it no longer may. Kept here and not in the
    /// time to live, which anybody can extend.
    pub expires_at: u64,
    pub outcome: Outcome,
}

impl Operation {
    pub fn state(&self, now: u64) -> OperationState {
        match self.outcome {
            Outcome::Executed => OperationState::Executed,
            Outcome::Cancelled => OperationState::Cancelled,
            Outcome::Pending if now < self.ready_at => OperationState::Waiting,
            Outcome::Pending if now < self.expires_at => OperationState::Ready,
            Outcome::Pending => OperationState::Expired,
        }
    }
}
