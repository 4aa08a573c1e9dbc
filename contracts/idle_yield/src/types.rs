use soroban_sdk::contracttype;

use crate::errors::YieldError;

const DAY: u64 = 86_400;
/// 20 % a year.
pub const MAX_RATE_BPS: u32 = 2_000;
pub const LONGEST_PROGRAMME: u64 = 5 * 366 * DAY;
/// Seconds after the end in which what was earned before it is still counted.
pub const SETTLE_WITHIN: u64 = 7 * DAY;
/// Members of one call.
pub const MAX_TOUCHED: u32 = 32;

/// Fixed when the contract is deployed: nobody's yield is changed under them.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    /// Yield a year in basis points of what lies idle.
    pub rate_bps: u32,
    /// Unix seconds after which nothing accrues.
    pub ends_at: u64,
}

impl Terms {
    pub fn check(&self, now: u64) -> Result<(), YieldError> {
        if !(1..=MAX_RATE_BPS).contains(&self.rate_bps) {
            return Err(YieldError::InvalidRate);
        }
        if self.ends_at <= now || self.ends_at - now > LONGEST_PROGRAMME {
            return Err(YieldError::InvalidEnd);
        }
        Ok(())
    }

    /// From when on nothing more is counted, and funders take the rest back.
    pub fn closes_at(&self) -> u64 {
        self.ends_at.saturating_add(SETTLE_WITHIN)
    }
}

/// `funded = paid + reserved + free + returned`; the contract holds
/// `reserved + free`.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pool {
    pub funded: i128,
    pub paid: i128,
    /// Earned and not yet claimed.
    pub reserved: i128,
    /// Not yet earned by anybody.
    pub free: i128,
    /// To the funders, after the end.
    pub returned: i128,
    /// What those have funded who have taken nothing back yet.
    pub shares: i128,
}

/// One member's part.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Saver {
    /// What lay idle when it was looked at last.
    pub balance: i128,
    /// When that was, in unix seconds; 0 for never.
    pub touched_at: u64,
    /// Remainder below one stroop.
    pub carry: i128,
    pub claimable: i128,
}
