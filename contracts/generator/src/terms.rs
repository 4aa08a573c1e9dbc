use generator_terms::{Terms, UNITS};
use soroban_sdk::Address;

use crate::errors::GeneratorError;

const LONGEST_FUNDING: u64 = 366 * 86_400;
const SHORTEST_SLOT: u64 = 60;
const LONGEST_SLOT: u64 = 86_400;
const MOST_MILESTONES: u32 = 16;
const LONGEST_NAME: u32 = 32;
/// So much, times all units, is below 2^64.
const HIGHEST_PRICE: u64 = 1_000_000_000_000_000;

pub fn check(terms: &Terms, admin: &Address, now: u64) -> Result<(), GeneratorError> {
    if terms.requester == *admin {
        return Err(GeneratorError::InvalidRequester);
    }
    if terms.goal == 0 || !terms.goal.is_multiple_of(UNITS.into()) {
        return Err(GeneratorError::InvalidGoal);
    }
    if terms.deadline <= now || terms.deadline - now > LONGEST_FUNDING {
        return Err(GeneratorError::InvalidDeadline);
    }
    if terms.min_units == 0 || terms.min_units > terms.max_units || terms.max_units > UNITS {
        return Err(GeneratorError::InvalidStakes);
    }
    check_milestones(terms)?;
    if terms.min_price > terms.max_price || terms.max_price > HIGHEST_PRICE {
        return Err(GeneratorError::InvalidPriceBounds);
    }
    if !(SHORTEST_SLOT..=LONGEST_SLOT).contains(&terms.slot_seconds) {
        return Err(GeneratorError::InvalidSlot);
    }
    if terms.maintenance_bps > 10_000 {
        return Err(GeneratorError::InvalidMaintenance);
    }
    if terms.parts == 0 || !(1..=LONGEST_NAME).contains(&terms.measure.len()) {
        return Err(GeneratorError::InvalidMeasure);
    }
    Ok(())
}

fn check_milestones(terms: &Terms) -> Result<(), GeneratorError> {
    let in_bounds = |percent| (1..=100).contains(&percent);
    let few = terms.milestones.len() <= MOST_MILESTONES;
    if !few
        || !terms.milestones.iter().all(in_bounds)
        || terms.milestones.iter().sum::<u32>() != 100
    {
        return Err(GeneratorError::InvalidMilestones);
    }
    Ok(())
}

pub fn unit_price(terms: &Terms) -> u64 {
    terms.goal / u64::from(UNITS)
}

/// The goal is a multiple of 100: nothing is rounded.
pub fn milestone(terms: &Terms, number: u32) -> Result<u64, GeneratorError> {
    let percent = terms
        .milestones
        .get(number)
        .ok_or(GeneratorError::NoSuchMilestone)?;
    Ok(terms.goal / 100 * u64::from(percent))
}

/// What a quantity costs, rounded down once.
pub fn cost(terms: &Terms, quantity: u64, price: u64) -> Result<u64, GeneratorError> {
    let parts = quantity
        .checked_mul(price)
        .ok_or(GeneratorError::Overflow)?;
    Ok(parts / u64::from(terms.parts))
}
