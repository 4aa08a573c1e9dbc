use soroban_sdk::contracterror;

/// Refusals of the network incentives.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum IncentiveError {
    /// The roles or the pool are not set.
    NotConfigured = 460,
    /// An amount must be above zero.
    InvalidAmount = 461,
    /// The rate is 1 to 10,000 stroops for 100 packets.
    InvalidRate = 462,
    /// A node's number is at most 65,535.
    InvalidNode = 463,
    /// The number belongs or belonged to a node.
    NodeTaken = 464,
    /// There is no such node, or it is retired.
    NodeNotActive = 465,
    /// The owner has 32 nodes.
    TooManyNodes = 466,
    /// The period is not after the last one settled.
    PeriodSettled = 467,
    /// The report is empty, or its length is not of whole records.
    MalformedReport = 468,
    /// Nodes must be in rising order, each once.
    NodesOutOfOrder = 469,
    /// An uptime is at most 10,000 basis points.
    InvalidUptime = 470,
    /// The pool is too small for what the report earns; nothing was settled.
    PoolInsufficient = 471,
    /// A sum would pass what the contract counts with.
    Overflow = 472,
    /// The period is not over.
    PeriodRunning = 473,
    /// The period ended more than seven days ago.
    PeriodTooOld = 474,
    /// A period has one minute to 31 days.
    InvalidPeriodLength = 475,
}
