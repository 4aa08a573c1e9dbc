use soroban_sdk::{contractevent, Address, BytesN};

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderKeySet {
    #[topic]
    pub member: Address,
    pub key: BytesN<32>,
}

/// Two signed orders met, in whole or in part.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrdersMet {
    #[topic]
    pub buyer: Address,
    #[topic]
    pub seller: Address,
    pub slot: u32,
    pub buy_nonce: u64,
    pub sell_nonce: u64,
    pub wh: u32,
    pub price: u32,
    pub fee: u32,
}
