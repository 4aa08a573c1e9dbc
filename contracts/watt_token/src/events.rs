use soroban_sdk::{contractevent, Address, BytesN};

/// The issuer attested what the bank holds.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReservesAttested {
    pub amount: i128,
    pub reference: BytesN<32>,
}

/// WATT was minted against a payment at the bank.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Issued {
    #[topic]
    pub to: Address,
    pub amount: i128,
    pub bank_reference: BytesN<32>,
}

/// WATT was burned against a payout from the bank.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Redeemed {
    #[topic]
    pub from: Address,
    pub amount: i128,
    pub bank_reference: BytesN<32>,
}

/// The admin named another issuer.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuerSet {
    #[topic]
    pub issuer: Address,
}
