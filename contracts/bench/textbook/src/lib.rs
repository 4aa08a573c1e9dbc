//! Settlement as tutorials show it: an entry for each order and each account,
//! an event for each trade, addresses and names spelled out.
#![no_std]

use soroban_sdk::{
    contract, contracterror, contractevent, contractimpl, contracttype, Address, Env, Vec,
};

#[contracttype]
enum Key {
    Operator,
    Account(Address),
    Order(u64),
}

#[contracttype]
#[derive(Clone, Default)]
pub struct Account {
    pub money: i128,
    pub energy: i128,
}

#[contracttype]
#[derive(Clone)]
pub struct Order {
    pub owner: Address,
    pub buys: bool,
    pub price: i128,
    pub remaining: i128,
}

#[contracttype]
#[derive(Clone)]
pub struct Trade {
    pub buy: u64,
    pub sell: u64,
    pub wh: i128,
    pub price: i128,
}

#[contracterror]
#[derive(Clone, Copy)]
pub enum Refusal {
    NoOrder = 1,
    WrongSide = 2,
    PriceOutsideOrders = 3,
    MoreThanOrdered = 4,
    NotCovered = 5,
}

#[contractevent]
pub struct Traded {
    #[topic]
    pub buyer: Address,
    #[topic]
    pub seller: Address,
    pub wh: i128,
    pub price: i128,
}

#[contract]
pub struct Textbook;

#[contractimpl]
impl Textbook {
    pub fn __constructor(e: Env, operator: Address) {
        e.storage().instance().set(&Key::Operator, &operator);
    }

    /// Opens an account for each member, with an order of its own number.
    pub fn seed(e: Env, first: u64, members: Vec<Address>) {
        for (number, owner) in (first..).zip(members) {
            let account = Account {
                money: 1_000_000_000_000,
                energy: 1_000_000_000,
            };
            let order = Order {
                owner: owner.clone(),
                buys: number % 2 == 0,
                price: 1_500_000,
                remaining: 1_000_000,
            };
            e.storage().persistent().set(&Key::Account(owner), &account);
            e.storage().persistent().set(&Key::Order(number), &order);
        }
    }

    pub fn settle(e: Env, trades: Vec<Trade>) -> Result<(), Refusal> {
        let operator: Option<Address> = e.storage().instance().get(&Key::Operator);
        operator.ok_or(Refusal::NoOrder)?.require_auth();
        for trade in trades {
            let mut buy = order(&e, trade.buy)?;
            let mut sell = order(&e, trade.sell)?;
            if !buy.buys || sell.buys {
                return Err(Refusal::WrongSide);
            }
            if trade.price > buy.price || trade.price < sell.price {
                return Err(Refusal::PriceOutsideOrders);
            }
            if trade.wh > buy.remaining || trade.wh > sell.remaining {
                return Err(Refusal::MoreThanOrdered);
            }
            let amount = trade.wh * trade.price / 1_000;
            change(&e, &buy.owner, -amount, trade.wh)?;
            change(&e, &sell.owner, amount, -trade.wh)?;
            buy.remaining -= trade.wh;
            sell.remaining -= trade.wh;
            e.storage().persistent().set(&Key::Order(trade.buy), &buy);
            e.storage().persistent().set(&Key::Order(trade.sell), &sell);
            Traded {
                buyer: buy.owner,
                seller: sell.owner,
                wh: trade.wh,
                price: trade.price,
            }
            .publish(&e);
        }
        Ok(())
    }
}

fn order(e: &Env, number: u64) -> Result<Order, Refusal> {
    let found = e.storage().persistent().get(&Key::Order(number));
    found.ok_or(Refusal::NoOrder)
}

fn change(e: &Env, owner: &Address, money: i128, energy: i128) -> Result<(), Refusal> {
    let key = Key::Account(owner.clone());
    let mut account: Account = e.storage().persistent().get(&key).unwrap_or_default();
    account.money += money;
    account.energy += energy;
    if account.money < 0 || account.energy < 0 {
        return Err(Refusal::NotCovered);
    }
    e.storage().persistent().set(&key, &account);
    Ok(())
}
