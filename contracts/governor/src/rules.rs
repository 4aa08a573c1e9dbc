//! What makes rules and calls acceptable. Pure: knows no ledger.
use foundation::{Call, MAX_CALLS};
use soroban_sdk::Vec;

use crate::{
    errors::GovernorError,
    types::{
        Grant, Kind, Rules, Weight, LONGEST_DELAY, LONGEST_NOTICE, LONGEST_PERIOD, MAX_GRANTS,
        SHORTEST_PERIOD,
    },
};

const WHOLE: u32 = 10_000;

impl Rules {
    pub fn check(&self, kind: Kind) -> Result<(), GovernorError> {
        let sound = (1..=WHOLE).contains(&self.quorum_bps)
            && (WHOLE / 2..=WHOLE).contains(&self.majority_bps)
            && self.notice <= LONGEST_NOTICE
            && (SHORTEST_PERIOD..=LONGEST_PERIOD).contains(&self.period)
            && self.delay <= LONGEST_DELAY;
        // Who buys GRID must not thereby own the contracts.
        if !sound || (kind == Kind::Upgrade && self.weight != Weight::Members) {
            return Err(GovernorError::InvalidRules);
        }
        Ok(())
    }
}

/// A scope makes sense for kinds that call something, and not everything.
pub fn check_scope(kind: Kind, scope: &Vec<Grant>) -> Result<(), GovernorError> {
    if matches!(kind, Kind::Text | Kind::Upgrade) || scope.len() > MAX_GRANTS {
        return Err(GovernorError::InvalidScope);
    }
    Ok(())
}

/// Whether a kind of proposal may make these calls.
pub fn check_calls(kind: Kind, calls: &Vec<Call>, scope: &Vec<Grant>) -> Result<(), GovernorError> {
    let fit = match kind {
        Kind::Text => calls.is_empty(),
        _ => (1..=MAX_CALLS).contains(&calls.len()),
    };
    if !fit {
        return Err(GovernorError::InvalidCalls);
    }
    let granted = |call: Call| {
        scope.contains(Grant {
            target: call.target,
            function: call.function,
        })
    };
    if kind != Kind::Upgrade && !calls.iter().all(granted) {
        return Err(GovernorError::OutOfScope);
    }
    Ok(())
}
