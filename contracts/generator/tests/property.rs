//! Random lives against bookkeeping too simple to be wrong: who owned which
//! unit at each payment, and what everybody has said about the price.
mod common;

use common::{lives, quiet_site, Site, FIRST, GOAL, MONTH, NOW, PURSE, SLOT, UNIT};
use generator::{Future, State};
use proptest::prelude::*;
use soroban_sdk::Address;

const WHO: usize = 4;
/// The future that was offered last.
const LATEST: usize = usize::MAX;

#[derive(Clone, Debug)]
enum Command {
    Fund(usize, u32),
    Close,
    Refund(usize),
    Leave(usize, u32),
    Release(u32),
    Install,
    Activate(usize, u64),
    Retire,
    Submit(usize, u64),
    TakeBack(usize),
    Pay(usize, u64, u64),
    Claim(usize),
    Spend(u64),
    List(usize, u32, u64),
    Unlist(usize),
    Buy(usize, usize, u32, u64),
    Transfer(usize, usize, u32),
    Sell(usize, u32, u64, u64, u64),
    Withdraw(usize, usize),
    BuyFuture(usize, usize, u64),
    Settle(usize),
    Dispense(usize, u64),
    Wait(u64),
}

fn a_command() -> impl Strategy<Value = Command> {
    use Command::*;
    let who = || 0..WHO;
    let units = || prop_oneof![0..200u32, 0..6_000u32];
    let price = || prop_oneof![0..3_000u64, 0..11_000_000u64];
    let wait = prop_oneof![0..SLOT, Just(SLOT), SLOT..20 * SLOT];
    let future = || 0..16usize;
    prop_oneof![
        1 => (who(), units()).prop_map(|(a, n)| Fund(a, n)),
        1 => Just(Close),
        1 => who().prop_map(Refund),
        1 => (who(), units()).prop_map(|(a, n)| Leave(a, n)),
        1 => (0..4u32).prop_map(Release),
        4 => (who(), price()).prop_map(|(a, p)| Submit(a, p)),
        2 => who().prop_map(TakeBack),
        8 => (who(), 0..100_000u64, price()).prop_map(|(a, q, p)| Pay(a, q, p)),
        8 => (who(), 0..100_000u64).prop_map(|(a, q)| Pay(a, q, u64::MAX)),
        4 => who().prop_map(Claim),
        1 => (0..100_000u64).prop_map(Spend),
        3 => (who(), units(), 0..9_000u64).prop_map(|(a, n, p)| List(a, n, p)),
        1 => who().prop_map(Unlist),
        4 => (who(), who(), units(), 0..12_000u64).prop_map(|(a, b, n, p)| Buy(a, b, n, p)),
        4 => (who(), who(), units()).prop_map(|(a, b, n)| Transfer(a, b, n)),
        3 => (who(), units(), 0..5u64, 0..9u64, 0..9u64)
            .prop_map(|(a, n, f, l, p)| Sell(a, n, f, l, p)),
        1 => (who(), future()).prop_map(|(a, id)| Withdraw(a, id)),
        4 => (who(), future(), 3..9u64).prop_map(|(a, id, p)| BuyFuture(a, id, p)),
        6 => future().prop_map(Settle),
        3 => (who(), 0..50_000u64).prop_map(|(a, q)| Dispense(a, q)),
        8 => wait.prop_map(Wait),
    ]
}

/// One command, or two that only make sense together.
fn a_step() -> impl Strategy<Value = Vec<Command>> {
    use Command::*;
    let sold = (0..WHO, 0..WHO, 1..2_000u32, 1..4u64, 1..9u64);
    let bought = (0..WHO, 0..WHO, 1..3_000u32, 1..3_000u32, 1..9_000u64);
    prop_oneof![
        8 => a_command().prop_map(|command| vec![command]),
        1 => sold.prop_map(|(a, b, units, ahead, slots)| {
            // Who buys their own is refused, and withdraws it.
            vec![
                Sell(a, units, ahead, slots, 5),
                BuyFuture(b, LATEST, 5),
                Withdraw(b, LATEST),
            ]
        }),
        1 => bought.prop_map(|(a, b, listed, units, price)| {
            vec![List(a, listed, price), Buy(b, a, units.min(listed), price)]
        }),
    ]
}

