use soroban_sdk::contracterror;

/// Refusals of the timelock.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum TimelockError {
    /// The contract was never constructed.
    NotConfigured = 660,
    /// The shortest delay is at most 30 days, the grace one day to 30 days.
    InvalidTerms = 661,
    /// The delay is below the shortest or above 30 days.
    InvalidDelay = 662,
    /// An operation makes one to eight calls.
    InvalidCalls = 663,
    /// The timelock cannot ask this of itself, or not with these arguments.
    InvalidOwnCall = 664,
    /// There is or was an operation with this id.
    OperationExists = 665,
    /// No operation has this id.
    UnknownOperation = 666,
    /// The delay is not over.
    TooEarly = 667,
    /// Nobody executed the operation in time.
    Expired = 668,
    /// The operation was executed already.
    AlreadyExecuted = 669,
    /// The operation was cancelled.
    AlreadyCancelled = 670,
    /// Neither the governor nor a guardian whose term runs.
    NotEntitled = 671,
}
