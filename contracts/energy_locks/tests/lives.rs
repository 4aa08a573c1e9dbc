//! Random lives of many locks against simple books, checked after each step.
//!
//! `LIVES=200000 cargo test --release -p energy_locks --test lives` for a long run.
mod common;

use std::collections::BTreeMap;

use common::{lives, site, Site, HOUR, MINUTE, NOW, PURSE, STORE};
use energy_locks::{Order, Owed, State, DELIVER_TAG, LOCK_TAG};
use proptest::{prelude::*, test_runner::TestRunner};
use soroban_sdk::Address;

const STEPS: usize = 50;
const PEOPLE: usize = 3;

#[derive(Clone, Debug)]
enum Command {
    Reserve {
        id: u8,
        buyer: usize,
        seller: usize,
        wh: u64,
        price: u64,
        lock_in: Option<u64>,
        deliver_in: u64,
    },
    Lock(u8),
    Deliver(u8, u64),
    Release(u8),
    Collect(usize),
    Allow(usize, bool),
    PauseEnergy(bool),
    Wait(u64),
}

fn command() -> impl Strategy<Value = Command> {
    use Command::*;
    let id = || 0..12u8;
    let who = || 0..PEOPLE;
    let wh = || prop_oneof![1 => Just(0), 8 => 1..30_000u64, 1 => Just(u64::MAX)];
    let price = prop_oneof![1 => 0..2u64, 8 => 1_000..3_000_000u64, 1 => Just(u64::MAX)];
    let reserve = (
        id(),
        who(),
        who(),
        wh(),
        price,
        prop::option::of(0..2 * HOUR),
        0..4 * HOUR,
    );
    prop_oneof![
        8 => reserve.prop_map(|(id, buyer, seller, wh, price, lock_in, deliver_in)| Reserve {
            id, buyer, seller, wh, price, lock_in, deliver_in,
        }),
        6 => id().prop_map(Lock),
        6 => (id(), wh()).prop_map(|(id, wh)| Deliver(id, wh)),
        4 => id().prop_map(Release),
        2 => who().prop_map(Collect),
        2 => (who(), prop::bool::weighted(0.7)).prop_map(|(who, allowed)| Allow(who, allowed)),
        1 => prop::bool::weighted(0.3).prop_map(PauseEnergy),
        5 => prop_oneof![4 => 0..20 * MINUTE, 1 => 0..3 * HOUR].prop_map(Wait),
    ]
}

#[derive(Clone)]
struct Deal {
    buyer: usize,
    seller: usize,
    wh: i128,
    price: i128,
    lock_by: u64,
    deliver_by: u64,
    state: State,
}

impl Deal {
    fn cost(&self, wh: i128) -> i128 {
        wh * self.price / 1_000
    }
}

/// What everybody has, and what waits.
struct Books {
    s: Site,
    people: [Address; PEOPLE],
    has: [(i128, i128); PEOPLE],
    owed: [(i128, i128); PEOPLE],
    allowed: [bool; PEOPLE],
    energy_runs: bool,
    deals: BTreeMap<u8, Deal>,
    burned: i128,
    now: u64,
}

impl Books {
    fn new() -> Books {
        let s = site();
        Books {
            people: [s.ada.clone(), s.ben.clone(), s.cal.clone()],
            has: [(PURSE, STORE); PEOPLE],
            owed: [(0, 0); PEOPLE],
            allowed: [true; PEOPLE],
            energy_runs: true,
            deals: BTreeMap::new(),
            burned: 0,
            now: NOW,
            s,
        }
    }

    fn pay_out(&mut self, who: usize, money: i128, wh: i128) {
        if self.allowed[who] {
            self.has[who].0 += money;
        } else {
            self.owed[who].0 += money;
        }
        if self.energy_runs {
            self.has[who].1 += wh;
        } else {
            self.owed[who].1 += wh;
        }
    }

    fn in_state(&self, id: u8, state: State) -> Option<Deal> {
        let deal = self.deals.get(&id)?;
        (deal.state == state).then(|| deal.clone())
    }

    fn end(&mut self, id: u8, state: State) {
        self.deals.get_mut(&id).unwrap().state = state;
    }

