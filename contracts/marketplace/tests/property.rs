//! The pure effect of random batches against a ledger too simple to be wrong.
mod common;

use std::collections::HashMap;

use common::{encode, section, Sample, MIDNIGHT, SLOT_MINUTES};
use marketplace::{
    batch,
    pages::{record, record_mut, Balance, Book, BALANCES, MANDATES, RECORD},
    settle, Mandate,
};
use proptest::prelude::*;

/// Spread over two pages.
const MEMBERS: [u16; 6] = [0, 1, 2, 127, 128, 200];
const COUNT: u32 = 201;

#[derive(Clone, Debug, Default, PartialEq)]
struct Naive {
    quote: HashMap<u16, i128>,
    energy: HashMap<u16, i128>,
    in_slot: HashMap<(u16, u32), u64>,
    on_day: HashMap<(u16, u32), u64>,
}

impl Naive {
    fn settle(&mut self, sections: &[Sample], mandates: &HashMap<u16, Mandate>) -> Option<()> {
        for section in sections {
            for (member, wh) in &section.mints {
                require(*wh > 0)?;
                *self.energy.entry(*member).or_default() += i128::from(*wh);
            }
            let mut fees = 0;
            for (buyer, seller, wh, price) in &section.trades {
                require(*wh > 0 && buyer != seller)?;
                let amount = i128::from(*wh) * i128::from(*price) / 1000;
                let fee = i128::from(*wh) * i128::from(section.fee) / 1000;
                let (buys, sells) = (mandates.get(buyer)?, mandates.get(seller)?);
                require(sells.sides != 2 && *price >= sells.sell_min)?;
                let all_in = u64::from(*price) + u64::from(section.fee);
                require(buys.sides != 1 && all_in <= u64::from(buys.buy_max))?;
                for (member, mandate) in [(*buyer, buys), (*seller, sells)] {
                    let end = section.slot + SLOT_MINUTES;
                    require(section.slot >= mandate.valid_from && end <= mandate.valid_until)?;
                    let used = self.in_slot.entry((member, section.slot)).or_default();
                    *used += u64::from(*wh);
                    require(*used <= u64::from(mandate.slot_wh))?;
                    let used = self
                        .on_day
                        .entry((member, section.slot / 1440))
                        .or_default();
                    *used += u64::from(*wh);
                    require(*used <= u64::from(mandate.day_wh))?;
                }
                take(&mut self.energy, *seller, i128::from(*wh))?;
                take(&mut self.quote, *buyer, amount + fee)?;
                *self.energy.entry(*buyer).or_default() += i128::from(*wh);
                *self.quote.entry(*seller).or_default() += amount;
                fees += fee;
            }
            *self.quote.entry(0).or_default() += fees;
            for (member, wh) in &section.burns {
                require(*wh > 0)?;
                take(&mut self.energy, *member, i128::from(*wh))?;
            }
        }
        Some(())
    }
}

fn require(condition: bool) -> Option<()> {
    condition.then_some(())
}

fn take(balances: &mut HashMap<u16, i128>, member: u16, amount: i128) -> Option<()> {
    let balance = balances.entry(member).or_default();
    *balance -= amount;
    require(*balance >= 0)
}

/// The two pages as the ledger keeps them.
struct Pages {
    balances: HashMap<u16, Vec<u8>>,
    mandates: HashMap<u16, Vec<u8>>,
}

impl Pages {
    fn new(mandates: &HashMap<u16, Mandate>, purse: u64, stock: u64) -> Pages {
        let empty = |length| HashMap::from([(0, vec![0; length]), (1, vec![0; length])]);
        let mut pages = Pages {
            balances: empty(BALANCES),
            mandates: empty(MANDATES),
        };
        for member in MEMBERS {
            pages.edit(member, |balance| {
                balance.quote = purse;
                balance.energy = stock;
            });
            if let Some(mandate) = mandates.get(&member) {
                let page = pages.mandates.get_mut(&(member / 128)).unwrap();
                mandate.write(record_mut(page, usize::from(member % 128)));
            }
        }
        pages
    }

    fn record(&self, member: u16) -> Balance {
        let page = &self.balances[&(member / 128)];
        Balance::read(record(page, usize::from(member % 128)))
    }