/// Lives that end early, lives that run, and lives that run to their end.
fn a_life() -> impl Strategy<Value = Vec<Command>> {
    use Command::*;
    let funding = (0..WHO, 0..6_001u32).prop_map(|(who, units)| Fund(who, units));
    let back = (0..WHO, 0..3_000u32).prop_map(|(who, units)| Leave(who, units));
    let short = (
        prop::collection::vec(prop_oneof![2 => funding, 1 => back], 0..12),
        prop_oneof![Just(0), Just(MONTH)],
    )
        .prop_map(|(mut life, wait)| {
            life.extend([Wait(wait), Close]);
            life
        });
    let began = (0..WHO, 0..2 * FIRST).prop_map(|(who, first)| {
        vec![
            Fund(0, 5_000),
            Fund(1, 3_000),
            Fund(2, 2_000),
            Close,
            Install,
            Activate(who, first),
            Activate(3, first + 1),
        ]
    });
    let start = prop_oneof![1 => short, 6 => began];
    let end = prop_oneof![3 => Just(vec![]), 1 => Just(vec![Retire])];
    let commands = || prop::collection::vec(a_step(), 1..60).prop_map(|steps| steps.concat());
    (start, commands(), end, commands())
        .prop_map(|(start, middle, end, last)| [start, middle, end, last].concat())
}

#[derive(Clone)]
struct Sale {
    future: Future,
    seller: usize,
    buyer: Option<usize>,
    /// Earned and not settled.
    to_buyer: u64,
    to_seller: u64,
}

struct Naive {
    now: u64,
    state: State,
    units: [u32; WHO],
    listed: [u32; WHO],
    ask: [u64; WHO],
    vote: [Option<u64>; WHO],
    claimable: [u64; WHO],
    purse: [u64; WHO],
    credit: [u64; WHO],
    price: u64,
    sales: Vec<Option<Sale>>,
    carry: u64,
    received: u64,
    claimed: u64,
    maintenance: u64,
    spent: u64,
    sold: u32,
    held: u64,
    released: Vec<u32>,
    counter: u64,
}

impl Naive {
    fn new() -> Naive {
        Naive {
            now: NOW,
            state: State::Funding,
            units: [0; WHO],
            listed: [0; WHO],
            ask: [0; WHO],
            vote: [None; WHO],
            claimable: [0; WHO],
            purse: [PURSE; WHO],
            credit: [0; WHO],
            price: 0,
            sales: vec![],
            carry: 0,
            received: 0,
            claimed: 0,
            maintenance: 0,
            spent: 0,
            sold: 0,
            held: 0,
            released: vec![],
            counter: 0,
        }
    }

    fn mean(&self) -> u64 {
        let (mut weight, mut sum) = (0u64, 0);
        for (units, vote) in self.units.iter().zip(self.vote) {
            if let Some(price) = vote {
                weight += u64::from(*units);
                sum += u64::from(*units) * price;
            }
        }
        sum.checked_div(weight).unwrap_or(0)
    }

    fn pledged(&self, who: usize, sold_only: bool) -> u32 {
        let of_who = self
            .sales
            .iter()
            .flatten()
            .filter(|sale| sale.seller == who);
        of_who
            .filter(|sale| !sold_only || sale.buyer.is_some())
            .map(|sale| sale.future.units)
            .sum()
    }

    fn free(&self, who: usize) -> u32 {
        self.units[who] - self.listed[who] - self.pledged(who, false)
    }

    fn owned(&self) -> bool {
        self.state.is_owned()
    }

    /// Unit by unit, to whoever the income of each belongs now.
    fn share(&mut self, amount: u64, is_income: bool) {
        let total = self.carry + amount;
        let each = total / 10_000;
        self.carry = total % 10_000;
        for who in 0..WHO {
            let lent = self.pledged(who, true);
            self.claimable[who] += each * u64::from(self.units[who] - lent);
        }
        for sale in self.sales.iter_mut().flatten() {
            if sale.buyer.is_some() {
                let due = each * u64::from(sale.future.units);
                let period = sale.future.from..sale.future.until;
                if is_income && period.contains(&self.now) {
                    sale.to_buyer += due;
                } else {
                    sale.to_seller += due;
                }
            }
        }
    }

