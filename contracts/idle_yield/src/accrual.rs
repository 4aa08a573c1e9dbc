//! What lying idle earns. Pure: knows no ledger.
use crate::types::{Saver, Terms};

/// Parts of a stroop: basis points times the seconds of a year of 365 days.
pub const PARTS: i128 = 10_000 * 365 * 86_400;
/// Who is not looked at for longer earns for so many seconds.
pub const LONGEST_INTERVAL: u64 = 86_400;
/// With balances within it no product passes 2^127.
pub const LIMIT: i128 = u64::MAX as i128;

impl Saver {
    /// Earns from the last look until now on the lower of both balances, as far
    /// as the free part of the pool reaches. Returns the stroops earned. What an
    /// empty pool did not give is not made up for later.
    pub fn earn(&mut self, terms: &Terms, balance: i128, now: u64, free: i128) -> i128 {
        let balance = balance.clamp(0, LIMIT);
        let seconds = now.min(terms.ends_at).saturating_sub(self.touched_at);
        let seconds = i128::from(seconds.min(LONGEST_INTERVAL));
        let idle = self.balance.min(balance);
        let parts = idle * i128::from(terms.rate_bps) * seconds + self.carry;
        let mut due = parts / PARTS;
        self.carry = parts % PARTS;
        if due > free {
            (due, self.carry) = (free, 0);
        }
        self.claimable += due;
        self.balance = balance;
        self.touched_at = now;
        due
    }
}
