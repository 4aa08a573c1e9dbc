use soroban_sdk::contracterror;

/// Refusals of the staking contract.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum StakingError {
    /// The terms or the pool are not set.
    NotConfigured = 420,
    /// An amount must be above zero.
    InvalidAmount = 421,
    /// The reward rate is at most 20 % a year.
    InvalidRate = 422,
    /// At most eight tiers, stakes above zero and rising, discounts up to
    /// 100 % and never falling.
    InvalidTiers = 423,
    /// The delay before unstaked GRID is paid out is 1 to 90 days.
    InvalidDelay = 424,
    /// The stake for a licence must be above zero.
    InvalidLicenceStake = 425,
    /// The member has less at stake than asked for.
    InsufficientStake = 426,
    /// The member has not asked for anything to be unstaked.
    NothingToWithdraw = 427,
    /// The delay is not over.
    TooEarly = 428,
    /// A weight is known only for moments that have passed.
    FutureLookup = 429,
    /// The stakes or the pool would pass what the contract counts with.
    Overflow = 430,
}
