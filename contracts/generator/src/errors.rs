use soroban_sdk::{contracterror, panic_with_error, Env};

/// Refusals of a generator; 502 to 510 are those of its terms.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum GeneratorError {
    /// Something the constructor sets is missing.
    NotConfigured = 500,
    /// An amount, quantity or number of units must be above zero.
    InvalidAmount = 501,
    /// The generator's state does not allow this.
    WrongState = 511,
    /// The deadline of the funding has passed.
    FundingOver = 512,
    /// The funding is neither complete nor past its deadline.
    FundingOpen = 513,
    /// Fewer units are left than asked for.
    NotEnoughUnits = 514,
    /// The stake would be below the smallest, and units would be left.
    BelowSmallestStake = 515,
    /// The stake would be above the largest.
    AboveLargestStake = 516,
    /// There is nothing to refund to this address, or it has been refunded.
    NothingToRefund = 517,
    /// There is no such milestone.
    NoSuchMilestone = 518,
    /// The milestone has been released.
    MilestoneReleased = 519,
    /// Only the requester may do this.
    NotRequester = 520,
    /// The price is outside the bounds.
    PriceOutOfBounds = 521,
    /// This address owns no units.
    NoUnits = 522,
    /// This owner has submitted no price.
    NoPriceSubmitted = 523,
    /// The price is higher than the caller accepts.
    PriceAboveLimit = 524,
    /// The generator runs for free in this slot: there is nothing to pay.
    FreeNow = 525,
    /// So small a quantity costs less than one stroop.
    QuantityTooSmall = 526,
    /// The owner has fewer units that are neither listed nor pledged.
    UnitsLocked = 527,
    /// This owner lists no units.
    NotListed = 528,
    /// Fewer units are listed than asked for.
    ListedTooFew = 529,
    /// Nobody buys from oneself.
    SelfTrade = 530,
    /// The maintenance fund holds less than asked for.
    MaintenanceInsufficient = 531,
    /// The device has used this counter or a later one.
    CounterUsed = 532,
    /// The user has less credit than is to be dispensed.
    InsufficientCredit = 533,
    /// A future's period begins after now, ends after its beginning, and both
    /// are at the beginning of slots.
    InvalidPeriod = 534,
    /// There is no such future, or it is settled.
    NoSuchFuture = 535,
    /// The future is sold.
    FutureSold = 536,
    /// The future is not sold.
    FutureUnsold = 537,
    /// The future's period has begun.
    PeriodBegun = 538,
    /// Only its seller withdraws a future.
    NotSeller = 539,
    /// A sum would pass what the contract counts with.
    Overflow = 540,
    /// The counter is more than a million above the last one used.
    CounterTooFar = 541,
    /// All units are sold: nobody takes theirs back any more.
    FundingComplete = 542,
    /// This is not announced, was objected to, or its time is over.
    NothingAnnounced = 543,
    /// The requester still has time to object.
    AnswerAwaited = 544,
    /// It runs, or should have for long: the requester objects no more.
    ObjectionOver = 545,
}

pub fn or_refuse<T>(e: &Env, result: Result<T, GeneratorError>) -> T {
    result.unwrap_or_else(|error| refuse(e, error))
}

#[cold]
#[inline(never)]
pub fn refuse(e: &Env, error: GeneratorError) -> ! {
    panic_with_error!(e, error)
}
