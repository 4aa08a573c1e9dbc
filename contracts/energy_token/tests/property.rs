//! Random commands against a ledger too simple to be wrong.
mod common;

use std::collections::BTreeMap;

use common::{lives, quiet_token, Token, MIDNIGHT, SLOT_MINUTES};
use proptest::prelude::*;
use soroban_sdk::Address;

#[derive(Clone, Debug)]
enum Command {
    Attest(usize, Vec<(u32, u8, u32)>),
    Move(usize, usize, i128),
    Burn(usize, i128),
    Meter(bool),
}

fn a_command() -> impl Strategy<Value = Command> {
    use Command::*;
    let who = || 0..3usize;
    let wh = || prop_oneof![9 => -1..9_000i128, 1 => Just(i128::MAX)];
    // On two pages; now and then between two slots.
    let slot = prop_oneof![
        20 => (0..700u32).prop_map(|number| MIDNIGHT + number % 4 + number / 4 * 4 * SLOT_MINUTES),
        60 => (0..8u32).prop_map(|number| MIDNIGHT + number * SLOT_MINUTES),
        20 => (512..516u32).prop_map(|number| MIDNIGHT + number * SLOT_MINUTES),
    ];
    let chunk = prop_oneof![20 => 0..12u8, 1 => 253..=255u8];
    let interval = (
        slot,
        chunk,
        prop_oneof![9 => 0..9_000u32, 1 => Just(u32::MAX)],
    );
    prop_oneof![
        6 => (who(), prop::collection::vec(interval, 0..4)).prop_map(|(to, all)| Attest(to, all)),
        4 => (who(), who(), wh()).prop_map(|(from, to, n)| Move(from, to, n)),
        2 => (who(), wh()).prop_map(|(from, n)| Burn(from, n)),
        1 => prop::bool::weighted(0.8).prop_map(Meter),
    ]
}

#[derive(Clone)]
struct Naive {
    balances: [i128; 3],
    /// The next chunk of a slot.
    next: BTreeMap<u32, u32>,
    is_meter: bool,
    minted: i128,
    burned: i128,
}

impl Naive {
    /// What a command makes of it; None where it must be refused.
    fn after(&self, command: &Command) -> Option<Naive> {
        let mut after = self.clone();
        match command {
            Command::Attest(to, intervals) => {
                (self.is_meter && !intervals.is_empty()).then_some(())?;
                for (slot, chunk, wh) in intervals {
                    let next = after.next.entry(*slot).or_default();
                    let sound = slot.is_multiple_of(SLOT_MINUTES) && *chunk < 255;
                    (sound && u32::from(*chunk) >= *next).then_some(())?;
                    *next = u32::from(*chunk) + 1;
                    after.balances[*to] += i128::from(*wh);
                    after.minted += i128::from(*wh);
                }
            }
            Command::Move(from, to, wh) => {
                (0..=self.balances[*from]).contains(wh).then_some(())?;
                after.balances[*from] -= wh;
                after.balances[*to] += wh;
            }
            Command::Burn(from, wh) => {
                (0..=self.balances[*from]).contains(wh).then_some(())?;
                after.balances[*from] -= wh;
                after.burned += wh;
            }
            Command::Meter(allowed) => after.is_meter = *allowed,
        }
        Some(after)
    }
}

fn run(t: &Token, people: [&Address; 3], command: &Command) -> bool {
    match command {
        Command::Attest(to, intervals) => {
            let intervals = t.intervals(intervals);
            let done = t.client.try_attest(&t.meter, people[*to], &intervals);
            done.is_ok()
        }
        Command::Move(from, to, wh) => {
            let done = t.client.try_transfer(people[*from], people[*to], wh);
            done.is_ok()
        }
        Command::Burn(from, wh) => t.client.try_burn(people[*from], wh).is_ok(),
        Command::Meter(allowed) => {
            t.client.set_meter(&t.meter, allowed);
            true
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(lives(20, 60)))]

    #[test]
    fn what_is_held_is_what_was_minted_less_what_was_burned(
        commands in prop::collection::vec(a_command(), 1..40),
    ) {
        let t = quiet_token();
        let cal = t.admin.clone();
        let people = [&t.ada, &t.ben, &cal];
        let mut naive = Naive {
            balances: [0; 3],
            next: BTreeMap::new(),
            is_meter: true,
            minted: 0,
            burned: 0,
        };
        for command in commands {
            let after = naive.after(&command);
            prop_assert_eq!(run(&t, people, &command), after.is_some(), "{:?}", command);
            naive = after.unwrap_or(naive);
            for (who, balance) in people.into_iter().zip(naive.balances) {
                prop_assert_eq!(t.client.balance(who), balance);
            }
            let held: i128 = naive.balances.iter().sum();
            prop_assert_eq!(held, naive.minted - naive.burned);
            for (slot, next) in naive.next.iter().filter(|(slot, _)| slot.is_multiple_of(SLOT_MINUTES)) {
                prop_assert_eq!(t.client.next_chunk(slot), *next);
            }
        }
    }
}
