//! What a batch does to the balances. Pure: no ledger, no host.
//!
//! Section by section: mints, then trades in their order, then the section's
//! fees to member slot 0, then burns. The first refusal refuses the batch.
use alloc::vec::Vec;

use crate::{
    batch::{Move, Section, Trade},
    errors::MarketError,
    mandate::{BUY, SELL},
    pages::{page_of, Book, PAGES},
};

/// Grid fees are paid to the operator's own member slot.
pub const FEE_ACCOUNT: u16 = 0;
const WH_PER_KWH: u64 = 1000;

/// The sums of one batch.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Effect {
    /// Energy minted by each section, in order.
    pub minted: Vec<u32>,
    pub minted_wh: u64,
    pub traded_wh: u64,
    pub burned_wh: u64,
    /// What buyers paid, fees included.
    pub paid_stroops: u64,
    pub leaves: u64,
    pub trades: u32,
}

/// The pages that the sections touch, in order. Refuses members beyond
/// `members`, so that no page is made for nobody.
pub fn pages(sections: &[Section], members: u32) -> Result<Vec<u16>, MarketError> {
    let mut touched = [false; PAGES];
    let mut touch = |member: u16| {
        touched[usize::from(page_of(member))] = true;
        if u32::from(member) < members {
            Ok(())
        } else {
            Err(MarketError::UnknownMember)
        }
    };
    for section in sections {
        for record in section.mints().chain(section.burns()) {
            touch(record.member)?;
        }
        for trade in section.trades() {
            touch(trade.buyer)?;
            touch(trade.seller)?;
        }
        if section.fee > 0 && section.trades().len() > 0 {
            touch(FEE_ACCOUNT)?;
        }
    }
    Ok((0..PAGES as u16)
        .filter(|page| touched[usize::from(*page)])
        .collect())
}

pub fn apply(
    book: &mut Book,
    sections: &[Section],
    slot_minutes: u32,
) -> Result<Effect, MarketError> {
    let mut effect = Effect::default();
    for section in sections {
        apply_section(book, section, slot_minutes, &mut effect)?;
    }
    Ok(effect)
}

fn apply_section(
    book: &mut Book,
    section: &Section,
    slot_minutes: u32,
    effect: &mut Effect,
) -> Result<(), MarketError> {
    if !section.slot.is_multiple_of(slot_minutes) {
        return Err(MarketError::SlotMisaligned);
    }
    let slot_end = section
        .slot
        .checked_add(slot_minutes)
        .ok_or(MarketError::Overflow)?;

    let mut minted = 0u32;
    for Move { member, wh } in section.mints() {
        enforce_energy(wh)?;
        let member = book.open(member)?;
        book.at(member).balance.gain(u64::from(wh))?;
        // One attested record carries the section's energy in 32 bits.
        minted = minted.checked_add(wh).ok_or(MarketError::Overflow)?;
    }
    effect.minted.push(minted);
    add(&mut effect.minted_wh, u64::from(minted))?;

    let mut fees = 0;
    for trade in section.trades() {
        let (amount, fee) = apply_trade(book, section, &trade, slot_minutes, slot_end)?;
        add(&mut fees, fee)?;
        add(&mut effect.paid_stroops, amount)?;
        add(&mut effect.traded_wh, u64::from(trade.wh))?;
        effect.trades += 1;
    }
    if fees > 0 {
        let operator = book.open(FEE_ACCOUNT)?;
        book.at(operator).balance.pay_in(fees)?;
        add(&mut effect.paid_stroops, fees)?;
    }

    for Move { member, wh } in section.burns() {
        enforce_energy(wh)?;
        let member = book.open(member)?;
        book.at(member).balance.lose(u64::from(wh))?;
        add(&mut effect.burned_wh, u64::from(wh))?;
    }
    add(&mut effect.leaves, u64::from(section.leaf_count))
}

/// Moves one trade and returns what the seller and the fee account get.
#[inline(always)]
fn apply_trade(
    book: &mut Book,
    section: &Section,
    trade: &Trade,
    slot_minutes: u32,
    slot_end: u32,
) -> Result<(u64, u64), MarketError> {
    enforce_energy(trade.wh)?;
    if trade.buyer == trade.seller {
        return Err(MarketError::SelfTrade);
    }
    let wh = u64::from(trade.wh);
    let amount = wh * u64::from(trade.price) / WH_PER_KWH;
    let fee = wh * u64::from(section.fee) / WH_PER_KWH;

    let seller = book.open(trade.seller)?;
    let seller = book.at(seller);
    let mandate = seller.mandate.as_ref().ok_or(MarketError::NoMandate)?;
    mandate.allows(SELL, section.slot, slot_end)?;
    if trade.price < mandate.sell_min {
        return Err(MarketError::PriceBelowSellLimit);
    }
    seller
        .balance
        .count(section.slot, slot_minutes, trade.wh, mandate)?;
    seller.balance.lose(wh)?;
    seller.balance.pay_in(amount)?;

    let buyer = book.open(trade.buyer)?;
    let buyer = book.at(buyer);
    let mandate = buyer.mandate.as_ref().ok_or(MarketError::NoMandate)?;
    mandate.allows(BUY, section.slot, slot_end)?;
    if u64::from(trade.price) + u64::from(section.fee) > u64::from(mandate.buy_max) {
        return Err(MarketError::PriceAboveBuyLimit);
    }
    buyer
        .balance
        .count(section.slot, slot_minutes, trade.wh, mandate)?;
    buyer
        .balance
        .pay_out(amount.checked_add(fee).ok_or(MarketError::Overflow)?)?;
    buyer.balance.gain(wh)?;
    Ok((amount, fee))
}

fn enforce_energy(wh: u32) -> Result<(), MarketError> {
    if wh == 0 {
        return Err(MarketError::ZeroEnergy);
    }
    Ok(())
}

fn add(sum: &mut u64, value: u64) -> Result<(), MarketError> {
    *sum = sum.checked_add(value).ok_or(MarketError::Overflow)?;
    Ok(())
}
