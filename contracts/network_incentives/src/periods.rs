//! Periods are bound to the clock: period `n` is `[n * length, (n + 1) *
//! length)` in unix seconds.
use soroban_sdk::{panic_with_error, Env};

use crate::{errors::IncentiveError, storage};

const SHORTEST: u64 = 60;
const LONGEST: u64 = 31 * 86_400;
/// Seconds after its end in which a period may be reported.
pub const REPORT_WITHIN: u64 = 7 * 86_400;

pub fn enforce_length(e: &Env, seconds: u64) {
    if !(SHORTEST..=LONGEST).contains(&seconds) {
        panic_with_error!(e, IncentiveError::InvalidPeriodLength);
    }
}

/// Only what is over can be known, and nobody digs up packets of long ago.
pub fn enforce_reportable(e: &Env, period: u32) {
    let end = (u64::from(period) + 1) * storage::period_seconds(e);
    let now = e.ledger().timestamp();
    if now < end {
        panic_with_error!(e, IncentiveError::PeriodRunning);
    }
    if now - end > REPORT_WITHIN {
        panic_with_error!(e, IncentiveError::PeriodTooOld);
    }
}
