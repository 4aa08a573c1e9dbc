//! Random commands against a ledger too simple to be wrong.
mod common;

use std::collections::BTreeSet;

use common::{lives, quiet_token, Token};
use proptest::prelude::*;
use soroban_sdk::Address;

#[derive(Clone, Debug)]
enum Command {
    Attest(i128),
    Mint(usize, i128, u8),
    Redeem(usize, i128, u8),
    Move(usize, usize, i128),
    Burn(usize, i128),
    Allow(usize, bool),
}

fn a_command() -> impl Strategy<Value = Command> {
    use Command::*;
    let who = || 0..3usize;
    let amount = || prop_oneof![9 => -1..400i128, 1 => Just(i128::MAX)];
    prop_oneof![
        2 => (-1..3_000i128).prop_map(Attest),
        4 => (who(), amount(), 0..40u8).prop_map(|(to, n, paid)| Mint(to, n, paid)),
        2 => (who(), amount(), 0..40u8).prop_map(|(from, n, paid)| Redeem(from, n, paid)),
        4 => (who(), who(), amount()).prop_map(|(from, to, n)| Move(from, to, n)),
        1 => (who(), amount()).prop_map(|(from, n)| Burn(from, n)),
        2 => (who(), prop::bool::weighted(0.7)).prop_map(|(who, yes)| Allow(who, yes)),
    ]
}

#[derive(Clone)]
struct Naive {
    balances: [i128; 3],
    allowed: [bool; 3],
    reserves: i128,
    used: BTreeSet<u8>,
    redeemed: BTreeSet<(usize, u8)>,
}

impl Naive {
    fn supply(&self) -> i128 {
        self.balances.iter().sum()
    }

    /// What a command makes of it; None where it must be refused.
    fn after(&self, command: &Command) -> Option<Naive> {
        let mut after = self.clone();
        match *command {
            Command::Attest(amount) => {
                (amount >= self.supply()).then_some(())?;
                after.reserves = amount;
            }
            Command::Mint(to, amount, reference) => {
                let supply = self.supply().checked_add(amount)?;
                let fresh = after.used.insert(reference);
                let sound = amount > 0 && supply <= self.reserves && fresh;
                (sound && self.allowed[to]).then_some(())?;
                after.balances[to] += amount;
            }
            Command::Redeem(from, amount, reference) => {
                let fresh = after.redeemed.insert((from, reference));
                let sound = (1..=self.balances[from]).contains(&amount) && fresh;
                (sound && self.allowed[from]).then_some(())?;
                after.balances[from] -= amount;
            }
            Command::Burn(from, amount) => {
                let sound = (0..=self.balances[from]).contains(&amount);
                (sound && self.allowed[from]).then_some(())?;
                after.balances[from] -= amount;
            }
            Command::Move(from, to, amount) => {
                let sound = (0..=self.balances[from]).contains(&amount);
                (sound && self.allowed[from] && self.allowed[to]).then_some(())?;
                after.balances[from] -= amount;
                after.balances[to] += amount;
            }
            Command::Allow(who, allowed) => after.allowed[who] = allowed,
        }
        Some(after)
    }
}

fn run(t: &Token, people: [&Address; 3], command: &Command) -> bool {
    match *command {
        Command::Attest(amount) => {
            let done = t.client.try_attest_reserves(&amount, &t.reference(9));
            done.is_ok()
        }
        Command::Mint(to, amount, reference) => {
            let reference = t.reference(reference);
            t.client.try_mint(people[to], &amount, &reference).is_ok()
        }
        Command::Redeem(from, amount, reference) => {
            let reference = t.reference(reference);
            let done = t.client.try_redeem(people[from], &amount, &reference);
            done.is_ok()
        }
        Command::Move(from, to, amount) => {
            let done = t.client.try_transfer(people[from], people[to], &amount);
            done.is_ok()
        }
        Command::Burn(from, amount) => t.client.try_burn(people[from], &amount).is_ok(),
        Command::Allow(who, allowed) => {
            t.client.set_allowed(people[who], &allowed);
            true
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(lives(20, 60)))]

    #[test]
    fn the_supply_is_the_sum_of_the_balances_and_within_the_reserves(
        commands in prop::collection::vec(a_command(), 1..40),
    ) {
        let t = quiet_token();
        let people = [&t.ada, &t.ben, &t.cal];
        let mut naive = Naive {
            balances: [0; 3],
            allowed: [true, true, false],
            reserves: 1_000,
            used: BTreeSet::new(),
            redeemed: BTreeSet::new(),
        };
        for command in commands {
            let after = naive.after(&command);
            prop_assert_eq!(run(&t, people, &command), after.is_some(), "{:?}", command);
            naive = after.unwrap_or(naive);
            for (who, balance) in people.into_iter().zip(naive.balances) {
                prop_assert_eq!(t.client.balance(who), balance);
            }
            prop_assert_eq!(t.client.total_supply(), naive.supply());
            prop_assert_eq!(t.client.reserves(), naive.reserves);
            prop_assert!(naive.supply() <= naive.reserves);
        }
    }
}
