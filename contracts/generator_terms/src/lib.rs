//! What a generator is deployed with, for the generator and for the factory:
//! a contract that depended on another would export that one's functions too.
#![no_std]

use soroban_sdk::{contracterror, contracttype, Address, String, Vec};

/// Every generator has so many units: 100.00 %.
pub const UNITS: u32 = 10_000;

const LONGEST_FUNDING: u64 = 366 * 86_400;
const SHORTEST_SLOT: u64 = 60;
const LONGEST_SLOT: u64 = 86_400;
const MOST_MILESTONES: u32 = 16;
const LONGEST_NAME: u32 = 32;
/// So much, times all units, is below 2^64.
const HIGHEST_PRICE: u64 = 1_000_000_000_000_000;

/// What is wrong with terms.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum TermsError {
    /// The goal is a multiple of 10,000 above zero.
    InvalidGoal = 502,
    /// The deadline is in the future, within a year.
    InvalidDeadline = 503,
    /// 1 <= smallest stake <= largest stake <= 10,000 units.
    InvalidStakes = 504,
    /// One to sixteen percentages above zero, 100 together.
    InvalidMilestones = 505,
    /// Lowest price <= highest price <= 10^15.
    InvalidPriceBounds = 506,
    /// A slot has 60 to 86,400 seconds.
    InvalidSlot = 507,
    /// The maintenance share is at most 10,000 basis points.
    InvalidMaintenance = 508,
    /// The measure has a name of 1 to 32 bytes and at least one part.
    InvalidMeasure = 509,
    /// The requester and the admin sign together: they must differ.
    InvalidRequester = 510,
}

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    // The village's voice: accepts milestones, binds the device, sends the
    // first token.
    pub requester: Address,
    // Who builds it and is paid by milestones.
    pub provider: Address,
    // The SEP-41 token of every payment.
    pub token: Address,
    // What all units cost together; a multiple of their number.
    pub goal: u64,
    // Unix seconds until which units are sold.
    pub deadline: u64,
    // The smallest and the largest stake that funding gives a financier.
    pub min_units: u32,
    pub max_units: u32,
    // Percentages of the goal, 100 together.
    pub milestones: Vec<u32>,
    // What is sold, as people say it: kWh, litres, hours.
    pub measure: String,
    // How many of the smallest quantity make one: 1,000 Wh a kWh.
    pub parts: u32,
    // Bounds of the price that owners may submit, in stroops for one measure.
    pub min_price: u64,
    pub max_price: u64,
    // A price holds for a slot of so many seconds.
    pub slot_seconds: u64,
    // Of each payment, set aside for maintenance; basis points.
    pub maintenance_bps: u32,
}

impl Terms {
    pub fn check(&self, admin: &Address, now: u64) -> Result<(), TermsError> {
        if self.requester == *admin {
            return Err(TermsError::InvalidRequester);
        }
        if self.goal == 0 || !self.goal.is_multiple_of(UNITS.into()) {
            return Err(TermsError::InvalidGoal);
        }
        if self.deadline <= now || self.deadline - now > LONGEST_FUNDING {
            return Err(TermsError::InvalidDeadline);
        }
        if self.min_units == 0 || self.min_units > self.max_units || self.max_units > UNITS {
            return Err(TermsError::InvalidStakes);
        }
        self.check_milestones()?;
        if self.min_price > self.max_price || self.max_price > HIGHEST_PRICE {
            return Err(TermsError::InvalidPriceBounds);
        }
        if !(SHORTEST_SLOT..=LONGEST_SLOT).contains(&self.slot_seconds) {
            return Err(TermsError::InvalidSlot);
        }
        if self.maintenance_bps > 10_000 {
            return Err(TermsError::InvalidMaintenance);
        }
        if self.parts == 0 || !(1..=LONGEST_NAME).contains(&self.measure.len()) {
            return Err(TermsError::InvalidMeasure);
        }
        Ok(())
    }

    fn check_milestones(&self) -> Result<(), TermsError> {
        let in_bounds = |percent| (1..=100).contains(&percent);
        let few = self.milestones.len() <= MOST_MILESTONES;
        if !few
            || !self.milestones.iter().all(in_bounds)
            || self.milestones.iter().sum::<u32>() != 100
        {
            return Err(TermsError::InvalidMilestones);
        }
        Ok(())
    }

    pub fn unit_price(&self) -> u64 {
        self.goal / u64::from(UNITS)
    }

    /// What a milestone pays. The goal is a multiple of 100: nothing is
    /// rounded.
    pub fn milestone(&self, number: u32) -> Option<u64> {
        let percent = self.milestones.get(number)?;
        Some(self.goal / 100 * u64::from(percent))
    }

    /// What a quantity costs, rounded down once.
    pub fn cost(&self, quantity: u64, price: u64) -> Option<u64> {
        Some(quantity.checked_mul(price)? / u64::from(self.parts))
    }
}
