//! How rewards accrue, in constant time whatever the number of members.
//!
//! An index says what one staked unit has earned since the beginning, and so
//! nobody's part depends on who else stakes. Each division carries its
//! remainder to the next: it does not matter how often anybody calls, and
//! nothing is lost:
//!
//! ```text
//! owed x SCALE + owed_carry = sum of what members earned x SCALE + carry
//! ```
use soroban_sdk::contracttype;

use crate::errors::StakingError;

/// Parts of a stroop that the index counts. With amounts within `LIMIT` no
/// product of an amount and SCALE passes 2^127.
pub const SCALE: i128 = 1_000_000_000_000_000_000;
/// Neither all stakes nor everything ever paid into the pool may pass this.
pub const LIMIT: i128 = u64::MAX as i128;
/// Basis points times the seconds of a year of 365 days.
const PARTS: i128 = 10_000 * 365 * 86_400;

/// The contract holds `staked + unstaking + free + owed`, and
/// `funded = free + owed + claimed`.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pool {
    pub staked: i128,
    /// Taken out of the stakes and not yet withdrawn.
    pub unstaking: i128,
    pub funded: i128,
    /// Funded and not yet earned by anybody.
    pub free: i128,
    /// Earned and not yet claimed.
    pub owed: i128,
    pub claimed: i128,
    /// What one staked unit has earned, in SCALE parts.
    pub index: i128,
    /// Remainder of the index below one of its parts, in PARTS.
    pub index_carry: i128,
    /// Remainder of `owed` below one stroop, in SCALE parts.
    pub owed_carry: i128,
    /// Unix seconds up to which rewards have accrued.
    pub updated: u64,
    /// Last page of the history of `staked`.
    pub page: u32,
}

impl Pool {
    /// Earns what is due since the last time, as far as the pool reaches. What
    /// an empty pool did not pay is not made up for later.
    pub fn accrue(&mut self, rate_bps: u32, ends_at: u64, now: u64) -> Result<(), StakingError> {
        let seconds = now.min(ends_at).saturating_sub(self.updated);
        self.updated = self.updated.max(now);
        if seconds == 0 || self.staked == 0 {
            return Ok(());
        }
        let parts = i128::from(rate_bps)
            .checked_mul(i128::from(seconds))
            .and_then(|parts| parts.checked_mul(SCALE))
            .and_then(|parts| parts.checked_add(self.index_carry))
            .ok_or(StakingError::Overflow)?;
        let mut growth = parts / PARTS;
        self.index_carry = parts % PARTS;
        // At most what the pool holds, rounded down in its favour.
        let affordable = (self.free * SCALE - self.owed_carry).max(0) / self.staked;
        if growth > affordable {
            (growth, self.index_carry) = (affordable, 0);
        }

        let parts = self.staked * growth + self.owed_carry;
        let due = parts / SCALE;
        self.owed_carry = parts % SCALE;
        self.free -= due;
        self.owed += due;
        self.index = self
            .index
            .checked_add(growth)
            .ok_or(StakingError::Overflow)?;
        Ok(())
    }

    pub fn fund(&mut self, amount: i128) -> Result<(), StakingError> {
        self.funded = within_limit(self.funded, amount)?;
        self.free += amount;
        Ok(())
    }
}

/// One member's part.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Stake {
    pub staked: i128,
    /// The pool's index up to which `earned` is reckoned.
    pub index: i128,
    /// Remainder below one stroop, in SCALE parts.
    pub carry: i128,
    /// Not yet claimed.
    pub earned: i128,
    pub unstaking: i128,
    /// Unix seconds.
    pub ready_at: u64,
    /// Last page of the history of `staked`.
    pub page: u32,
}

impl Stake {
    /// Earns up to the index; before any change of `staked`.
    pub fn settle(&mut self, index: i128) -> Result<(), StakingError> {
        let parts = index
            .checked_sub(self.index)
            .and_then(|grown| grown.checked_mul(self.staked))
            .and_then(|parts| parts.checked_add(self.carry))
            .ok_or(StakingError::Overflow)?;
        self.earned = self
            .earned
            .checked_add(parts / SCALE)
            .ok_or(StakingError::Overflow)?;
        self.carry = parts % SCALE;
        self.index = index;
        Ok(())
    }

    pub fn add(&mut self, pool: &mut Pool, amount: i128) -> Result<(), StakingError> {
        self.settle(pool.index)?;
        pool.staked = within_limit(pool.staked, amount)?;
        self.staked += amount;
        Ok(())
    }

    /// Takes an amount out of the stake. With one on its way already the
    /// whole waits for the later moment.
    pub fn take(
        &mut self,
        pool: &mut Pool,
        amount: i128,
        ready_at: u64,
    ) -> Result<(), StakingError> {
        if amount > self.staked {
            return Err(StakingError::InsufficientStake);
        }
        self.settle(pool.index)?;
        self.staked -= amount;
        pool.staked -= amount;
        self.unstaking = within_limit(self.unstaking, amount)?;
        pool.unstaking = within_limit(pool.unstaking, amount)?;
        self.ready_at = self.ready_at.max(ready_at);
        Ok(())
    }

    pub fn withdraw(&mut self, pool: &mut Pool, now: u64) -> Result<i128, StakingError> {
        if self.unstaking == 0 {
            return Err(StakingError::NothingToWithdraw);
        }
        if now < self.ready_at {
            return Err(StakingError::TooEarly);
        }
        let amount = core::mem::take(&mut self.unstaking);
        pool.unstaking -= amount;
        self.ready_at = 0;
        Ok(amount)
    }

    pub fn claim(&mut self, pool: &mut Pool) -> Result<i128, StakingError> {
        self.settle(pool.index)?;
        let amount = core::mem::take(&mut self.earned);
        pool.owed -= amount;
        pool.claimed += amount;
        Ok(amount)
    }
}

fn within_limit(sum: i128, amount: i128) -> Result<i128, StakingError> {
    sum.checked_add(amount)
        .filter(|sum| *sum <= LIMIT)
        .ok_or(StakingError::Overflow)
}
