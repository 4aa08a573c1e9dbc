//! Random lives of a programme against simple books, checked after each step.
//!
//! `LIVES=200000 cargo test --release -p idle_yield --test lives` for a long run.
mod common;

use common::{lives, site, Site, DAY, NOW, PURSE, RATE, YEAR};
use idle_yield::SETTLE_WITHIN;
use proptest::{prelude::*, test_runner::TestRunner};
use soroban_sdk::{Address, Vec};

const STEPS: usize = 50;
const MEMBERS: usize = 3;
const FUNDERS: usize = 2;
const PARTS: i128 = 10_000 * YEAR as i128;

#[derive(Clone, Debug)]
enum Command {
    Fund(usize, i128),
    Balance(usize, i128, i128),
    Touch(std::vec::Vec<usize>),
    Claim(usize),
    TakeBack(usize),
    Wait(u64),
}

fn command() -> impl Strategy<Value = Command> {
    use Command::*;
    let who = || 0..MEMBERS;
    let funded = prop_oneof![6 => 1..2_000_000i128, 1 => -2..1i128, 1 => Just(PURSE)];
    let balance = || prop_oneof![8 => 0..20_000_000_000i128, 1 => Just(i128::from(u64::MAX))];
    let wait = prop_oneof![4 => 0..3_600u64, 4 => 0..2 * DAY, 1 => 0..60 * DAY];
    prop_oneof![
        3 => (0..FUNDERS, funded).prop_map(|(who, amount)| Fund(who, amount)),
        3 => (who(), balance()).prop_map(|(who, quote)| Balance(who, quote, 0)),
        1 => (who(), balance(), balance()).prop_map(|(who, quote, out)| Balance(who, quote, out)),
        8 => prop::collection::vec(who(), 0..5).prop_map(Touch),
        3 => who().prop_map(Claim),
        1 => (0..FUNDERS).prop_map(TakeBack),
        6 => wait.prop_map(Wait),
    ]
}

/// Lives that begin early, and lives that begin a few days before the end.
fn a_life() -> impl Strategy<Value = (u64, std::vec::Vec<Command>)> {
    let start = prop_oneof![Just(0), YEAR - 3 * DAY..YEAR];
    (start, prop::collection::vec(command(), STEPS))
}

#[derive(Clone, Default)]
struct Member {
    idle: i128,
    /// At the last look, and when that was.
    seen: i128,
    touched: u64,
    parts: i128,
    claimable: i128,
    paid: i128,
}

struct Books {
    s: Site,
    members: [Address; MEMBERS],
    funders: [Address; FUNDERS],
    of: [Member; MEMBERS],
    shares: [i128; FUNDERS],
    funded: i128,
    free: i128,
    returned: i128,
    now: u64,
}

impl Books {
    fn new(start: u64) -> Books {
        let s = site();
        s.wait(start);
        Books {
            members: [s.ada.clone(), s.ben.clone(), s.cal.clone()],
            funders: [s.sun.clone(), s.moon.clone()],
            of: Default::default(),
            shares: [0; FUNDERS],
            funded: 0,
            free: 0,
            returned: 0,
            now: s.now(),
            s,
        }
    }

    fn touch(&mut self, who: usize) {
        let member = &mut self.of[who];
        let until = self.now.min(NOW + YEAR);
        let seconds = i128::from(until.saturating_sub(member.touched).min(DAY));
        member.parts += member.seen.min(member.idle) * i128::from(RATE) * seconds;
        let due = member.parts / PARTS;
        let paid = due.min(self.free);
        member.parts = if paid < due { 0 } else { member.parts % PARTS };
        member.claimable += paid;
        self.free -= paid;
        (member.seen, member.touched) = (member.idle, self.now);
    }

    /// Runs it on both; whether the contract did it and should have.
    fn run(&mut self, command: &Command) -> (bool, bool) {
        let end = NOW + YEAR;
        match command {
            Command::Fund(who, amount) => {
                let funder = &self.funders[*who];
                let purse = self.s.token.balance(funder);
                let ok = *amount > 0 && *amount <= purse && self.now < end;
                if ok {
                    self.funded += amount;
                    self.free += amount;
                    self.shares[*who] += amount;
                }
                (self.s.client.try_fund(funder, amount).is_ok(), ok)
            }
            Command::Balance(who, quote, out) => {
                self.of[*who].idle = (quote - out).max(0);
                self.s.market.set(&self.members[*who], quote, out);
                (true, true)
            }
            Command::Touch(members) => {
                let ok = !members.is_empty() && self.now < end + SETTLE_WITHIN;
                let mut named = Vec::new(&self.s.e);
                for who in members {
                    if ok {
                        self.touch(*who);
                    }
                    named.push_back(self.members[*who].clone());
                }
                (self.s.client.try_touch(&named).is_ok(), ok)
            }
            Command::Claim(who) => {
                let member = &mut self.of[*who];
                let due = std::mem::take(&mut member.claimable);
                member.paid += due;
                assert_eq!(self.s.client.claim(&self.members[*who]), due);
                (true, true)
            }
            Command::TakeBack(who) => {
                let ok = self.shares[*who] > 0 && self.now >= end + SETTLE_WITHIN;
                if ok {
                    let all: i128 = self.shares.iter().sum();
                    let part = self.free * self.shares[*who] / all;
                    self.free -= part;
                    self.returned += part;
                    self.shares[*who] = 0;
                }
                let done = self.s.client.try_take_back(&self.funders[*who]);
                (done.is_ok(), ok)
            }
            Command::Wait(seconds) => {
                self.now += seconds;
                self.s.wait(*seconds);
                (true, true)
            }
        }
    }

    fn check(&self) {
        let pool = self.s.client.pool();
        let paid: i128 = self.of.iter().map(|member| member.paid).sum();
        let reserved: i128 = self.of.iter().map(|member| member.claimable).sum();
        assert_eq!((pool.funded, pool.free), (self.funded, self.free));
        assert_eq!((pool.paid, pool.reserved), (paid, reserved));
        assert_eq!(pool.returned, self.returned);
        assert_eq!(
            pool.funded,
            pool.paid + pool.reserved + pool.free + pool.returned
        );
        assert!(pool.free >= 0 && pool.reserved >= 0);
        let here = self.s.token.balance(&self.s.id);
        assert_eq!(here, pool.reserved + pool.free);
        for (member, address) in self.of.iter().zip(&self.members) {
            let saver = self.s.client.saver(address);
            assert_eq!(saver.claimable, member.claimable);
            assert_eq!(saver.carry, member.parts);
            assert_eq!(self.s.token.balance(address), member.paid);
        }
        if self.shares == [0; FUNDERS] && self.returned > 0 {
            assert_eq!(pool.free, 0);
        }
    }
}

#[test]
fn no_life_pays_more_than_was_funded() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(lives(STEPS, 12)));
    runner
        .run(&a_life(), |(start, life)| {
            let mut books = Books::new(start);
            for command in life {
                let (done, expected) = books.run(&command);
                prop_assert_eq!(done, expected, "{:?}", command);
                books.check();
            }
            Ok(())
        })
        .unwrap();
}
