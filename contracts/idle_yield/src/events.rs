use soroban_sdk::{contractevent, Address};

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Funded {
    #[topic]
    pub from: Address,
    pub amount: i128,
}

/// From the funded pool, on what lay idle.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Earned {
    #[topic]
    pub member: Address,
    pub amount: i128,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claimed {
    #[topic]
    pub member: Address,
    pub amount: i128,
}

/// After the end, to a funder.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TakenBack {
    #[topic]
    pub funder: Address,
    pub amount: i128,
}
