//! Random commands against a ledger too simple to be wrong.
mod common;

use common::{lives, token_in, CAP, INITIAL};
use proptest::prelude::*;
use soroban_sdk::{testutils::EnvTestConfig, Env};

#[derive(Clone, Debug)]
enum Command {
    Mint {
        to: usize,
        amount: i128,
    },
    Move {
        from: usize,
        to: usize,
        amount: i128,
    },
    Burn {
        from: usize,
        amount: i128,
    },
}

fn a_command() -> impl Strategy<Value = Command> {
    let amount = -1..400i128;
    prop_oneof![
        (0..3usize, amount.clone()).prop_map(|(to, amount)| Command::Mint { to, amount }),
        (0..3usize, 0..3usize, amount.clone()).prop_map(|(from, to, amount)| Command::Move {
            from,
            to,
            amount
        }),
        (0..3usize, amount).prop_map(|(from, amount)| Command::Burn { from, amount }),
    ]
}

/// What a command makes of the balances; None where it must be refused.
fn naive(balances: &[i128; 3], command: &Command) -> Option<[i128; 3]> {
    let mut after = *balances;
    match *command {
        Command::Mint { to, amount } => {
            after[to] += amount;
            (amount > 0).then_some(())?;
        }
        Command::Move { from, to, amount } => {
            (0..=balances[from]).contains(&amount).then_some(())?;
            after[from] -= amount;
            after[to] += amount;
        }
        Command::Burn { from, amount } => {
            (0..=balances[from]).contains(&amount).then_some(())?;
            after[from] -= amount;
        }
    }
    (after.iter().sum::<i128>() <= CAP).then_some(after)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(lives(20, 150)))]

    #[test]
    fn the_supply_is_the_sum_of_the_balances_and_within_the_cap(
        commands in prop::collection::vec(a_command(), 1..40),
    ) {
        let e = Env::new_with_config(EnvTestConfig { capture_snapshot_at_drop: false });
        e.cost_estimate().budget().reset_unlimited();
        let t = token_in(e);
        let holders = [&t.treasury, &t.ada, &t.ben];
        let mut balances = [INITIAL, 0, 0];
        for command in commands {
            let expected = naive(&balances, &command);
            let done = match command {
                Command::Mint { to, amount } => t.client.try_mint(holders[to], &amount).is_ok(),
                Command::Move { from, to, amount } => {
                    t.client.try_transfer(holders[from], holders[to], &amount).is_ok()
                }
                Command::Burn { from, amount } => t.client.try_burn(holders[from], &amount).is_ok(),
            };
            prop_assert_eq!(done, expected.is_some(), "{:?}", command);
            balances = expected.unwrap_or(balances);
            for (holder, balance) in holders.iter().zip(balances) {
                prop_assert_eq!(t.client.balance(holder), balance);
            }
            prop_assert_eq!(t.client.total_supply(), balances.iter().sum::<i128>());
            prop_assert_eq!(t.client.cap(), CAP);
        }
    }
}
