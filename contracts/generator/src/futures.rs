//! The income of units within a period, sold ahead. The units stay the
//! seller's, locked; from the sale on their income is reckoned here, exact to
//! the slots in which the period begins and ends.
use soroban_sdk::{Address, Env};

use crate::{
    errors::{or_refuse, refuse, GeneratorError},
    events::{FutureBought, FutureOffered, FutureSettled, FutureWithdrawn},
    history,
    income::{earned, plus, Income},
    life::{enforce_owned, enforce_positive, move_tokens, now},
    storage,
    types::{Future, State},
};

/// Offers the income of units in `[from, until)` for a price. Returns the
/// future's number.
pub fn sell(e: &Env, seller: &Address, units: u32, from: u64, until: u64, price: u64) -> u32 {
    enforce_owned(e);
    enforce_positive(e, units.into());
    enforce_positive(e, price);
    let slot = storage::terms(e).slot_seconds;
    if from <= now(e) || until <= from || !from.is_multiple_of(slot) || !until.is_multiple_of(slot)
    {
        refuse(e, GeneratorError::InvalidPeriod);
    }
    let mut owner = storage::owner(e, seller);
    or_refuse(e, owner.enforce_free(units));
    owner.pledged += units;
    storage::set_owner(e, seller, &owner);
    let id = storage::futures(e);
    storage::set_futures(e, id + 1);
    let future = Future {
        seller: seller.clone(),
        buyer: None,
        units,
        from,
        until,
        price,
        index: 0,
    };
    storage::set_future(e, id, &future);
    FutureOffered {
        seller: seller.clone(),
        id,
        units,
        from,
        until,
        price,
    }
    .publish(e);
    id
}

/// Takes an offer back that nobody has bought.
pub fn withdraw(e: &Env, seller: &Address, id: u32) {
    let future = get(e, id);
    if future.seller != *seller {
        refuse(e, GeneratorError::NotSeller);
    }
    if future.buyer.is_some() {
        refuse(e, GeneratorError::FutureSold);
    }
    let mut owner = storage::owner(e, seller);
    owner.pledged -= future.units;
    storage::set_owner(e, seller, &owner);
    storage::remove_future(e, id);
    FutureWithdrawn {
        seller: seller.clone(),
        id,
    }
    .publish(e);
}

pub fn buy(e: &Env, buyer: &Address, id: u32, max_price: u64) {
    enforce_owned(e);
    let mut future = get(e, id);
    if future.buyer.is_some() {
        refuse(e, GeneratorError::FutureSold);
    }
    if future.seller == *buyer {
        refuse(e, GeneratorError::SelfTrade);
    }
    if now(e) >= future.from {
        refuse(e, GeneratorError::PeriodBegun);
    }
    if future.price > max_price {
        refuse(e, GeneratorError::PriceAboveLimit);
    }
    let index = storage::income(e).index;
    let mut seller = storage::owner(e, &future.seller);
    or_refuse(e, seller.settle(index));
    seller.lent += future.units;
    storage::set_owner(e, &future.seller, &seller);
    future.buyer = Some(buyer.clone());
    future.index = index;
    storage::set_future(e, id, &future);
    move_tokens(e, buyer, &future.seller, future.price);
    FutureBought {
        buyer: buyer.clone(),
        seller: future.seller,
        id,
        price: future.price,
    }
    .publish(e);
}

/// Gives buyer and seller what each has earned, to be claimed; once the
/// period is over the units are free again. Anybody may ask for it.
pub fn settle(e: &Env, id: u32) {
    let mut future = get(e, id);
    let Some(buyer) = future.buyer.clone() else {
        refuse(e, GeneratorError::FutureUnsold);
    };
    let income = storage::income(e);
    let (to_buyer, to_seller) = or_refuse(e, split(e, &income, &future));
    let ended = now(e) >= future.until || storage::state(e) == State::Retired;

    let mut owner = storage::owner(e, &buyer);
    owner.earned = or_refuse(e, plus(owner.earned, to_buyer));
    storage::set_owner(e, &buyer, &owner);
    let mut owner = storage::owner(e, &future.seller);
    owner.earned = or_refuse(e, plus(owner.earned, to_seller));
    if ended {
        // Nothing earned until now is earned twice when the units come back.
        or_refuse(e, owner.settle(income.index));
        owner.lent -= future.units;
        owner.pledged -= future.units;
        storage::remove_future(e, id);
    } else {
        future.index = income.index;
        storage::set_future(e, id, &future);
    }
    storage::set_owner(e, &future.seller, &owner);
    FutureSettled {
        id,
        to_buyer,
        to_seller,
        ended,
    }
    .publish(e);
}

/// What a settlement would give to the buyer and to the seller.
pub fn unsettled(e: &Env, id: u32) -> (u64, u64) {
    let future = get(e, id);
    if future.buyer.is_none() {
        return (0, 0);
    }
    or_refuse(e, split(e, &storage::income(e), &future))
}

fn split(e: &Env, income: &Income, future: &Future) -> Result<(u64, u64), GeneratorError> {
    let whole = earned(future.units, future.index, income.index)?;
    let slot_seconds = storage::terms(e).slot_seconds;
    let opening = |moment: u64| history::opening(e, income, moment / slot_seconds);
    if now(e) < future.from {
        return Ok((0, whole));
    }
    let begin = opening(future.from).max(future.index);
    let end = if now(e) < future.until {
        income.running()
    } else {
        opening(future.until)
    };
    let sold = earned(future.units, begin, end.max(begin))?;
    Ok((sold, whole - sold))
}

fn get(e: &Env, id: u32) -> Future {
    storage::future(e, id).unwrap_or_else(|| refuse(e, GeneratorError::NoSuchFuture))
}
