use soroban_sdk::contracterror;

/// Refusals of the energy locks.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum LockError {
    /// The contract was never constructed.
    NotConfigured = 740,
    /// No energy, or so little that it costs less than a stroop.
    InvalidAmount = 741,
    /// Buyer and seller are the same.
    SelfTrade = 742,
    /// Locked within a day, and delivered after that within 30 days.
    InvalidTimes = 743,
    /// There is or was a lock with this id.
    LockExists = 744,
    /// There is no lock with this id.
    UnknownLock = 745,
    /// The lock has gone past this already, or has not come to it.
    WrongState = 746,
    /// The time for this is over.
    TooLate = 747,
    /// The device still has time.
    TooEarly = 748,
    /// Nothing waits here for this address.
    NothingOwed = 749,
}