    fn receive(&mut self, who: usize, amount: u64) {
        self.purse[who] -= amount;
        self.received += amount;
        let aside = amount * 500 / 10_000;
        self.maintenance += aside;
        self.share(amount - aside, true);
    }

    fn move_units(&mut self, from: usize, to: usize, units: u32) {
        self.units[from] -= units;
        self.units[to] += units;
        if self.units[from] == 0 {
            self.vote[from] = None;
        }
    }

    /// Any number names one of the futures there have been.
    fn pick(&self, id: usize) -> usize {
        id.min(self.sales.len().saturating_sub(1))
    }

    fn sale(&self, id: usize) -> Option<&Sale> {
        self.sales.get(id).and_then(Option::as_ref)
    }

    /// Runs a command on both; whether the contract did it and should have.
    fn run(&mut self, s: &Site, whos: [&Address; WHO], command: &Command) -> (bool, bool) {
        let c = &s.client;
        match *command {
            Command::Fund(who, units) => {
                let (left, has) = (10_000 - self.sold, self.units[who]);
                let ok = self.state == State::Funding
                    && self.now < NOW + MONTH
                    && units > 0
                    && units <= left
                    && has + units <= 6_000
                    && (has + units >= 100 || units == left);
                if ok {
                    let amount = UNIT * u64::from(units);
                    self.units[who] += units;
                    self.sold += units;
                    self.held += amount;
                    self.purse[who] -= amount;
                }
                (c.try_fund(whos[who], &units).is_ok(), ok)
            }
            Command::Leave(who, units) => {
                let left = self.units[who].checked_sub(units);
                let ok = self.state == State::Funding
                    && self.now < NOW + MONTH
                    && self.sold < 10_000
                    && units > 0
                    && left.is_some_and(|left| left == 0 || left >= 100);
                if ok {
                    let amount = UNIT * u64::from(units);
                    self.units[who] -= units;
                    self.sold -= units;
                    self.held -= amount;
                    self.purse[who] += amount;
                }
                (c.try_withdraw(whos[who], &units).is_ok(), ok)
            }
            Command::Close => {
                let full = self.sold == 10_000;
                let ok = self.state == State::Funding && (full || self.now >= NOW + MONTH);
                if ok {
                    self.state = if full { State::Funded } else { State::Failed };
                }
                (c.try_close_funding().is_ok(), ok)
            }
            Command::Refund(who) => {
                let ok = self.state == State::Failed && self.units[who] > 0;
                if ok {
                    let amount = UNIT * u64::from(std::mem::take(&mut self.units[who]));
                    self.held -= amount;
                    self.purse[who] += amount;
                }
                (c.try_refund(whos[who]).is_ok(), ok)
            }
            Command::Release(n) => {
                let ok = self.owned() && n < 3 && !self.released.contains(&n);
                if ok {
                    self.released.push(n);
                    self.held -= GOAL * [30, 50, 20][n as usize] / 100;
                }
                (c.try_release(&n, &s.hash()).is_ok(), ok)
            }
            Command::Install => {
                let ok = self.state == State::Funded;
                if ok {
                    self.state = State::Pending;
                }
                (c.try_install(&s.key()).is_ok(), ok)
            }
            Command::Activate(who, amount) => {
                let ok = self.state == State::Pending && who == 3 && amount > 0;
                if ok {
                    self.state = State::Active;
                    self.receive(who, amount);
                }
                (c.try_activate(whos[who], &amount).is_ok(), ok)
            }
            Command::Retire => {
                let ok = self.owned();
                if ok {
                    self.state = State::Retired;
                    let held = std::mem::take(&mut self.held);
                    self.received += held;
                    let maintenance = std::mem::take(&mut self.maintenance);
                    self.share(held + maintenance, false);
                }
                (c.try_retire().is_ok(), ok)
            }
            Command::Submit(who, price) => {
                let ok = self.owned() && self.units[who] > 0 && price <= 10_000_000;
                if ok {
                    self.vote[who] = Some(price);
                }
                (c.try_set_price(whos[who], &price).is_ok(), ok)
            }
            Command::TakeBack(who) => {
                let ok = self.owned() && self.vote[who].is_some();
                if ok {
                    self.vote[who] = None;
                }
                (c.try_clear_price(whos[who]).is_ok(), ok)
            }
            Command::Pay(who, quantity, max) => {
                let amount = quantity * self.price / 1_000;
                let ok = self.state == State::Active && self.price <= max && amount > 0;
                if ok {
                    self.credit[who] += quantity;
                    self.receive(who, amount);
                }
                let paid = c.try_pay(whos[who], &quantity, &max);
                if ok {
                    assert_eq!(paid, Ok(Ok(amount)));
                }
                (paid.is_ok(), ok)
            }
            Command::Claim(who) => {
                let due = std::mem::take(&mut self.claimable[who]);
                self.claimed += due;
                self.purse[who] += due;
                assert_eq!(c.claim(whos[who]), due);
                assert_eq!(c.claim(whos[who]), 0);
                (true, true)
            }
            Command::Spend(amount) => {
                let ok = (1..=self.maintenance).contains(&amount);
                if ok {
                    self.maintenance -= amount;
                    self.spent += amount;
                }
                let spent = c.try_spend_maintenance(&s.provider, &amount, &s.hash());
                (spent.is_ok(), ok)
            }
            Command::List(who, units, price) => {
                let free = self.free(who) + self.listed[who];
                let ok = self.owned() && units > 0 && price > 0 && units <= free;
                if ok {
                    (self.listed[who], self.ask[who]) = (units, price);
                }
                (c.try_list(whos[who], &units, &price).is_ok(), ok)
            }
            Command::Unlist(who) => {
                let ok = self.listed[who] > 0;
                self.listed[who] = 0;
                (c.try_unlist(whos[who]).is_ok(), ok)
            }
            Command::Buy(buyer, seller, units, max) => {
                let ok = self.owned()
                    && buyer != seller
                    && (1..=self.listed[seller]).contains(&units)
                    && self.ask[seller] <= max;
                if ok {
                    let amount = self.ask[seller] * u64::from(units);
                    self.listed[seller] -= units;
                    self.purse[buyer] -= amount;
                    self.purse[seller] += amount;
                    self.move_units(seller, buyer, units);
                }
                let bought = c.try_buy(whos[buyer], whos[seller], &units, &max);
                (bought.is_ok(), ok)
            }
            Command::Transfer(from, to, units) => {
                let ok = self.owned() && units > 0 && units <= self.free(from);
                if ok && from != to {
                    self.move_units(from, to, units);
                }
                (c.try_transfer(whos[from], whos[to], &units).is_ok(), ok)
            }
            Command::Sell(who, units, ahead, slots, price) => {
                let from = self.now - self.now % SLOT + ahead * SLOT;
                let until = from + slots * SLOT;
                let ok = self.owned()
                    && from > self.now
                    && slots > 0
                    && (1..=self.free(who)).contains(&units)
                    && price > 0;
                let id = c.try_sell_future(whos[who], &units, &from, &until, &price);
                if ok {
                    assert_eq!(id, Ok(Ok(self.sales.len() as u32)));
                    self.sales.push(Some(Sale {
                        future: c.future(&(self.sales.len() as u32)).unwrap(),
                        seller: who,
                        buyer: None,
                        to_buyer: 0,
                        to_seller: 0,
                    }));
                }
                (id.is_ok(), ok)
            }
            Command::Withdraw(who, id) => {
                let id = self.pick(id);
                let ok = self
                    .sale(id)
                    .is_some_and(|sale| sale.seller == who && sale.buyer.is_none());
                if ok {
                    self.sales[id] = None;
                }
                (c.try_withdraw_future(whos[who], &(id as u32)).is_ok(), ok)
            }
            Command::BuyFuture(who, id, max) => {
                let id = self.pick(id);
                let (owned, now) = (self.owned(), self.now);
                let ok = self.sale(id).is_some_and(|sale| {
                    owned
                        && sale.buyer.is_none()
                        && sale.seller != who
                        && now < sale.future.from
                        && sale.future.price <= max
                });
                if ok {
                    let sale = self.sales[id].as_mut().unwrap();
                    sale.buyer = Some(who);
                    self.purse[who] -= sale.future.price;
                    self.purse[sale.seller] += sale.future.price;
                }
                let bought = c.try_buy_future(whos[who], &(id as u32), &max);
                (bought.is_ok(), ok)
            }
            Command::Settle(id) => {
                let id = self.pick(id);
                let ok = self.sale(id).is_some_and(|sale| sale.buyer.is_some());
                if ok {
                    let sale = self.sales[id].as_mut().unwrap();
                    let buyer = sale.buyer.unwrap();
                    self.claimable[buyer] += std::mem::take(&mut sale.to_buyer);
                    self.claimable[sale.seller] += std::mem::take(&mut sale.to_seller);
                    if self.now >= sale.future.until || self.state == State::Retired {
                        self.sales[id] = None;
                    }
                }
                (c.try_settle_future(&(id as u32)).is_ok(), ok)
            }
            Command::Dispense(who, quantity) => {
                let free = self.price == 0;
                let ok = self.state == State::Active
                    && quantity > 0
                    && (free || quantity <= self.credit[who]);
                let counter = self.counter + 1;
                let signature = s.signature(whos[who], quantity, counter);
                if ok {
                    self.counter = counter;
                    self.credit[who] -= if free { 0 } else { quantity };
                }
                let done = c.try_dispense(whos[who], &quantity, &counter, &signature);
                (done.is_ok(), ok)
            }
            Command::Wait(seconds) => {
                let slot = self.now / SLOT;
                self.now += seconds;
                if self.now / SLOT > slot {
                    self.price = self.mean();
                }
                s.wait(seconds);
                (true, true)
            }
        }
    }

