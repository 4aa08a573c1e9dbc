//! What a batch does to the balances. Pure: no ledger, no host.
//!
//! Section by section: mints, then rounds, then trades, then the section's fees
//! to member slot 0, then burns. A section settles as a whole: balances may
//! cross zero inside it and are covered at its end. The first refusal refuses
//! the batch.
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use crate::{
    batch::{self, Head, Move, Position, Trade},
    errors::MarketError,
    mandate::{BUY, SELL},
    pages::{Book, Shelf},
    slots::Slots,
    types::Mandate,
    varint::Reader,
};

/// Grid fees are paid to the operator's own member slot, which also bridges a
/// round that is settled in several chunks.
pub const FEE_ACCOUNT: u16 = 0;
const WH_PER_KWH: u64 = 1000;

/// One section as the chain of roots and the energy token need it.
pub struct Settled {
    pub head: Head,
    pub minted_wh: u32,
}

/// The sums of one batch.
#[derive(Default)]
pub struct Effect {
    pub sections: Vec<Settled>,
    pub minted_wh: u64,
    pub traded_wh: u64,
    pub burned_wh: u64,
    /// What buyers paid, fees included.
    pub paid_stroops: u64,
    pub leaves: u64,
    /// Pairs, and positions in rounds.
    pub trades: u32,
}

/// Stroops per kWh that an oracle lets settle in a slot.
pub type Collar = RangeInclusive<u32>;
const ANY: Collar = 0..=u32::MAX;

/// `batch` ends in `varint::SPARE` bytes that belong to nobody. `collar` is
/// asked once for each section that has prices.
pub fn apply<S: Shelf>(
    book: &mut Book<S>,
    slots: &mut Slots,
    batch: &[u8],
    slot_minutes: u32,
    collar: impl Fn(u32) -> Option<Collar>,
) -> Result<Effect, MarketError> {
    let mut reader = batch::open(batch)?;
    let mut effect = Effect::default();
    while !reader.is_empty() {
        let head = batch::head(&mut reader)?;
        if !head.slot.is_multiple_of(slot_minutes) {
            return Err(MarketError::SlotMisaligned);
        }
        let number = head.slot / slot_minutes;
        let kept = |block| book.block(block);
        slots.take(number, head.chunk, head.closes, slot_minutes, &kept)?;
        let mut section = Section {
            book,
            slot_end: head
                .slot
                .checked_add(slot_minutes)
                .ok_or(MarketError::Overflow)?,
            slot_minutes,
            collar: ANY,
            head,
            effect: &mut effect,
            fees: 0,
        };
        let minted_wh = section.settle(&mut reader, &collar)?;
        let head = section.head;
        add(&mut effect.leaves, u64::from(head.leaf_count))?;
        effect.sections.push(Settled { head, minted_wh });
    }
    Ok(effect)
}

struct Section<'a, S: Shelf> {
    book: &'a mut Book<S>,
    head: Head,
    slot_end: u32,
    slot_minutes: u32,
    collar: Collar,
    effect: &'a mut Effect,
    /// What the operator's member slot gets at the section's end, in stroops.
    fees: i64,
}

