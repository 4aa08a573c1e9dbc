//! All or refund: units are sold into an escrow, which pays the provider by
//! milestones or the financiers back.
use generator_terms::{Terms, UNITS};
use soroban_sdk::{Address, BytesN, Env};

use crate::{
    errors::{or_refuse, refuse, GeneratorError},
    events::{Funded, Refunded, Released, Withdrawn},
    life::{collect, enforce_owned, enforce_positive, enforce_state, enter, now, pay_out},
    storage,
    types::State,
};

/// Sells units at their fixed price. Returns what they cost.
pub fn fund(e: &Env, financier: &Address, units: u32) -> u64 {
    enforce_state(e, State::Funding);
    enforce_positive(e, units.into());
    let terms = storage::terms(e);
    if now(e) >= terms.deadline {
        refuse(e, GeneratorError::FundingOver);
    }
    let (mut escrow, mut owner) = (storage::escrow(e), storage::owner(e, financier));
    or_refuse(e, check_stake(&terms, escrow.sold, owner.units, units));
    let amount = terms.unit_price() * u64::from(units);
    owner.units += units;
    escrow.sold += units;
    escrow.held += amount;
    storage::set_owner(e, financier, &owner);
    storage::set_escrow(e, &escrow);
    collect(e, financier, amount);
    Funded {
        financier: financier.clone(),
        units,
        amount,
    }
    .publish(e);
    amount
}

fn check_stake(terms: &Terms, sold: u32, has: u32, units: u32) -> Result<(), GeneratorError> {
    let left = UNITS - sold;
    if units > left {
        return Err(GeneratorError::NotEnoughUnits);
    }
    if units > terms.max_units - has {
        return Err(GeneratorError::AboveLargestStake);
    }
    // Whoever takes the last units may take few: they could not be sold else.
    if has + units < terms.min_units && units < left {
        return Err(GeneratorError::BelowSmallestStake);
    }
    Ok(())
}

/// Ends the funding: complete, or past its deadline. Anybody may say so.
pub fn close(e: &Env) -> State {
    enforce_state(e, State::Funding);
    let next = if storage::escrow(e).sold == UNITS {
        State::Funded
    } else if now(e) >= storage::terms(e).deadline {
        State::Failed
    } else {
        refuse(e, GeneratorError::FundingOpen);
    };
    enter(e, next);
    next
}

/// Gives a financier of a failed funding the whole stake back, once.
pub fn refund(e: &Env, financier: &Address) -> u64 {
    enforce_state(e, State::Failed);
    let (mut escrow, mut owner) = (storage::escrow(e), storage::owner(e, financier));
    let units = core::mem::take(&mut owner.units);
    if units == 0 {
        refuse(e, GeneratorError::NothingToRefund);
    }
    let amount = storage::terms(e).unit_price() * u64::from(units);
    escrow.held -= amount;
    escrow.refunded += amount;
    storage::set_owner(e, financier, &owner);
    storage::set_escrow(e, &escrow);
    pay_out(e, financier, amount);
    Refunded {
        financier: financier.clone(),
        amount,
    }
    .publish(e);
    amount
}

/// Gives units back while others are still looked for: whoever has second
/// thoughts before the funding is complete. Returns what they had cost.
pub fn withdraw(e: &Env, financier: &Address, units: u32) -> u64 {
    enforce_state(e, State::Funding);
    enforce_positive(e, units.into());
    let terms = storage::terms(e);
    if now(e) >= terms.deadline {
        refuse(e, GeneratorError::FundingOver);
    }
    let (mut escrow, mut owner) = (storage::escrow(e), storage::owner(e, financier));
    if escrow.sold == UNITS {
        refuse(e, GeneratorError::FundingComplete);
    }
    if units > owner.units {
        refuse(e, GeneratorError::NotEnoughUnits);
    }
    owner.units -= units;
    if owner.units > 0 && owner.units < terms.min_units {
        refuse(e, GeneratorError::BelowSmallestStake);
    }
    let amount = terms.unit_price() * u64::from(units);
    escrow.sold -= units;
    escrow.held -= amount;
    storage::set_owner(e, financier, &owner);
    storage::set_escrow(e, &escrow);
    pay_out(e, financier, amount);
    Withdrawn {
        financier: financier.clone(),
        units,
        amount,
    }
    .publish(e);
    amount
}

/// What a milestone that was not released yet will pay.
pub fn payable(e: &Env, number: u32) -> u64 {
    let Some(amount) = storage::terms(e).milestone(number) else {
        refuse(e, GeneratorError::NoSuchMilestone);
    };
    if storage::escrow(e).milestones & (1 << number) != 0 {
        refuse(e, GeneratorError::MilestoneReleased);
    }
    amount
}

/// Pays the provider for a milestone, each once and in any order.
pub fn release(e: &Env, number: u32, evidence_hash: &BytesN<32>) -> u64 {
    enforce_owned(e);
    let amount = payable(e, number);
    let (terms, mut escrow) = (storage::terms(e), storage::escrow(e));
    escrow.milestones |= 1 << number;
    escrow.held -= amount;
    escrow.released += amount;
    storage::set_escrow(e, &escrow);
    pay_out(e, &terms.provider, amount);
    Released {
        milestone: number,
        amount,
        evidence_hash: evidence_hash.clone(),
    }
    .publish(e);
    amount
}
