//! Random lives of a market: everything that members, operator and admin can do
//! in any order, with the books checked after each step.
//!
//! `LIVES=200000 cargo test --release -p marketplace --test lives` for a long run.
mod common;
#[path = "common/oracle.rs"]
mod oracle;

use std::collections::BTreeMap;

use common::*;
use marketplace::{slots::CLOSED, Mandate, MarketError, Trade};
use oracle::Quoter;
use proptest::{prelude::*, test_runner::TestRunner};
use soroban_sdk::{
    testutils::EnvTestConfig,
    token::{StellarAssetClient, TokenClient},
    Bytes, Env,
};

const PEOPLE: u16 = 5;
const STEPS: usize = 60;
const WEEK: u64 = 7 * 86_400;

#[derive(Clone, Debug)]
enum Command {
    Deposit(u16, i128),
    DepositEnergy(u16, i128),
    Request(u16, i128, i128),
    Withdraw(u16),
    ForceExit(u16),
    Mandate(u16, i32, [u32; 4]),
    Cancel(u16),
    Settle(Sample),
    Desk(Trade),
    Oracle(bool),
    Quote(u32, u32),
    Replay(prop::sample::Index),
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

fn price() -> impl Strategy<Value = u32> {
    700_000..1_300_000u32
}

/// How many slots back from the newest that has begun.
fn back() -> impl Strategy<Value = u32> {
    prop_oneof![12 => 0..3u32, 2 => 3..200u32, 1 => 200..700u32]
}

fn command() -> impl Strategy<Value = Command> {
    let wh = || prop_oneof![8 => 1..3_000i128, 1 => -5..1i128];
    let limits = (
        1..900_000u32,
        900_000..3_000_000u32,
        1..4_000u32,
        1..9_000u32,
    );
    prop_oneof![
        2 => (who(), amount()).prop_map(|(m, a)| Command::Deposit(m, a)),
        1 => (who(), wh()).prop_map(|(m, a)| Command::DepositEnergy(m, a)),
        2 => (who(), amount(), wh()).prop_map(|(m, a, w)| Command::Request(m, a, w)),
        2 => who().prop_map(Command::Withdraw),
        1 => who().prop_map(Command::ForceExit),
        2 => (who(), -600..120i32, limits).prop_map(|(m, from, (sell, buy, slot, day))| {
            Command::Mandate(m, from, [sell, buy, slot, day])
        }),
        1 => who().prop_map(Command::Cancel),
        10 => a_section().prop_map(Command::Settle),
        2 => a_desk_trade().prop_map(Command::Desk),
        1 => prop::bool::weighted(0.3).prop_map(Command::Oracle),
        2 => (0..4u32, 900_000..1_100_000u32).prop_map(|(back, price)| Command::Quote(back, price)),
        1 => any::<prop::sample::Index>().prop_map(Command::Replay),
        1 => Just(Command::Pause),
        2 => Just(Command::Unpause),
        2 => prop_oneof![6 => 0..3_600u64, 2 => 3_600..90_000u64, 1 => Just(SILENCE)]
            .prop_map(Command::Wait),
    ]
}

fn a_desk_trade() -> impl Strategy<Value = Trade> {
    let parties = (1..=u32::from(PEOPLE) + 1, 1..=u32::from(PEOPLE));
    (back(), parties, 0..900u32, price(), 0..100_000u32).prop_map(
        |(slot, (buyer, seller), wh, price, fee)| Trade {
            slot,
            buyer,
            seller,
            wh,
            price,
            fee,
        },
    )
}

fn a_section() -> impl Strategy<Value = Sample> {
    let moves = || prop::collection::vec((who(), 1..900u32), 0..3);
    let trade = (who(), who(), 1..900u32, price());
    let round = (price(), who(), who(), 1..900i32);
    (
        back(),
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

/// One side of a trade or a round.
struct Side {
    member: u16,
    wh: i32,
    price: u32,
}

fn sides(sample: &Sample) -> Vec<Side> {
    let side = |member, wh, price| Side { member, wh, price };
    let rounds = sample
        .rounds
        .iter()
        .flat_map(|(price, positions)| positions.iter().map(move |(m, wh)| side(*m, *wh, *price)));
    let trades = sample.trades.iter().flat_map(|(buyer, seller, wh, price)| {
        let wh = *wh as i32;
        [side(*buyer, wh, *price), side(*seller, -wh, *price)]
    });
    rounds.chain(trades).collect()
}

fn fee_on(wh: u32, fee: u32) -> i128 {
    i128::from(wh) * i128::from(fee) / 1000
}

/// A market, and what its members have asked for, signed and traded.
struct Life {
    m: Market,
    oracle: Quoter,
    /// Every mandate with the slots it covers, oldest first.
    mandates: BTreeMap<u16, Vec<Mandate>>,
    /// Stroops, Wh, and when they are ready.
    requests: BTreeMap<u16, (i128, i128, u64)>,
    in_slot: BTreeMap<(u16, u32), u64>,
    chunks: BTreeMap<u32, u8>,
    quotes: BTreeMap<u32, u32>,
    is_quoted: bool,
    settled: Vec<Bytes>,
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
        m.client.set_desk(&Some(m.operator.clone()));
        let mandates = [ADA, BEN, CAL].map(|member| (member, vec![mandate()]));
        Life {
            oracle: Quoter::new(&m),
            m,
            mandates: BTreeMap::from(mandates),
            requests: BTreeMap::new(),
            in_slot: BTreeMap::new(),
            chunks: BTreeMap::new(),
            quotes: BTreeMap::new(),
            is_quoted: false,
            settled: vec![],
        }
    }

    fn seconds(&self) -> u64 {
        self.m.e.ledger().timestamp()
    }

    fn now(&self) -> u32 {
        (self.seconds() / 60) as u32
    }

    fn running(&self) -> u32 {
        self.now() / SLOT_MINUTES * SLOT_MINUTES
    }

    /// The first slot that a new mandate can cover.
    fn next_slot(&self) -> u32 {
        let newest = self.chunks.keys().next_back().copied().unwrap_or_default();
        let is_recorded = newest > 0 && self.seconds() / 60 - u64::from(newest) > WEEK / 60;
        SLOT_MINUTES + if is_recorded { newest } else { self.running() }
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
            Command::Request(who, amount, wh) => {
                let asked = m.client.try_request_withdrawal(m.member(who), &amount, &wh);
                let sound = amount >= 0 && wh >= 0 && amount + wh > 0;
                assert_eq!(asked.is_ok(), sound);
                if sound {
                    let ready_at = self.seconds() + WITHDRAW_DELAY;
                    self.requests.insert(who, (amount, wh, ready_at));
                }
            }
            Command::Withdraw(who) => self.withdraw(who),
            Command::ForceExit(who) => {
                if m.client.try_force_exit(m.member(who)).is_ok() {
                    let left = m.client.account(m.member(who));
                    assert_eq!((left.quote, left.energy_wh), (0, 0));
                    self.requests.remove(&who);
                }
            }
            Command::Mandate(who, from, limits) => self.give(who, from, limits),
            Command::Cancel(who) => {
                let cancelled = m.client.try_cancel_mandate(m.member(who)).is_ok();
                let end = self.next_slot();
                assert_eq!(cancelled, self.mandates.contains_key(&who));
                for mandate in self.mandates.entry(who).or_default() {
                    mandate.valid_until = mandate.valid_until.min(end);
                }
                self.mandates.retain(|_, given| !given.is_empty());
            }
            Command::Settle(sample) => self.settle(sample),
            Command::Desk(trade) => self.trade(trade),
            Command::Oracle(named) => {
                let oracle = named.then(|| self.oracle.client.address.clone());
                m.client.set_oracle(&oracle);
                self.is_quoted = named;
            }
            Command::Quote(back, price) => {
                let slot = self.running() - back * SLOT_MINUTES;
                let posted = self.oracle.quote(slot, price).is_ok();
                assert_eq!(posted, !self.quotes.contains_key(&slot));
                self.quotes.entry(slot).or_insert(price);
            }
            Command::Replay(which) => {
                if !self.settled.is_empty() {
                    let batch = which.get(&self.settled);
                    assert!(m.client.try_settle(batch).is_err(), "a batch settled twice");
                }
            }
            Command::Pause => m.client.pause(&m.admin),
            Command::Unpause => m.client.unpause(),
            Command::Wait(seconds) => m.wait(seconds),
        }
    }

    fn withdraw(&mut self, who: u16) {
        let account = self.m.client.account(self.m.member(who));
        let before = self.outside(who);
        let paid = self.m.client.try_withdraw(self.m.member(who));
        let Some((amount, wh, ready_at)) = self.requests.get(&who).copied() else {
            assert!(paid.is_err(), "paid what nobody asked for");
            return;
        };
        let due = (amount.min(account.quote), wh.min(account.energy_wh));
        let in_time = (ready_at..ready_at + WEEK).contains(&self.seconds());
        if in_time && due != (0, 0) {
            assert_eq!(paid, Ok(Ok(due)));
            let after = self.outside(who);
            assert_eq!((after.0 - before.0, after.1 - before.1), due);
            self.requests.remove(&who);
        } else {
            assert!(paid.is_err(), "paid out of time");
        }
    }

    /// What a member has of both tokens beside the market.
    fn outside(&self, who: u16) -> (i128, i128) {
        let member = self.m.member(who);
        let energy = TokenClient::new(&self.m.e, &self.m.energy.address);
        (self.m.quote.balance(member), energy.balance(member))
    }

    fn give(&mut self, who: u16, from: i32, [sell_min, buy_max, slot_wh, day_wh]: [u32; 4]) {
        let mut given = Mandate {
            sell_min,
            buy_max,
            slot_wh,
            day_wh,
            valid_from: self.now().checked_add_signed(from).unwrap(),
            valid_until: self.now() + 600,
            ..mandate()
        };
        let result = self.m.client.try_set_mandate(self.m.member(who), &given);
        if result.is_err() {
            return;
        }
        let next = self.next_slot();
        let before = self.mandates.entry(who).or_default();
        if self.chunks.is_empty() {
            before.clear();
        }
        if !before.is_empty() {
            let earliest = given.valid_from.max(next);
            given.valid_from = earliest.next_multiple_of(SLOT_MINUTES);
        }
        for mandate in before.iter_mut() {
            mandate.valid_until = mandate.valid_until.min(given.valid_from);
        }
        before.push(given);
    }

    /// The mandate that the member signed for the slot.
    fn covering(&self, who: u16, slot: u32) -> Option<&Mandate> {
        let mut newest_first = self.mandates.get(&who)?.iter().rev();
        newest_first.find(|mandate| {
            mandate.valid_from <= slot && slot + SLOT_MINUTES <= mandate.valid_until
        })
    }

    /// `sample.slot` says how many slots back.
    fn settle(&mut self, mut sample: Sample) {
        sample.slot = self.running() - sample.slot * SLOT_MINUTES;
        let next = self.m.client.next_chunk(&sample.slot) as u8;
        let model = self.chunks.get(&sample.slot).copied().unwrap_or_default();
        assert!(next == model || next == CLOSED, "the guard forgot a chunk");
        sample.chunk = next;
        let operator = self.m.quote_of(OPERATOR);
        let batch = self.m.bytes(&[sample.clone()]);
        match self.m.client.try_settle(&batch) {
            Ok(_) => self.settled.push(batch),
            Err(refusal) => {
                if refusal == Ok(MarketError::MandateExpired.into()) {
                    let covers = |side: &Side| self.covering(side.member, sample.slot).is_some();
                    assert!(
                        !sides(&sample).iter().all(covers),
                        "a mandate was taken back"
                    );
                }
                return;
            }
        }
        let after = if sample.closes { CLOSED } else { next + 1 };
        self.chunks.insert(sample.slot, after);
        let earned = self.m.quote_of(OPERATOR) - operator;
        assert_eq!(earned, self.fees(&sample), "the grid fee");
        for side in sides(&sample) {
            self.check_side(&sample, side);
        }
    }

    /// What the section leaves with the operator: fees, and what rounds round up.
    fn fees(&self, sample: &Sample) -> i128 {
        let mut earned = 0;
        for Side { wh, .. } in sides(sample) {
            if wh > 0 {
                earned += fee_on(wh as u32, sample.fee);
            }
        }
        for (price, positions) in &sample.rounds {
            for (_, wh) in positions.iter().filter(|(_, wh)| *wh > 0) {
                let thousandths = i128::from(*wh) * i128::from(*price);
                earned += i128::from(thousandths % 1000 > 0);
            }
        }
        earned
    }

    fn check_side(&mut self, sample: &Sample, side: Side) {
        let Side { member, wh, price } = side;
        self.check_price(sample.slot, price);
        let mandate = self.covering(member, sample.slot).expect("a mandate");
        let (buy_max, sell_min, slot_wh) = (mandate.buy_max, mandate.sell_min, mandate.slot_wh);
        if wh > 0 {
            assert!(price + sample.fee <= buy_max, "bought above the mandate");
        } else {
            assert!(price >= sell_min, "sold below the mandate");
        }
        let used = self.in_slot.entry((member, sample.slot)).or_default();
        *used += u64::from(wh.unsigned_abs());
        assert!(*used <= u64::from(slot_wh), "more than the mandate allows");
    }

    fn check_price(&self, slot: u32, price: u32) {
        if self.is_quoted {
            let quoted = self.quotes.get(&slot).expect("a quote");
            let width = quoted / 100 * oracle::COLLAR + quoted % 100 * oracle::COLLAR / 100;
            assert!(price.abs_diff(*quoted) <= width, "outside the collar");
        }
    }

    /// `trade.slot` says how many slots back.
    fn trade(&mut self, mut trade: Trade) {
        trade.slot = self.running() - trade.slot * SLOT_MINUTES;
        let (operator, before) = (self.m.quote_of(OPERATOR), self.m.client.chain());
        if self.m.client.try_settle_desk_trade(&trade).is_err() {
            assert_eq!(self.m.client.chain(), before);
            return;
        }
        self.check_price(trade.slot, trade.price);
        let fee = fee_on(trade.wh, trade.fee);
        assert_eq!(self.m.quote_of(OPERATOR) - operator, fee);
        let paid = i128::from(trade.wh) * i128::from(trade.price) / 1000 + fee;
        let after = self.m.client.chain();
        assert_eq!(i128::from(after.paid_stroops - before.paid_stroops), paid);
        assert_eq!(after.traded_wh - before.traded_wh, u64::from(trade.wh));
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