    fn check(&self, s: &Site, whos: [&Address; WHO]) {
        let c = &s.client;
        assert_eq!(c.state(), self.state);
        assert_eq!((c.price(), c.mean_price()), (self.price, self.mean()));
        for (i, who) in whos.into_iter().enumerate() {
            let owner = c.owner(who);
            assert_eq!((owner.units, owner.listed), (self.units[i], self.listed[i]));
            assert_eq!(owner.pledged, self.pledged(i, false));
            assert_eq!(owner.lent, self.pledged(i, true));
            assert_eq!(owner.vote, self.vote[i]);
            assert_eq!(c.claimable(who), self.claimable[i]);
            assert_eq!(c.credit(who), self.credit[i]);
            assert_eq!(s.balance(who), self.purse[i]);
        }
        if self.owned() || self.state == State::Retired {
            assert_eq!(self.units.iter().sum::<u32>(), 10_000);
        }
        let mut unsettled = 0;
        for (id, sale) in self.sales.iter().enumerate() {
            match sale {
                Some(sale) => {
                    let due = c.unsettled(&(id as u32));
                    assert_eq!(due, (sale.to_buyer, sale.to_seller), "future {id}");
                    unsettled += due.0 + due.1;
                }
                None => assert_eq!(c.future(&(id as u32)), None),
            }
        }
        let (escrow, income) = (c.escrow(), c.income());
        assert_eq!(escrow.held, self.held);
        assert_eq!(
            (income.received, income.claimed, income.carry),
            (self.received, self.claimed, self.carry)
        );
        assert_eq!(
            (income.maintenance, income.spent),
            (self.maintenance, self.spent)
        );
        let claimable: u64 = self.claimable.iter().sum();
        assert_eq!(
            self.received,
            self.claimed + claimable + unsettled + self.carry + self.maintenance + self.spent
        );
        assert_eq!(
            escrow.held + escrow.released + escrow.refunded + escrow.returned,
            UNIT * u64::from(self.sold)
        );
        let here = self.held + self.received - self.claimed - self.spent;
        assert_eq!(s.balance(&s.id), here);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(lives(100, 20)))]

    #[test]
    fn every_life_is_as_the_simple_books_say(life in a_life()) {
        let s = quiet_site();
        let whos = [&s.ada, &s.ben, &s.cal, &s.requester];
        let mut naive = Naive::new();
        for command in life {
            let (done, expected) = naive.run(&s, whos, &command);
            prop_assert_eq!(done, expected, "{:?}", command);
            naive.check(&s, whos);
        }
    }
}