    fn edit(&mut self, member: u16, edit: impl FnOnce(&mut Balance)) {
        let mut balance = self.record(member);
        edit(&mut balance);
        let page = self.balances.get_mut(&(member / 128)).unwrap();
        balance.write(record_mut(page, usize::from(member % 128)));
    }

    fn settle(&mut self, bytes: &[u8]) -> Result<settle::Effect, marketplace::MarketError> {
        let sections: Vec<_> = batch::sections(bytes)?.collect::<Result<_, _>>()?;
        let mut book = Book::default();
        for number in settle::pages(&sections, COUNT)? {
            book.add_page(
                number,
                self.balances[&number].clone(),
                self.mandates[&number].clone(),
            );
        }
        let effect = settle::apply(&mut book, &sections, SLOT_MINUTES)?;
        self.balances.extend(book.close());
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

fn a_section() -> impl Strategy<Value = Sample> {
    let moves = |wh| prop::collection::vec((member(), wh), 0..4);
    let trade = (member(), member(), 0..1_500u32, 500_000..1_500_000u32);
    (
        -2..2i32,
        0..200_000u32,
        moves(1..600u32),
        prop::collection::vec(trade, 0..4),
        moves(1..300u32),
    )
        .prop_map(|(slot, fee, mints, trades, burns)| {
            let slot = MIDNIGHT.checked_add_signed(slot * SLOT_MINUTES as i32);
            let mut sample = section(slot.unwrap(), 0).fee(fee);
            sample.mints = mints;
            // Most of the time a trade with oneself is not the point.
            sample.trades = trades
                .into_iter()
                .filter(|(buyer, seller, ..)| buyer != seller)
                .collect();
            sample.burns = burns;
            sample
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn settles_as_the_naive_ledger_does(
        mandates in prop::collection::vec(a_mandate(), MEMBERS.len()),
        purse in 0..20_000_000u64,
        stock in 0..20_000u64,
        batches in prop::collection::vec(prop::collection::vec(a_section(), 1..3), 1..24),
    ) {
        let mandates: HashMap<_, _> = MEMBERS.into_iter().zip(mandates).collect();
        let mut pages = Pages::new(&mandates, purse, stock);
        let mut naive = Naive::default();
        for member in MEMBERS {
            naive.quote.insert(member, i128::from(purse));
            naive.energy.insert(member, i128::from(stock));
        }
        let mut energy = i128::from(stock) * MEMBERS.len() as i128;
        for batch in batches {
            let mut next = naive.clone();
            let expected = next.settle(&batch, &mandates);
            let settled = pages.settle(&encode(&batch));
            prop_assert_eq!(settled.is_ok(), expected.is_some(), "{:?}", settled);
            if let Ok(effect) = settled {
                naive = next;
                energy += i128::from(effect.minted_wh) - i128::from(effect.burned_wh);
            }
            let (mut quotes, mut energies) = (0, 0);
            for member in MEMBERS {
                let record = pages.record(member);
                let quote = naive.quote.get(&member).copied().unwrap_or_default();
                let held = naive.energy.get(&member).copied().unwrap_or_default();
                prop_assert_eq!(i128::from(record.quote), quote);
                prop_assert_eq!(i128::from(record.energy), held);
                quotes += quote;
                energies += held;
            }
            prop_assert_eq!(quotes, i128::from(purse) * MEMBERS.len() as i128);
            prop_assert_eq!(energies, energy);
        }
    }

    #[test]
    fn a_balance_survives_its_packing(
        quote: u64,
        energy in 0..=0xFFFF_FFFF_FFFFu64,
        slot: u32,
        slot_wh in prop::array::uniform4(0..=0xFF_FFFFu32),
        day_wh: [u32; 2],
    ) {
        let balance = Balance { quote, energy, slot, slot_wh, day_wh };
        let mut record = [0; RECORD];
        balance.write(&mut record);
        prop_assert_eq!(Balance::read(&record), balance);
    }

    #[test]
    fn no_bytes_crash_the_decoder(bytes: Vec<u8>) {
        if let Ok(sections) = batch::sections(&bytes) {
            for section in sections.flatten() {
                let _ = section.mints().chain(section.burns()).count();
                let _ = section.trades().count();
            }
        }
    }
}
