use soroban_sdk::{contractevent, Address, BytesN};

use crate::types::State;

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StateChanged {
    pub state: State,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Funded {
    #[topic]
    pub financier: Address,
    pub units: u32,
    pub amount: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Withdrawn {
    #[topic]
    pub financier: Address,
    pub units: u32,
    pub amount: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refunded {
    #[topic]
    pub financier: Address,
    pub amount: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Released {
    #[topic]
    pub milestone: u32,
    pub amount: u64,
    pub evidence_hash: BytesN<32>,
}

/// What the cooperative will do alone from a time on, unix seconds. Without a
/// milestone: the end of the generator.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Announced {
    pub milestone: Option<u32>,
    pub evidence_hash: BytesN<32>,
    pub from: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Objected {
    pub milestone: Option<u32>,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceBound {
    pub key: BytesN<32>,
}

/// Without a price: taken back.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PriceSubmitted {
    #[topic]
    pub owner: Address,
    pub price: Option<u64>,
    // The price from the next slot on.
    pub mean: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Paid {
    #[topic]
    pub payer: Address,
    pub quantity: u64,
    pub price: u64,
    pub amount: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dispensed {
    #[topic]
    pub user: Address,
    pub quantity: u64,
    pub counter: u64,
    pub free: bool,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claimed {
    #[topic]
    pub owner: Address,
    pub amount: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MaintenanceSpent {
    #[topic]
    pub to: Address,
    pub amount: u64,
    pub evidence_hash: BytesN<32>,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    #[topic]
    pub owner: Address,
    pub units: u32,
    // For one unit.
    pub price: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unlisted {
    #[topic]
    pub owner: Address,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bought {
    #[topic]
    pub buyer: Address,
    #[topic]
    pub seller: Address,
    pub units: u32,
    // For one unit.
    pub price: u64,
    pub amount: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Transferred {
    #[topic]
    pub from: Address,
    #[topic]
    pub to: Address,
    pub units: u32,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FutureOffered {
    #[topic]
    pub seller: Address,
    pub id: u32,
    pub units: u32,
    pub from: u64,
    pub until: u64,
    // For the whole.
    pub price: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FutureWithdrawn {
    #[topic]
    pub seller: Address,
    pub id: u32,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FutureBought {
    #[topic]
    pub buyer: Address,
    #[topic]
    pub seller: Address,
    pub id: u32,
    pub price: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FutureSettled {
    #[topic]
    pub id: u32,
    pub to_buyer: u64,
    pub to_seller: u64,
    // The units are free again.
    pub ended: bool,
}