impl<S: Shelf> Section<'_, S> {
    /// Settles everything after the head and returns the energy minted, in Wh.
    fn settle(
        &mut self,
        reader: &mut Reader,
        collar: &impl Fn(u32) -> Option<Collar>,
    ) -> Result<u32, MarketError> {
        let minted = self.mint(reader)?;
        let rounds = reader.u32()?;
        if rounds > 0 {
            self.collar = collar(self.head.slot).unwrap_or(ANY);
        }
        for _ in 0..rounds {
            self.round(reader)?;
        }
        let groups = reader.u32()?;
        if groups > 0 && rounds == 0 {
            self.collar = collar(self.head.slot).unwrap_or(ANY);
        }
        for _ in 0..groups {
            batch::trades(reader, |trade| self.trade(&trade))?;
        }
        if self.fees > 0 {
            self.book.balance(FEE_ACCOUNT)?.pay(self.fees)?;
        }
        let burned = self.move_energy(reader, -1)?;
        add(&mut self.effect.burned_wh, burned)?;
        self.book.end_section(self.head.closes)?;
        if self.head.closes && self.book.balance(FEE_ACCOUNT)?.energy != 0 {
            return Err(MarketError::UnfinishedRound);
        }
        Ok(minted)
    }

    fn mint(&mut self, reader: &mut Reader) -> Result<u32, MarketError> {
        let minted = self.move_energy(reader, 1)?;
        add(&mut self.effect.minted_wh, minted)?;
        // One attested record carries the section's energy in 32 bits.
        u32::try_from(minted).map_err(|_| MarketError::Overflow)
    }

    /// Mints (sign 1) or burns (sign -1), and returns the sum in Wh.
    #[inline(never)]
    fn move_energy(&mut self, reader: &mut Reader, sign: i64) -> Result<u64, MarketError> {
        let mut sum = 0;
        batch::moves(reader, |Move { member, wh }| {
            enforce_energy(wh)?;
            self.book.balance(member)?.gain(sign * i64::from(wh))?;
            add(&mut sum, u64::from(wh))
        })?;
        Ok(sum)
    }

    /// Net positions at one price, which need no pairs. Sellers get whole
    /// stroops rounded down and buyers pay them rounded up; the difference,
    /// less than a stroop a member, goes to the operator's member slot.
    fn round(&mut self, reader: &mut Reader) -> Result<(), MarketError> {
        let price = reader.u32()?;
        self.enforce_collar(price)?;
        let (mut energy, mut money) = (0i64, 0i64);
        batch::positions(reader, |Position { member, wh }| {
            let bought = i64::from(wh);
            let paid = self.take_side(member, wh, price)?;
            energy = energy.checked_add(bought).ok_or(MarketError::Overflow)?;
            money = money.checked_add(paid).ok_or(MarketError::Overflow)?;
            self.effect.trades += 1;
            Ok(())
        })?;
        if energy != 0 {
            return Err(MarketError::UnbalancedRound);
        }
        self.fees = self.fees.checked_add(money).ok_or(MarketError::Overflow)?;
        Ok(())
    }

    /// What a member paid, or got (below zero), for their position in a round.
    #[inline(never)]
    fn take_side(&mut self, member: u16, wh: i32, price: u32) -> Result<i64, MarketError> {
        let energy = wh.unsigned_abs();
        match wh {
            0 => Err(MarketError::ZeroEnergy),
            1.. => self.buy(member, energy, price, amount_up(energy, price)),
            _ => Ok(-self.sell(member, energy, price)?),
        }
    }

    #[inline(always)]
    fn trade(&mut self, trade: &Trade) -> Result<(), MarketError> {
        enforce_energy(trade.wh)?;
        if trade.buyer == trade.seller {
            return Err(MarketError::SelfTrade);
        }
        self.enforce_collar(trade.price)?;
        let amount = self.sell(trade.seller, trade.wh, trade.price)?;
        self.buy(trade.buyer, trade.wh, trade.price, amount)?;
        self.effect.trades += 1;
        Ok(())
    }

    #[inline(always)]
    fn enforce_collar(&self, price: u32) -> Result<(), MarketError> {
        enforce_collar(&self.collar, price)
    }

    /// Takes the energy from a seller and returns what they were paid.
    #[inline(always)]
    fn sell(&mut self, member: u16, wh: u32, price: u32) -> Result<i64, MarketError> {
        let amount = amount_down(wh, price);
        let balance = if member == FEE_ACCOUNT {
            self.book.balance(member)?
        } else {
            let (balance, mandate, age) =
                self.book
                    .trader(member, self.head.slot, self.slot_minutes)?;
            mandate.allows(SELL, self.head.slot, self.slot_end)?;
            if price < mandate.sell_min {
                return Err(MarketError::PriceBelowSellLimit);
            }
            balance.count(age, wh, &mandate)?;
            balance
        };
        balance.gain(-i64::from(wh))?;
        balance.pay(amount)?;
        Ok(amount)
    }

    /// Gives the energy to a buyer for an amount, which it returns; their grid
    /// fee goes to the section's fees.
    #[inline(always)]
    fn buy(&mut self, member: u16, wh: u32, price: u32, amount: i64) -> Result<i64, MarketError> {
        if member == FEE_ACCOUNT {
            let balance = self.book.balance(member)?;
            balance.gain(i64::from(wh))?;
            balance.pay(-amount)?;
            return Ok(amount);
        }
        let (balance, mandate, age) =
            self.book
                .trader(member, self.head.slot, self.slot_minutes)?;
        let fee = amount_down(wh, self.head.fee);
        mandate.allows(BUY, self.head.slot, self.slot_end)?;
        enforce_buy_max(&mandate, price, self.head.fee)?;
        balance.count(age, wh, &mandate)?;
        balance.gain(i64::from(wh))?;
        let paid = amount.checked_add(fee).ok_or(MarketError::Overflow)?;
        balance.pay(-paid)?;
        self.fees = self.fees.checked_add(fee).ok_or(MarketError::Overflow)?;
        add(&mut self.effect.traded_wh, u64::from(wh))?;
        add(&mut self.effect.paid_stroops, paid as u64)?;
        Ok(amount)
    }
}

#[inline(always)]
pub fn enforce_collar(collar: &Collar, price: u32) -> Result<(), MarketError> {
    if collar.contains(&price) {
        Ok(())
    } else {
        Err(MarketError::PriceOutsideCollar)
    }
}

#[inline(always)]
fn enforce_buy_max(mandate: &Mandate, price: u32, fee: u32) -> Result<(), MarketError> {
    if u64::from(price) + u64::from(fee) > u64::from(mandate.buy_max) {
        return Err(MarketError::PriceAboveBuyLimit);
    }
    Ok(())
}

/// Wh at stroops per kWh, in whole stroops: below 2^54.
#[inline(always)]
pub fn amount_down(wh: u32, price: u32) -> i64 {
    (u64::from(wh) * u64::from(price) / WH_PER_KWH) as i64
}

#[inline(always)]
fn amount_up(wh: u32, price: u32) -> i64 {
    (u64::from(wh) * u64::from(price)).div_ceil(WH_PER_KWH) as i64
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
