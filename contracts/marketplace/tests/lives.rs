//! Random lives of a market: everything that members, operator and admin can do
//! in any order, with the books checked after each step.
//!
//! `LIVES=200000 cargo test --release -p marketplace --test lives` for a long run.
mod common;

use std::collections::BTreeMap;

use common::*;
use marketplace::Mandate;
use proptest::{prelude::*, test_runner::TestRunner};
use soroban_sdk::{testutils::EnvTestConfig, token::StellarAssetClient, Bytes, Env};

const PEOPLE: u16 = 5;
const STEPS: usize = 60;

#[derive(Clone, Debug)]
enum Command {
    Deposit(u16, i128),
    DepositEnergy(u16, i128),
    WithdrawEnergy(u16, i128),
    Request(u16, i128),
    Withdraw(u16),
    ForceExit(u16),
    Mandate(u16, u32, u32, u32, u32),
    Cancel(u16),
    Settle(Sample),
    Replay,
    Pause,
    Unpause,
    Wait(u64),
}

fn who() -> impl Strategy<Value = u16> {
    1..=PEOPLE
}

fn amount() -> impl Strategy<Value = i128> {
    prop_oneof![8 => 1..3_000_000i128, 1 => -5..1i128, 1 => Just(i128::from(i64::MAX))]
}

fn command() -> impl Strategy<Value = Command> {
    let wh = || prop_oneof![8 => 1..3_000i128, 1 => -5..1i128];
    prop_oneof![
        2 => (who(), amount()).prop_map(|(m, a)| Command::Deposit(m, a)),
        1 => (who(), wh()).prop_map(|(m, a)| Command::DepositEnergy(m, a)),
        2 => (who(), wh()).prop_map(|(m, a)| Command::WithdrawEnergy(m, a)),
        1 => (who(), amount()).prop_map(|(m, a)| Command::Request(m, a)),
        1 => who().prop_map(Command::Withdraw),
        1 => who().prop_map(Command::ForceExit),
        2 => (who(), 1..900_000u32, 900_000..3_000_000u32, 1..4_000u32, 1..9_000u32)
            .prop_map(|(m, sell, buy, slot, day)| Command::Mandate(m, sell, buy, slot, day)),
        1 => who().prop_map(Command::Cancel),
        10 => a_section().prop_map(Command::Settle),
        1 => Just(Command::Replay),
        1 => Just(Command::Pause),
        2 => Just(Command::Unpause),
        2 => prop_oneof![6 => 0..3_600u64, 1 => Just(SILENCE)].prop_map(Command::Wait),
    ]
}

fn a_section() -> impl Strategy<Value = Sample> {
    let moves = || prop::collection::vec((who(), 1..900u32), 0..3);
    let trade = (who(), who(), 1..900u32, 700_000..1_300_000u32);
    let round = (700_000..1_300_000u32, who(), who(), 1..900i32);
    (
        0..3u32,
        0..100_000u32,
        prop::bool::weighted(0.2),
        moves(),
        prop::collection::vec(round, 0..2),
        prop::collection::vec(trade, 0..3),
        moves(),
    )
        .prop_map(|(back, fee, closes, mints, rounds, trades, burns)| {
            let mut sample = section(back, 0).fee(fee);
            sample.closes = closes;
            sample.mints = mints;
            for (price, seller, buyer, wh) in rounds {
                if seller != buyer {
                    sample = sample.round(price, &[(seller, -wh), (buyer, wh)]);
                }
            }
            sample.trades = trades;
            sample.burns = burns;
            sample
        })
}

/// A market, and what its members have traded under mandates.
struct Life {
    m: Market,
    mandates: BTreeMap<u16, Mandate>,
    in_slot: BTreeMap<(u16, u32), u64>,
    last: Option<Bytes>,
}

impl Life {
    fn new() -> Life {
        let e = Env::new_with_config(EnvTestConfig {
            capture_snapshot_at_drop: false,
        });
        let mut m = market_in(e);
        for _ in 3..PEOPLE {
            m.join_without_mandate();
        }
        let mandates = [ADA, BEN, CAL].map(|member| (member, mandate()));
        Life {
            m,
            mandates: BTreeMap::from(mandates),
            in_slot: BTreeMap::new(),
            last: None,
        }
    }

    fn now(&self) -> u32 {
        (self.m.e.ledger().timestamp() / 60) as u32
    }

