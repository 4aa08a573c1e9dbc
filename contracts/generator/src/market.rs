//! Units change hands. Listed ones stay their seller's, income and all, until
//! somebody buys them.
use soroban_sdk::{Address, Env};

use crate::{
    errors::{or_refuse, refuse, GeneratorError},
    events::{Bought, Listed, Transferred, Unlisted},
    life::{enforce_owned, enforce_positive, move_tokens, slot},
    owner::{pass, Owner},
    storage,
};

/// Offers units for sale; replaces what the owner has listed before.
pub fn list(e: &Env, address: &Address, units: u32, price: u64) {
    enforce_owned(e);
    enforce_positive(e, units.into());
    enforce_positive(e, price);
    let mut owner = storage::owner(e, address);
    owner.listed = 0;
    or_refuse(e, owner.enforce_free(units));
    (owner.listed, owner.ask) = (units, price);
    storage::set_owner(e, address, &owner);
    Listed {
        owner: address.clone(),
        units,
        price,
    }
    .publish(e);
}

pub fn unlist(e: &Env, address: &Address) {
    let mut owner = storage::owner(e, address);
    if owner.listed == 0 {
        refuse(e, GeneratorError::NotListed);
    }
    (owner.listed, owner.ask) = (0, 0);
    storage::set_owner(e, address, &owner);
    Unlisted {
        owner: address.clone(),
    }
    .publish(e);
}

/// Buys listed units, all or some, at the seller's price for one. Returns
/// what they cost.
pub fn buy(e: &Env, buyer: &Address, seller: &Address, units: u32, max_price: u64) -> u64 {
    enforce_owned(e);
    enforce_positive(e, units.into());
    if buyer == seller {
        refuse(e, GeneratorError::SelfTrade);
    }
    let mut giver = storage::owner(e, seller);
    if giver.listed == 0 {
        refuse(e, GeneratorError::NotListed);
    }
    if units > giver.listed {
        refuse(e, GeneratorError::ListedTooFew);
    }
    let price = giver.ask;
    if price > max_price {
        refuse(e, GeneratorError::PriceAboveLimit);
    }
    let Some(amount) = price.checked_mul(u64::from(units)) else {
        refuse(e, GeneratorError::Overflow);
    };
    giver.listed -= units;
    if giver.listed == 0 {
        giver.ask = 0;
    }
    hand_over(e, seller, giver, buyer, units);
    move_tokens(e, buyer, seller, amount);
    Bought {
        buyer: buyer.clone(),
        seller: seller.clone(),
        units,
        price,
        amount,
    }
    .publish(e);
    amount
}

/// Gives units away that are neither listed nor pledged.
pub fn transfer(e: &Env, from: &Address, to: &Address, units: u32) {
    enforce_owned(e);
    enforce_positive(e, units.into());
    let giver = storage::owner(e, from);
    or_refuse(e, giver.enforce_free(units));
    // Read and written as two, one owner would end with the second's units.
    if from != to {
        hand_over(e, from, giver, to, units);
    }
    Transferred {
        from: from.clone(),
        to: to.clone(),
        units,
    }
    .publish(e);
}

fn hand_over(e: &Env, from: &Address, mut giver: Owner, to: &Address, units: u32) {
    let (mut book, mut receiver) = (storage::book(e), storage::owner(e, to));
    book.hold(slot(e));
    let index = storage::income(e).index;
    or_refuse(e, pass(&mut giver, &mut receiver, units, index, &mut book));
    storage::set_book(e, &book);
    storage::set_owner(e, from, &giver);
    storage::set_owner(e, to, &receiver);
}
