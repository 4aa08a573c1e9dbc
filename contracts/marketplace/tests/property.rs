//! The pure effect of random batches against a ledger too simple to be wrong.
mod common;

use std::collections::HashMap;

use common::{encode, section, Sample, MIDNIGHT, SLOT_MINUTES};
use marketplace::{
    pages::{record_mut, Balance, Book, Page, Shelf, MANDATES},
    settle::{self, Collar},
    slots::{Block, Slots},
    varint, Mandate, MarketError,
};
use proptest::prelude::*;

/// Spread over two pages.
const MEMBERS: [u16; 6] = [0, 1, 2, 255, 256, 400];
const COUNT: u32 = 401;

#[derive(Clone, Debug, Default, PartialEq)]
struct Naive {
    quote: HashMap<u16, i128>,
    energy: HashMap<u16, i128>,
    in_slot: HashMap<(u16, u32), u64>,
    on_day: HashMap<(u16, u32), u64>,
    chunks: HashMap<u32, u8>,
    collar: Option<Collar>,
}

impl Naive {
    fn settle(&mut self, sections: &[Sample], mandates: &HashMap<u16, Mandate>) -> Option<()> {
        for section in sections {
            let chunk = self.chunks.get(&section.slot).copied().unwrap_or_default();
            require(chunk != 255 && section.chunk == chunk)?;
            let next = if section.closes { 255 } else { chunk + 1 };
            self.chunks.insert(section.slot, next);
            for (member, wh) in &section.mints {
                require(*wh > 0)?;
                *self.energy.entry(*member).or_default() += i128::from(*wh);
            }
            for (price, positions) in &section.rounds {
                self.quoted(*price)?;
                let mut balance = 0;
                for (member, wh) in positions {
                    require(*wh != 0)?;
                    balance += wh;
                    let thousandths = i128::from(wh.unsigned_abs()) * i128::from(*price);
                    let amount = if *wh > 0 {
                        -((thousandths + 999) / 1000)
                    } else {
                        thousandths / 1000
                    };
                    self.moved(section, mandates, *member, i128::from(*wh), amount, *price)?;
                    *self.quote.entry(0).or_default() -= amount;
                }
                require(balance == 0)?;
            }
            for (buyer, seller, wh, price) in &section.trades {
                require(*wh > 0 && buyer != seller)?;
                self.quoted(*price)?;
                let amount = i128::from(*wh) * i128::from(*price) / 1000;
                self.moved(section, mandates, *seller, -i128::from(*wh), amount, *price)?;
                self.moved(section, mandates, *buyer, i128::from(*wh), -amount, *price)?;
            }
            for (member, wh) in &section.burns {
                require(*wh > 0)?;
                *self.energy.entry(*member).or_default() -= i128::from(*wh);
            }
            require(
                self.quote
                    .values()
                    .chain(self.energy.values())
                    .all(|b| *b >= 0),
            )?;
            require(!section.closes || self.energy.get(&0).copied().unwrap_or_default() == 0)?;
        }
        Some(())
    }

    fn quoted(&self, price: u32) -> Option<()> {
        let Some(collar) = &self.collar else {
            return Some(());
        };
        require(price >= *collar.start() && price <= *collar.end())
    }

    /// One side of a trade: energy in, the amount in, and a buyer's grid fee.
    fn moved(
        &mut self,
        section: &Sample,
        mandates: &HashMap<u16, Mandate>,
        member: u16,
        wh: i128,
        amount: i128,
        price: u32,
    ) -> Option<()> {
        *self.energy.entry(member).or_default() += wh;
        *self.quote.entry(member).or_default() += amount;
        if member == 0 {
            return Some(());
        }
        let mandate = mandates.get(&member)?;
        if wh > 0 {
            let all_in = u64::from(price) + u64::from(section.fee);
            require(mandate.sides != 1 && all_in <= u64::from(mandate.buy_max))?;
            let fee = wh * i128::from(section.fee) / 1000;
            *self.quote.entry(member).or_default() -= fee;
            *self.quote.entry(0).or_default() += fee;
        } else {
            require(mandate.sides != 2 && price >= mandate.sell_min)?;
        }
        let end = section.slot + SLOT_MINUTES;
        require(section.slot >= mandate.valid_from && end <= mandate.valid_until)?;
        let used = self.in_slot.entry((member, section.slot)).or_default();
        *used += wh.unsigned_abs() as u64;
        require(*used <= u64::from(mandate.slot_wh))?;
        let used = self
            .on_day
            .entry((member, section.slot / 1440))
            .or_default();
        *used += wh.unsigned_abs() as u64;
        require(*used <= u64::from(mandate.day_wh))
    }
}

