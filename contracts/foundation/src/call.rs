//! What the governor hands to the timelock, and hears from it.
use soroban_sdk::{contracttype, Address, Symbol, Val, Vec};

/// The most calls that one proposal makes.
pub const MAX_CALLS: u32 = 8;

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Call {
    pub target: Address,
    pub function: Symbol,
    pub args: Vec<Val>,
}

/// How far an operation of the timelock has come.
#[contracttype]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum OperationState {
    /// The delay runs.
    Waiting = 0,
    /// Anybody may execute it.
    Ready = 1,
    Executed = 2,
    Cancelled = 3,
    /// Nobody executed it in time.
    Expired = 4,
}