    fn apply(&mut self, command: Command) {
        let m = &self.m;
        match command {
            Command::Deposit(who, amount) => {
                let member = m.member(who);
                if (1..1_000_000_000).contains(&amount) {
                    StellarAssetClient::new(&m.e, &m.quote.address).mint(member, &amount);
                }
                let _ = m.client.try_deposit(member, &amount);
            }
            Command::DepositEnergy(who, wh) => {
                let _ = m.client.try_deposit_energy(m.member(who), &wh);
            }
            Command::WithdrawEnergy(who, wh) => {
                let _ = m.client.try_withdraw_energy(m.member(who), &wh);
            }
            Command::Request(who, amount) => {
                let _ = m.client.try_request_withdrawal(m.member(who), &amount);
            }
            Command::Withdraw(who) => {
                let _ = m.client.try_withdraw(m.member(who));
            }
            Command::ForceExit(who) => {
                let _ = m.client.try_force_exit(m.member(who));
            }
            Command::Mandate(who, sell_min, buy_max, slot_wh, day_wh) => {
                let given = Mandate {
                    sell_min,
                    buy_max,
                    slot_wh,
                    day_wh,
                    valid_from: self.now() - 600,
                    valid_until: self.now() + 600,
                    ..mandate()
                };
                if m.client.try_set_mandate(m.member(who), &given).is_ok() {
                    self.mandates.insert(who, given);
                }
            }
            Command::Cancel(who) => {
                let _ = m.client.try_cancel_mandate(m.member(who));
            }
            Command::Settle(sample) => self.settle(sample),
            Command::Replay => {
                if let Some(batch) = &self.last {
                    assert!(m.client.try_settle(batch).is_err(), "a batch settled twice");
                }
            }
            Command::Pause => m.client.pause(&m.admin),
            Command::Unpause => m.client.unpause(),
            Command::Wait(seconds) => m.wait(seconds),
        }
    }

    /// `sample.slot` says how many slots back.
    fn settle(&mut self, mut sample: Sample) {
        let now = self.now();
        sample.slot = (now / SLOT_MINUTES - sample.slot) * SLOT_MINUTES;
        sample.chunk = self.m.client.next_chunk(&sample.slot) as u8;
        let batch = self.m.bytes(&[sample.clone()]);
        if self.m.client.try_settle(&batch).is_err() {
            return;
        }
        self.last = Some(batch);
        let rounds = sample.rounds.iter().flat_map(|(price, positions)| {
            let side = move |(member, wh): &(u16, i32)| (*member, *wh, *price);
            positions.iter().map(side)
        });
        let trades = sample.trades.iter().flat_map(|(buyer, seller, wh, price)| {
            [
                (*buyer, *wh as i32, *price),
                (*seller, -(*wh as i32), *price),
            ]
        });
        for (member, wh, price) in rounds.chain(trades) {
            let mandate = &self.mandates[&member];
            if wh > 0 {
                assert!(
                    price + sample.fee <= mandate.buy_max,
                    "bought above the mandate"
                );
            } else {
                assert!(price >= mandate.sell_min, "sold below the mandate");
            }
            assert!(mandate.valid_from <= sample.slot && sample.slot < mandate.valid_until);
            let used = self.in_slot.entry((member, sample.slot)).or_default();
            *used += u64::from(wh.unsigned_abs());
        }
        for member in 1..=PEOPLE {
            let used = self.in_slot.get(&(member, sample.slot)).copied();
            let traded = sample.trades.iter().any(|t| t.0 == member || t.1 == member);
            if let (Some(used), true) = (used, traded) {
                assert!(used <= u64::from(self.mandates[&member].slot_wh));
            }
        }
    }

    fn check(&self) {
        self.m.check_conservation();
        for member in 0..=PEOPLE {
            assert!(self.m.quote_of(member) >= 0 && self.m.energy_of(member) >= 0);
        }
        let head = self.m.client.chain();
        assert!(head.burned_wh <= head.minted_wh);
    }
}

#[test]
fn no_life_breaks_the_books() {
    let commands: usize = std::env::var("LIVES").map_or(1_200, |lives| lives.parse().unwrap());
    let mut runner = TestRunner::new(ProptestConfig::with_cases((commands / STEPS) as u32));
    runner
        .run(&prop::collection::vec(command(), STEPS), |life| {
            let mut market = Life::new();
            for command in life {
                market.apply(command);
                market.check();
            }
            Ok(())
        })
        .unwrap();
}