fn require(condition: bool) -> Option<()> {
    condition.then_some(())
}

/// The two pages as the ledger keeps them.
#[derive(Clone)]
struct Pages {
    balances: HashMap<u16, Vec<u8>>,
    mandates: HashMap<u16, Vec<u8>>,
    slots: Slots,
    collar: Option<Collar>,
}

impl Shelf for &Pages {
    fn balances(&self, page: u16) -> Vec<u8> {
        spaced(self.balances.get(&page).cloned().unwrap_or_default())
    }

    fn mandates(&self, page: u16) -> Vec<u8> {
        self.mandates.get(&page).cloned().unwrap_or_default()
    }

    fn replaced(&self, _member: u16) -> Vec<u8> {
        vec![]
    }

    fn block(&self, _number: u32) -> Option<Block> {
        None
    }
}

/// With the room behind that readers want.
fn spaced(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len() + varint::SPARE, 0);
    bytes
}

impl Pages {
    fn new(mandates: &HashMap<u16, Mandate>, purse: u64, stock: u64) -> Pages {
        let mut pages = Pages {
            balances: HashMap::new(),
            mandates: HashMap::from([0, 1].map(|number| (number, vec![0; MANDATES]))),
            slots: Slots::default(),
            collar: None,
        };
        for member in MEMBERS {
            let mut page = pages.page(member);
            page.balances[usize::from(member % 256)] = Balance {
                quote: purse as i64,
                energy: if member == 0 { 0 } else { stock as i64 },
                ..Balance::default()
            };
            pages.balances.insert(member / 256, page.write());
            if let Some(mandate) = mandates.get(&member) {
                let page = pages.mandates.get_mut(&(member / 256)).unwrap();
                mandate.write(record_mut(page, usize::from(member % 256)));
            }
        }
        pages
    }

    fn page(&self, member: u16) -> Page {
        Page::read(&Shelf::balances(&self, member / 256))
    }

    fn balance(&self, member: u16) -> Balance {
        self.page(member).balances[usize::from(member % 256)]
    }

    fn settle(&mut self, bytes: &[u8]) -> Result<settle::Effect, MarketError> {
        let mut slots = self.slots.clone();
        let mut book = Book::new(&*self, COUNT);
        let effect = settle::apply(
            &mut book,
            &mut slots,
            &spaced(bytes.to_vec()),
            SLOT_MINUTES,
            |_| self.collar.clone(),
        )?;
        let closed: Vec<_> = book.close().collect();
        self.balances.extend(closed);
        self.slots = slots;
        Ok(effect)
    }
}

fn member() -> impl Strategy<Value = u16> {
    prop::sample::select(&MEMBERS[..])
}

/// Limits that most trades keep, caps that a few of them use up.
fn a_mandate() -> impl Strategy<Value = Mandate> {
    (
        1..520_000u32,
        1_400_000..3_000_000u32,
        500..4_000u32,
        1_000..6_000u32,
        0..20u32,
    )
        .prop_map(|(sell_min, buy_max, slot_wh, day_wh, sides)| Mandate {
            sell_min,
            buy_max,
            slot_wh,
            day_wh,
            valid_from: MIDNIGHT - 1440,
            valid_until: MIDNIGHT + 1440,
            zone: 0,
            // Mostly both.
            sides: if sides == 1 || sides == 2 { sides } else { 3 },
        })
}

/// Around most prices.
fn a_collar() -> impl Strategy<Value = Collar> {
    (500_000..700_000u32, 1_300_000..1_500_000u32).prop_map(|(lowest, highest)| lowest..=highest)
}

/// A round whose last member takes what balances it.
fn a_round() -> impl Strategy<Value = (u32, Vec<(u16, i32)>)> {
    let positions = prop::collection::btree_map(member(), -700..700i32, 1..5);
    (500_000..1_500_000u32, positions).prop_map(|(price, positions)| {
        let mut positions: Vec<_> = positions.into_iter().collect();
        let (last, rest) = positions.split_last_mut().unwrap();
        last.1 = -rest.iter().map(|(_, wh)| wh).sum::<i32>();
        positions.retain(|(_, wh)| *wh != 0);
        (price, positions)
    })
}

