//! Trades that the order desk vouches for: both members have signed them.
use soroban_sdk::{panic_with_error, Env};

use crate::{
    errors::MarketError,
    events::DeskTrade,
    settle::{amount_down, enforce_collar, FEE_ACCOUNT},
    settlement, storage,
    types::Trade,
};

/// Moves the energy one way, and the money and the buyer's grid fee the other.
pub fn settle(e: &Env, trade: Trade) {
    let Some(desk) = storage::desk(e) else {
        panic_with_error!(e, MarketError::NoDesk);
    };
    desk.require_auth();
    let Trade {
        slot,
        buyer,
        seller,
        wh,
        price,
        fee,
    } = trade;
    if wh == 0 {
        panic_with_error!(e, MarketError::ZeroEnergy);
    }
    if buyer == seller {
        panic_with_error!(e, MarketError::SelfTrade);
    }
    enforce_slot(e, slot);
    enforce_price(e, slot, price);
    let (from, to) = (taken(e, seller), taken(e, buyer));
    let amount = amount_down(wh, price);
    let fees = amount_down(wh, fee);
    let energy = i64::from(wh);
    storage::move_balance(e, from, amount, -energy);
    storage::move_balance(e, to, -amount - fees, energy);
    storage::move_balance(e, FEE_ACCOUNT, fees, 0);
    let mut chain = storage::chain(e);
    settlement::add(e, &mut chain.head.traded_wh, wh.into());
    settlement::add(e, &mut chain.head.paid_stroops, (amount + fees) as u64);
    storage::set_chain(e, &chain);
    DeskTrade {
        slot,
        buyer,
        seller,
        wh,
        price,
        fee,
    }
    .publish(e);
}

fn enforce_slot(e: &Env, slot: u32) {
    let minutes = storage::config(e).slot_minutes;
    if !slot.is_multiple_of(minutes) {
        panic_with_error!(e, MarketError::SlotMisaligned);
    }
    settlement::enforce_begun(e, slot, minutes);
}

fn enforce_price(e: &Env, slot: u32, price: u32) {
    let Some(oracle) = storage::oracle(e) else {
        return;
    };
    if let Err(error) = enforce_collar(&settlement::limits(e, &oracle, slot), price) {
        panic_with_error!(e, error);
    }
}

fn taken(e: &Env, member: u32) -> u16 {
    match u16::try_from(member) {
        Ok(slot) if member < storage::members(e) => slot,
        _ => panic_with_error!(e, MarketError::UnknownMember),
    }
}
