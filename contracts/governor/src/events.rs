use foundation::Call;
use soroban_sdk::{contractevent, Address, BytesN, Vec};

use crate::types::{Choice, Grant, Kind, Rules};

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proposed {
    #[topic]
    pub id: u32,
    #[topic]
    pub proposer: Address,
    pub kind: Kind,
    pub calls: Vec<Call>,
    pub description_hash: BytesN<32>,
    pub eligible: i128,
    /// Unix seconds.
    pub snapshot: u64,
    /// Unix seconds.
    pub opens_at: u64,
    /// Unix seconds.
    pub closes_at: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Voted {
    #[topic]
    pub id: u32,
    #[topic]
    pub voter: Address,
    pub choice: Choice,
    pub weight: i128,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Queued {
    #[topic]
    pub id: u32,
    /// The timelock's name for it.
    pub operation: BytesN<32>,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cancelled {
    #[topic]
    pub id: u32,
    /// The proposer or the guardian.
    pub by: Address,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RulesSet {
    #[topic]
    pub kind: Kind,
    pub rules: Rules,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ScopeSet {
    #[topic]
    pub kind: Kind,
    pub scope: Vec<Grant>,
}
