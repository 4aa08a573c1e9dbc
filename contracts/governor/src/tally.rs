//! Counting. Pure: knows no ledger.
use soroban_sdk::contracttype;

use crate::{
    errors::GovernorError,
    types::{Choice, Rules},
};

const WHOLE: i128 = 10_000;

#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// What could have voted at the snapshot.
    pub eligible: i128,
    pub yes: i128,
    pub no: i128,
    pub abstain: i128,
}

impl Tally {
    pub fn of(eligible: i128) -> Self {
        Self {
            eligible,
            ..Self::default()
        }
    }

    pub fn cast(&self) -> i128 {
        self.yes + self.no + self.abstain
    }

    /// Adds a vote. Whatever the source of weights says, never more than what
    /// was eligible.
    pub fn add(&mut self, choice: Choice, weight: i128) -> Result<(), GovernorError> {
        if weight <= 0 {
            return Err(GovernorError::NoVote);
        }
        if weight > self.eligible - self.cast() {
            return Err(GovernorError::TooManyVotes);
        }
        match choice {
            Choice::No => self.no += weight,
            Choice::Yes => self.yes += weight,
            Choice::Abstain => self.abstain += weight,
        }
        Ok(())
    }

    /// An abstention counts for the quorum and not for the majority.
    pub fn judge(&self, rules: &Rules) -> Result<(), GovernorError> {
        if !reaches(self.cast(), self.eligible, rules.quorum_bps) {
            return Err(GovernorError::QuorumMissed);
        }
        let decided = self.yes + self.no;
        if self.yes <= self.no || !reaches(self.yes, decided, rules.majority_bps) {
            return Err(GovernorError::MajorityMissed);
        }
        Ok(())
    }
}

/// Whether a part is at least so many basis points of the whole. Weights are
/// below 2^64, so the products are far from the end of the range.
fn reaches(part: i128, whole: i128, bps: u32) -> bool {
    match (part.checked_mul(WHOLE), whole.checked_mul(i128::from(bps))) {
        (Some(part), Some(least)) => part >= least,
        _ => false,
    }
}
