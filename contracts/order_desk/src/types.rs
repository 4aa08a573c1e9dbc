use soroban_sdk::{contracttype, Address, BytesN};

/// An order that its member has signed as a message.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Order {
    pub member: Address,
    pub buys: bool,
    /// Most Wh in all.
    pub wh: u32,
    /// Stroops per kWh: at least (selling), or at most with the grid fee.
    pub price: u32,
    /// Slots from here on, in unix minutes.
    pub from: u32,
    /// The first slot after it.
    pub until: u32,
    /// Unix minutes; nothing settles later.
    pub expires: u32,
    pub nonce: u64,
    pub signature: BytesN<64>,
}

/// What an order has used.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fill {
    pub nonce: u64,
    pub wh: u32,
    /// Unix minutes.
    pub expires: u32,
}

/// A trade as the marketplace takes it from the desk.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trade {
    pub slot: u32,
    pub buyer: u32,
    pub seller: u32,
    pub wh: u32,
    pub price: u32,
    pub fee: u32,
}
