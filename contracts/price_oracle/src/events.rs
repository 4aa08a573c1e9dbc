use soroban_sdk::{contractevent, BytesN};

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quoted {
    #[topic]
    pub from: u32,
    pub until: u32,
    pub price: u32,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TermsSet {
    pub key: BytesN<32>,
    pub collar_percent: u32,
}
