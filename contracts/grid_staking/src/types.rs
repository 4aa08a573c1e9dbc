use soroban_sdk::{contracttype, Vec};

use crate::errors::StakingError;

/// 20 % a year.
pub const MAX_RATE_BPS: u32 = 2_000;
pub const MAX_TIERS: u32 = 8;
const DAY: u64 = 86_400;
/// Shorter, and a stake could be there for one vote and gone with it.
pub const MIN_DELAY: u64 = DAY;
pub const MAX_DELAY: u64 = 90 * DAY;
const WHOLE_FEE: u32 = 100;

/// What a stake of so much takes off the fees.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tier {
    pub stake: i128,
    pub discount_percent: u32,
}

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    /// Reward a year in basis points of the stake.
    pub rate_bps: u32,
    /// Unix seconds after which nothing accrues.
    pub ends_at: u64,
    /// Seconds between the request to unstake and the payout.
    pub unstake_delay: u64,
    /// The stake that a host needs for a platform licence.
    pub licence_stake: i128,
    /// From the lowest stake to the highest.
    pub tiers: Vec<Tier>,
}

impl Terms {
    pub fn check(&self) -> Result<(), StakingError> {
        if self.rate_bps > MAX_RATE_BPS {
            return Err(StakingError::InvalidRate);
        }
        if !(MIN_DELAY..=MAX_DELAY).contains(&self.unstake_delay) {
            return Err(StakingError::InvalidDelay);
        }
        if self.licence_stake <= 0 {
            return Err(StakingError::InvalidLicenceStake);
        }
        if self.tiers.len() > MAX_TIERS {
            return Err(StakingError::InvalidTiers);
        }
        let (mut stake, mut discount) = (0, 0);
        for tier in self.tiers.iter() {
            let in_order = tier.stake > stake && tier.discount_percent >= discount;
            if !in_order || tier.discount_percent > WHOLE_FEE {
                return Err(StakingError::InvalidTiers);
            }
            (stake, discount) = (tier.stake, tier.discount_percent);
        }
        Ok(())
    }

    /// How many tiers a stake reaches; 0 is none.
    pub fn tier(&self, staked: i128) -> u32 {
        self.tiers
            .iter()
            .take_while(|tier| tier.stake <= staked)
            .count() as u32
    }

    pub fn discount_percent(&self, staked: i128) -> u32 {
        let reached = self.tier(staked).checked_sub(1);
        reached
            .and_then(|highest| self.tiers.get(highest))
            .map_or(0, |tier| tier.discount_percent)
    }
}

/// What a member has here; all zero where there is nothing.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Position {
    pub staked: i128,
    /// Reward that a claim would pay now.
    pub claimable: i128,
    pub unstaking: i128,
    /// When the unstaking amount may be withdrawn, in unix seconds.
    pub ready_at: u64,
}