fn a_section() -> impl Strategy<Value = Sample> {
    let moves = |wh| prop::collection::vec((member(), wh), 0..4);
    let trade = (member(), member(), 0..1_500u32, 500_000..1_500_000u32);
    (
        -2..2i32,
        0..200_000u32,
        0..12u8,
        moves(1..600u32),
        prop::collection::vec(a_round(), 0..3),
        prop::collection::vec(trade, 0..4),
        moves(1..300u32),
    )
        .prop_map(|(slot, fee, closes, mints, rounds, trades, burns)| {
            let slot = MIDNIGHT.checked_add_signed(slot * SLOT_MINUTES as i32);
            let mut sample = section(slot.unwrap(), 0).fee(fee);
            sample.closes = closes == 0;
            sample.mints = mints;
            sample.rounds = rounds;
            // Most of the time a trade with oneself is not the point.
            sample.trades = trades
                .into_iter()
                .filter(|(buyer, seller, ..)| buyer != seller)
                .collect();
            sample.burns = burns;
            sample
        })
}

/// Gives each section its slot's next chunk, now and then a wrong one.
fn number(naive: &Naive, batch: &mut [Sample], wrong: bool) {
    let mut next = naive.chunks.clone();
    for section in batch {
        let chunk = next.entry(section.slot).or_default();
        section.chunk = chunk.wrapping_add(u8::from(wrong));
        *chunk = if section.closes {
            255
        } else {
            chunk.saturating_add(1)
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn settles_as_the_naive_ledger_does(
        mandates in prop::collection::vec(a_mandate(), MEMBERS.len()),
        collar in prop::option::weighted(0.3, a_collar()),
        purse in 0..20_000_000u64,
        stock in 0..20_000u64,
        batches in prop::collection::vec(
            (prop::collection::vec(a_section(), 1..3), prop::bool::weighted(0.05)),
            1..24,
        ),
    ) {
        let mandates: HashMap<_, _> = MEMBERS.into_iter().zip(mandates).collect();
        let mut pages = Pages::new(&mandates, purse, stock);
        pages.collar = collar.clone();
        let mut naive = Naive { collar, ..Naive::default() };
        let mut energy = 0;
        for member in MEMBERS {
            naive.quote.insert(member, i128::from(purse));
            let held = if member == 0 { 0 } else { i128::from(stock) };
            naive.energy.insert(member, held);
            energy += held;
        }
        for (mut batch, wrong) in batches {
            number(&naive, &mut batch, wrong);
            let mut next = naive.clone();
            let expected = next.settle(&batch, &mandates);
            let settled = pages.settle(&encode(&batch));
            prop_assert_eq!(
                settled.is_ok(), expected.is_some(), "{:?}", settled.err()
            );
            if let Ok(effect) = settled {
                naive = next;
                energy += i128::from(effect.minted_wh) - i128::from(effect.burned_wh);
            }
            let (mut quotes, mut energies) = (0, 0);
            for member in MEMBERS {
                let balance = pages.balance(member);
                let quote = naive.quote.get(&member).copied().unwrap_or_default();
                let held = naive.energy.get(&member).copied().unwrap_or_default();
                prop_assert_eq!(i128::from(balance.quote), quote);
                prop_assert_eq!(i128::from(balance.energy), held);
                quotes += quote;
                energies += held;
            }
            prop_assert_eq!(quotes, i128::from(purse) * MEMBERS.len() as i128);
            prop_assert_eq!(energies, energy);
        }
    }

    #[test]
    fn a_page_survives_its_packing(
        slot: u32,
        records in prop::collection::vec(
            (0..=i64::MAX, 0..=i64::MAX, any::<[u32; 4]>(), any::<[u32; 2]>()),
            0..=256,
        ),
    ) {
        let mut page = Page::read(&spaced(vec![]));
        page.slot = slot;
        for (balance, (quote, energy, slot_wh, day_wh)) in page.balances.iter_mut().zip(records) {
            *balance = Balance { quote, energy, slot_wh, day_wh };
        }
        prop_assert_eq!(Page::read(&spaced(page.write())), page);
    }

    #[test]
    fn a_number_survives_its_packing(values: Vec<u64>) {
        let mut bytes = vec![];
        for value in &values {
            varint::push(&mut bytes, *value);
        }
        let bytes = spaced(bytes);
        let mut at = 0;
        for value in &values {
            prop_assert_eq!(varint::read(&bytes, &mut at), *value);
        }
        prop_assert_eq!(at + varint::SPARE, bytes.len());
    }

    #[test]
    fn no_bytes_crash_a_settlement(bytes: Vec<u8>) {
        let mut pages = Pages::new(&HashMap::new(), 1, 1);
        let _ = pages.settle(&bytes);
        let mut versioned = vec![marketplace::batch::VERSION];
        versioned.extend(bytes);
        let _ = pages.settle(&versioned);
    }
}