    /// Runs it on both; whether the contract did it and should have.
    fn run(&mut self, command: &Command) -> (bool, bool) {
        match *command {
            Command::Reserve {
                id,
                buyer,
                seller,
                wh,
                price,
                lock_in,
                deliver_in,
            } => {
                let order = Order {
                    buyer: self.people[buyer].clone(),
                    seller: self.people[seller].clone(),
                    device: self.s.device(),
                    wh,
                    price,
                    lock_by: lock_in.map(|seconds| self.now + seconds),
                    deliver_by: self.now + deliver_in,
                };
                let lock_in = lock_in.unwrap_or(15 * MINUTE);
                let cost = u128::from(wh) * u128::from(price) / 1_000;
                let ok = buyer != seller
                    && lock_in > 0
                    && deliver_in > lock_in
                    && cost > 0
                    && cost <= self.has[buyer].0 as u128
                    && i128::from(wh) <= self.has[seller].1
                    && self.allowed[buyer]
                    && self.energy_runs
                    && !self.deals.contains_key(&id);
                if ok {
                    self.has[buyer].0 -= cost as i128;
                    self.has[seller].1 -= i128::from(wh);
                    let deal = Deal {
                        buyer,
                        seller,
                        wh: wh.into(),
                        price: price.into(),
                        lock_by: self.now + lock_in,
                        deliver_by: self.now + deliver_in,
                        state: State::Reserved,
                    };
                    self.deals.insert(id, deal);
                }
                let done = self.s.client.try_reserve(&self.s.name(id), &order);
                (done.is_ok(), ok)
            }
            Command::Lock(id) => {
                let deal = self.in_state(id, State::Reserved);
                let ok = deal.as_ref().is_some_and(|deal| self.now <= deal.lock_by);
                if ok {
                    self.end(id, State::Locked);
                }
                let wh = deal.map_or(0, |deal| deal.wh as u64);
                let name = self.s.name(id);
                let signature = self.s.signed(LOCK_TAG, &name, wh);
                (self.s.client.try_lock(&name, &signature).is_ok(), ok)
            }
            Command::Deliver(id, wh) => {
                let deal = self.in_state(id, State::Locked);
                let deal = deal.filter(|deal| self.now <= deal.deliver_by);
                let ok = deal.is_some() && (wh == 0 || self.energy_runs);
                if let (Some(deal), true) = (deal, ok) {
                    let delivered = deal.wh.min(wh.into());
                    let paid = deal.cost(delivered);
                    self.burned += delivered;
                    self.pay_out(deal.seller, paid, deal.wh - delivered);
                    self.pay_out(deal.buyer, deal.cost(deal.wh) - paid, 0);
                    self.end(id, State::Delivered);
                }
                let name = self.s.name(id);
                let signature = self.s.signed(DELIVER_TAG, &name, wh);
                let done = self.s.client.try_deliver(&name, &wh, &signature);
                (done.is_ok(), ok)
            }
            Command::Release(id) => {
                let deal = self.deals.get(&id).cloned();
                let deal = deal.filter(|deal| match deal.state {
                    State::Reserved => self.now > deal.lock_by,
                    State::Locked => self.now > deal.deliver_by,
                    _ => false,
                });
                let ok = deal.is_some();
                if let Some(deal) = deal {
                    self.pay_out(deal.buyer, deal.cost(deal.wh), 0);
                    self.pay_out(deal.seller, 0, deal.wh);
                    self.end(id, State::Released);
                }
                (self.s.client.try_release(&self.s.name(id)).is_ok(), ok)
            }
            Command::Collect(who) => {
                let (money, wh) = self.owed[who];
                let ok = (money, wh) != (0, 0)
                    && (money == 0 || self.allowed[who])
                    && (wh == 0 || self.energy_runs);
                if ok {
                    self.owed[who] = (0, 0);
                    self.has[who].0 += money;
                    self.has[who].1 += wh;
                }
                (self.s.client.try_collect(&self.people[who]).is_ok(), ok)
            }
            Command::Allow(who, allowed) => {
                self.allowed[who] = allowed;
                self.s.money.set_allowed(&self.people[who], &allowed);
                (true, true)
            }
            Command::PauseEnergy(pause) => {
                self.energy_runs = !pause;
                if pause {
                    self.s.energy.pause(&self.s.admin);
                } else {
                    self.s.energy.unpause();
                }
                (true, true)
            }
            Command::Wait(seconds) => {
                self.now += seconds;
                self.s.wait(seconds);
                (true, true)
            }
        }
    }

    fn check(&self) {
        let (mut money, mut wh) = (0, 0);
        for (who, address) in self.people.iter().enumerate() {
            assert_eq!(self.s.has(address), self.has[who]);
            let owed = self.owed[who];
            let seen = Owed {
                money: owed.0,
                wh: owed.1,
            };
            assert_eq!(self.s.client.owed(address), seen);
            money += owed.0;
            wh += owed.1;
        }
        for (id, deal) in &self.deals {
            assert_eq!(self.s.state(&self.s.name(*id)), deal.state);
            if matches!(deal.state, State::Reserved | State::Locked) {
                money += deal.cost(deal.wh);
                wh += deal.wh;
            }
        }
        // The contract holds what waits and nothing else, and nothing is lost.
        assert_eq!(self.s.has(&self.s.id), (money, wh));
        let all = self
            .has
            .iter()
            .fold((money, wh), |sum, has| (sum.0 + has.0, sum.1 + has.1));
        let people = PEOPLE as i128;
        assert_eq!(all, (people * PURSE, people * STORE - self.burned));
    }
}

#[test]
fn money_and_energy_are_conserved_in_every_life() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(lives(STEPS, 12)));
    runner
        .run(&prop::collection::vec(command(), STEPS), |life| {
            let mut books = Books::new();
            for command in life {
                let (done, expected) = books.run(&command);
                prop_assert_eq!(done, expected, "{:?}", command);
                books.check();
            }
            Ok(())
        })
        .unwrap();
}
