use soroban_sdk::{contractevent, Address};

use crate::types::Terms;

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Staked {
    #[topic]
    pub member: Address,
    pub amount: i128,
    /// The member's stake afterwards.
    pub staked: i128,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnstakeRequested {
    #[topic]
    pub member: Address,
    pub amount: i128,
    /// The member's stake afterwards.
    pub staked: i128,
    /// Unix seconds.
    pub ready_at: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unstaked {
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

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Funded {
    #[topic]
    pub from: Address,
    pub amount: i128,
}

/// The admin changed one of the terms; these are all of them.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TermsSet {
    pub terms: Terms,
}
