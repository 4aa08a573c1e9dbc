use soroban_sdk::{contractevent, Address, BytesN};

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reserved {
    #[topic]
    pub buyer: Address,
    #[topic]
    pub seller: Address,
    pub id: BytesN<32>,
    pub device: BytesN<32>,
    pub wh: u64,
    pub price: u64,
    /// Stroops of the buyer's that wait here.
    pub amount: i128,
    /// Unix seconds.
    pub lock_by: u64,
    pub deliver_by: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Locked {
    #[topic]
    pub id: BytesN<32>,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delivered {
    #[topic]
    pub id: BytesN<32>,
    /// Of what was contracted.
    pub wh: u64,
    /// Stroops to the seller, and back to the buyer.
    pub paid: i128,
    pub refunded: i128,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Released {
    #[topic]
    pub id: BytesN<32>,
    /// Stroops to the buyer.
    pub refunded: i128,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Collected {
    #[topic]
    pub owner: Address,
    pub money: i128,
    pub wh: i128,
}
