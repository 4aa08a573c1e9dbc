use foundation::Call;
use soroban_sdk::{contracttype, Address, BytesN, Symbol, Vec};

use crate::tally::Tally;

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
// A proposal's entry lives 120 days: longer than all of these, and the
// timelock's grace, together.
pub const LONGEST_NOTICE: u64 = 7 * DAY;
pub const SHORTEST_PERIOD: u64 = HOUR;
pub const LONGEST_PERIOD: u64 = 30 * DAY;
/// How long after the vote a proposal may be queued.
pub const QUEUE_PERIOD: u64 = 14 * DAY;
pub const LONGEST_DELAY: u64 = 30 * DAY;
pub const MAX_GRANTS: u32 = 32;

/// What a proposal is about; each kind has its own rules.
#[contracttype]
#[derive(Clone, Copy, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Kind {
    /// A resolution in words.
    Text = 0,
    Parameter = 1,
    Mechanism = 2,
    /// Contracts' code and governance itself: may call anything.
    Upgrade = 3,
    Membership = 4,
    Budget = 5,
}

pub const KINDS: [Kind; 6] = [
    Kind::Text,
    Kind::Parameter,
    Kind::Mechanism,
    Kind::Upgrade,
    Kind::Membership,
    Kind::Budget,
];

/// What a vote weighs.
#[contracttype]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum Weight {
    /// One member, one vote.
    Members = 0,
    /// The GRID at stake.
    Stake = 1,
}

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rules {
    /// How much of what is eligible has to vote, abstentions included.
    pub quorum_bps: u32,
    /// How much of yes and no has to be yes; more yes than no in any case.
    pub majority_bps: u32,
    /// Seconds between the proposal and the vote.
    pub notice: u64,
    /// Seconds that the vote lasts.
    pub period: u64,
    /// Seconds in the timelock.
    pub delay: u64,
    pub weight: Weight,
}

/// A function that proposals of a kind may call.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Grant {
    pub target: Address,
    pub function: Symbol,
}

/// The contracts that the governor works with.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct House {
    pub registry: Address,
    pub staking: Address,
    pub timelock: Address,
}

#[contracttype]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum Choice {
    No = 0,
    Yes = 1,
    Abstain = 2,
}

/// What the governor itself has done with a proposal.
#[contracttype]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum Stage {
    Voting = 0,
    Queued = 1,
    Cancelled = 2,
}

#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proposal {
    pub kind: Kind,
    pub proposer: Address,
    /// SHA-256 of the text that members read.
    pub description_hash: BytesN<32>,
    /// The kind's rules when it was proposed.
    pub rules: Rules,
    /// The second (unix) whose end says who may vote: just before the proposal.
    pub snapshot: u64,
    /// Unix seconds from which on, and until which, votes count.
    pub opens_at: u64,
    pub closes_at: u64,
    pub tally: Tally,
    pub stage: Stage,
}

/// How far a proposal has come.
#[contracttype]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum Status {
    /// The vote has not begun.
    Announced = 0,
    Open = 1,
    Defeated = 2,
    Succeeded = 3,
    /// In the timelock.
    Queued = 4,
    Executed = 5,
    Cancelled = 6,
    /// It succeeded, and nobody queued or executed it in time.
    Expired = 7,
}

/// A proposal as callers see it.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Detail {
    pub proposal: Proposal,
    pub calls: Vec<Call>,
    pub status: Status,
}
