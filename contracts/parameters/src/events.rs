use soroban_sdk::{contractevent, Address, String};

use crate::types::Declaration;

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Declared {
    pub declaration: Declaration,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scheduled {
    #[topic]
    pub key: String,
    pub value: i128,
    /// Unix minutes.
    pub effective_from: u32,
}

/// The newest version was undone.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reverted {
    #[topic]
    pub key: String,
    /// What holds instead.
    pub value: i128,
    /// Unix minutes.
    pub effective_from: u32,
}

/// The guardian undid the version in force.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TakenBack {
    #[topic]
    pub key: String,
    #[topic]
    pub guardian: Address,
    /// What holds instead.
    pub value: i128,
    /// Unix minutes.
    pub effective_from: u32,
}
