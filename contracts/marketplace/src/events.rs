use soroban_sdk::{contractevent, Address, BytesN};

use crate::types::Mandate;

/// One batch was settled; there is never an event for a single trade. The data
/// is a vector: names would cost more than the figures.
#[contractevent(data_format = "vec")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settled {
    /// Start of the batch's first slot, in unix minutes.
    #[topic]
    pub first_slot: u32,
    pub sections: u32,
    /// Pairs, and positions in rounds.
    pub trades: u32,
    pub traded_wh: u64,
    pub paid_stroops: u64,
    pub root: BytesN<32>,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Joined {
    #[topic]
    pub member: Address,
    pub index: u32,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deposited {
    #[topic]
    pub member: Address,
    pub amount: i128,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EnergyDeposited {
    #[topic]
    pub member: Address,
    pub wh: i128,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WithdrawalRequested {
    #[topic]
    pub member: Address,
    pub amount: i128,
    pub wh: i128,
    pub ready_at: u64,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Withdrawn {
    #[topic]
    pub member: Address,
    pub amount: i128,
    pub wh: i128,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MandateSet {
    #[topic]
    pub member: Address,
    pub mandate: Mandate,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MandateCancelled {
    #[topic]
    pub member: Address,
    /// Unix minutes.
    pub valid_until: u32,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OperatorSet {
    #[topic]
    pub operator: Address,
}

/// A member left after the operator's silence, with everything.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exited {
    #[topic]
    pub member: Address,
    pub amount: i128,
    pub wh: i128,
}

/// The price oracle was named, or taken away.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OracleSet {
    pub oracle: Option<Address>,
}

/// The order desk was named, or taken away.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeskSet {
    pub desk: Option<Address>,
}

/// Two members traded through the order desk.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeskTrade {
    #[topic]
    pub slot: u32,
    pub buyer: u32,
    pub seller: u32,
    pub wh: u32,
    pub price: u32,
    pub fee: u32,
}
