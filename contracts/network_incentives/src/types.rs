use soroban_sdk::{contracttype, Address};

/// Stroops for 100 packets.
pub const MAX_RATE: u32 = 10_000;
/// Nodes of one owner, so that a claim has an end.
pub const MAX_NODES_EACH: u32 = 32;

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Roles {
    /// Registers and retires nodes.
    pub registrar: Address,
    /// Reports what the nodes carried.
    pub reporter: Address,
}

/// The contract holds `received - paid`; of that, `claimable` is the nodes'
/// and the rest is free.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pool {
    pub received: i128,
    pub paid: i128,
    pub claimable: i128,
    pub free: i128,
    /// The last period settled.
    pub period: u32,
}

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Node {
    pub owner: Address,
    pub active: bool,
    /// Stroops.
    pub claimable: i128,
    /// Earned below one stroop, in 1 / 10,000 stroop.
    pub carry: u32,
}
