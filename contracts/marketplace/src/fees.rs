//! The grid fee, and what members who stake in the cooperative get off it.
use soroban_sdk::{contractclient, panic_with_error, Address, Env};

use crate::{
    errors::MarketError,
    events::DiscountSet,
    settle::{amount_down, PERCENT},
    storage,
};

/// What the marketplace asks of the staking contract.
#[contractclient(name = "StakingClient")]
#[allow(dead_code)]
trait Staking {
    fn discount_percent(e: Env, member: Address) -> u32;
}

/// Notes the discount that the member's stake gives now; none without a
/// staking contract.
pub fn refresh_discount(e: &Env, member: Address) {
    let index = storage::index_of(e, &member);
    if storage::mandate(e, index).is_none() {
        panic_with_error!(e, MarketError::NoMandate);
    }
    let percent = match storage::staking(e) {
        Some(staking) => StakingClient::new(e, &staking).discount_percent(&member),
        None => 0,
    };
    let percent = percent.min(PERCENT as u32);
    storage::set_discount(e, index, percent);
    DiscountSet { member, percent }.publish(e);
}

/// Stroops of grid fee on `wh`, less the member's discount, both rounded down.
#[inline(always)]
pub fn grid_fee(wh: u32, fee: u32, discount: u32) -> i64 {
    let full = amount_down(wh, fee);
    match discount {
        0 => full,
        // Below 2^54 times 100.
        _ => full * (PERCENT - i64::from(discount)) / PERCENT,
    }
}
