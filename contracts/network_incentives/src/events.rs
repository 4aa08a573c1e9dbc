use soroban_sdk::{contractevent, Address, BytesN};

/// One period was settled; there is never an event for a single node.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reported {
    #[topic]
    pub period: u32,
    pub report_hash: BytesN<32>,
    pub nodes: u32,
    pub packets: u64,
    /// Stroops that the nodes earned.
    pub earned: i128,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeRegistered {
    #[topic]
    pub owner: Address,
    pub node: u32,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeRetired {
    #[topic]
    pub owner: Address,
    pub node: u32,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claimed {
    #[topic]
    pub owner: Address,
    pub amount: i128,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Funded {
    #[topic]
    pub from: Address,
    pub amount: i128,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RateSet {
    /// Stroops for 100 packets.
    pub rate: u32,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReporterSet {
    #[topic]
    pub reporter: Address,
}

#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegistrarSet {
    #[topic]
    pub registrar: Address,
}
