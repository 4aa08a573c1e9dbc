//! Trades that the order desk vouches for: both members have signed them.
use soroban_sdk::{panic_with_error, Env};

use crate::{
    errors::MarketError,
    events::DeskTrade,
    settle::{amount_down, FEE_ACCOUNT},
    storage,
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
    let (amount, fees) = (amount_down(wh, price), amount_down(wh, fee));
    let energy = i64::from(wh);
    storage::move_balance(e, taken(e, seller), amount, -energy);
    storage::move_balance(e, taken(e, buyer), -amount - fees, energy);
    storage::move_balance(e, FEE_ACCOUNT, fees, 0);
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

fn taken(e: &Env, member: u32) -> u16 {
    match u16::try_from(member) {
        Ok(slot) if member < storage::members(e) => slot,
        _ => panic_with_error!(e, MarketError::UnknownMember),
    }
}
