use foundation::Call;
use soroban_sdk::{contractevent, Address, BytesN, Vec};

use crate::types::Terms;

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scheduled {
    #[topic]
    pub id: BytesN<32>,
    pub calls: Vec<Call>,
    /// Unix seconds.
    pub ready_at: u64,
    /// Unix seconds.
    pub expires_at: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Executed {
    #[topic]
    pub id: BytesN<32>,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cancelled {
    #[topic]
    pub id: BytesN<32>,
    /// The governor or the guardian.
    pub by: Address,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TermsSet {
    pub terms: Terms,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GovernorSet {
    #[topic]
    pub governor: Address,
}
