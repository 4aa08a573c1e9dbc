//! Mandates given, replaced and ended. What a mandate says of slots that have
//! begun stays: they may be cleared already, and wait for their settlement.
use alloc::vec::Vec;

use soroban_sdk::{panic_with_error, Address, Env};

use crate::{
    custody,
    errors::MarketError,
    events::{MandateCancelled, MandateSet},
    mandate::RECORD,
    slots, storage,
    types::{Mandate, SECONDS_A_MINUTE},
};

/// Replaced mandates that are kept for a member.
const MOST_REPLACED: usize = 16;

/// Gives a mandate in the place of the one before, from the next slot on at the
/// earliest. A member's first, and any before the market's first settlement,
/// begins as signed, also in the past: it takes nothing back.
pub fn give(e: &Env, member: Address, mut mandate: Mandate) {
    enforce_valid(e, &mandate);
    let index = custody::join(e, &member);
    let before = storage::mandate(e, index).filter(|_| newest(e) > 0);
    if let Some(before) = before {
        mandate.valid_from = start(e, mandate.valid_from);
        enforce_valid(e, &mandate);
        keep(e, index, before, mandate.valid_from);
    }
    storage::set_mandate(e, index, &mandate);
    MandateSet { member, mandate }.publish(e);
}

/// Ends the mandate with the slot that runs, and what still counts of those before.
pub fn cancel(e: &Env, member: Address) {
    let index = storage::index_of(e, &member);
    let Some(mut mandate) = storage::mandate(e, index) else {
        panic_with_error!(e, MarketError::NoMandate);
    };
    let end = next_slot(e);
    mandate.end_by(end);
    storage::set_mandate(e, index, &mandate);
    let mut replaced = storage::replaced(e, index);
    if !replaced.is_empty() {
        replaced.iter_mut().for_each(|mandate| mandate.end_by(end));
        storage::set_replaced(e, index, &replaced);
    }
    MandateCancelled {
        member,
        valid_until: mandate.valid_until,
    }
    .publish(e);
}

/// Keeps a mandate for the slots before its successor's first.
fn keep(e: &Env, index: u16, before: Mandate, successor: u32) {
    let mut replaced = storage::replaced(e, index);
    replaced.push(before);
    replaced
        .iter_mut()
        .for_each(|mandate| mandate.end_by(successor));
    replaced.retain(|mandate| mandate.valid_from < mandate.valid_until);
    if replaced.len() > MOST_REPLACED {
        let reach = now(e).saturating_sub(slots::REACH_MINUTES);
        replaced.retain(|mandate| mandate.valid_until > reach);
    }
    if replaced.len() > MOST_REPLACED {
        panic_with_error!(e, MarketError::TooManyMandates);
    }
    storage::set_replaced(e, index, &replaced);
}

fn enforce_valid(e: &Env, mandate: &Mandate) {
    if let Err(error) = mandate.validate() {
        panic_with_error!(e, error);
    }
}

/// The first slot that begins no sooner than signed, and not yet.
fn start(e: &Env, signed: u32) -> u32 {
    let minutes = storage::config(e).slot_minutes;
    let start = signed.max(next_slot(e)).checked_next_multiple_of(minutes);
    start.unwrap_or_else(|| panic_with_error!(e, MarketError::InvalidMandate))
}

/// When the slot after the one that runs begins, in unix minutes. A market whose
/// newest slot lies over a week back settles recorded slots: its clock is that slot.
fn next_slot(e: &Env) -> u32 {
    let minutes = storage::config(e).slot_minutes;
    let (now, newest) = (now(e), newest(e) * minutes);
    if newest > 0 && now.saturating_sub(newest) > slots::REACH_MINUTES {
        newest + minutes
    } else {
        now / minutes * minutes + minutes
    }
}

/// The newest slot settled, in slots since the epoch; 0 before the first.
fn newest(e: &Env) -> u32 {
    storage::chain(e).slots.newest
}

fn now(e: &Env) -> u32 {
    (e.ledger().timestamp() / SECONDS_A_MINUTE) as u32
}

pub fn pack(mandates: &[Mandate]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(mandates.len() * RECORD);
    for mandate in mandates {
        let mut record = [0; RECORD];
        mandate.write(&mut record);
        packed.extend_from_slice(&record);
    }
    packed
}
