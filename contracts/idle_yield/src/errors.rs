use soroban_sdk::contracterror;

/// Refusals of the idle yield.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum YieldError {
    /// The contract was never constructed.
    NotConfigured = 720,
    /// An amount must be above zero.
    InvalidAmount = 721,
    /// The rate is above zero and at most 20 % a year.
    InvalidRate = 722,
    /// The end is in the future, within five years.
    InvalidEnd = 723,
    /// One to 32 members are looked at in a call.
    InvalidMembers = 724,
    /// The programme is over.
    ProgrammeOver = 725,
    /// The programme, or the week in which its end is settled, still runs.
    ProgrammeRunning = 726,
    /// This address has funded nothing, or has taken its part back.
    NothingToTakeBack = 727,
    /// More would be funded than the contract counts with.
    Overflow = 728,
    /// The marketplace's account is not as this contract knows it.
    UnknownAccount = 729,
}
