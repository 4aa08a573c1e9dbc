use soroban_sdk::contracterror;

/// Every refusal of the marketplace.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum MarketError {
    /// The contract was never constructed.
    NotConfigured = 301,
    /// The slot length must divide a day.
    InvalidSlotMinutes = 302,
    /// No member has this address or this index.
    UnknownMember = 303,
    /// All 65,536 member slots are taken.
    MarketFull = 304,
    /// The address has a member slot already.
    AlreadyMember = 305,
    /// An amount must be above zero and fit the account.
    InvalidAmount = 306,
    /// A balance or a total would leave its range.
    Overflow = 307,
    /// The quote balance does not cover the payment or the withdrawal.
    InsufficientQuote = 308,
    /// The energy balance does not cover the sale, burn or withdrawal.
    InsufficientEnergy = 309,
    /// No withdrawal is pending, or nothing is left to pay.
    NothingToWithdraw = 310,
    /// The withdrawal's delay is not over.
    TooEarly = 311,
    /// The mandate contradicts itself or leaves a limit at zero.
    InvalidMandate = 312,
    /// The member has given no mandate.
    NoMandate = 313,
    /// The slot is not wholly inside the mandate's validity.
    MandateExpired = 314,
    /// The mandate does not enable this side.
    SideDisabled = 315,
    /// The price is below the seller's limit.
    PriceBelowSellLimit = 316,
    /// The price and the grid fee are above the buyer's limit.
    PriceAboveBuyLimit = 317,
    /// The member's energy in this slot would exceed the mandate.
    SlotCapExceeded = 318,
    /// The member's energy on this day would exceed the mandate.
    DayCapExceeded = 319,
    /// The slot is older than the guard or the members' counters reach.
    SlotTooOld = 320,
    /// The batch is not what its header says.
    MalformedBatch = 321,
    /// A slot does not start on a multiple of the slot length.
    SlotMisaligned = 322,
    /// The slot is closed, or the chunk is not its next one.
    SlotSettled = 323,
    /// A slot takes chunks 0 to 253, and one that closes it.
    SlotFull = 324,
    /// Buyer and seller are the same member.
    SelfTrade = 325,
    /// A mint, trade or burn of nothing.
    ZeroEnergy = 326,
    /// A round bought more or less than it sold.
    UnbalancedRound = 327,
    /// A slot closes while the operator holds energy of a round.
    UnfinishedRound = 328,
    /// The slot has not begun.
    SlotInFuture = 329,
    /// The price is further from the oracle's quote than the collar allows.
    PriceOutsideCollar = 331,
    /// The operator has settled too recently for a forced exit.
    OperatorActive = 333,
    /// No order desk is named.
    NoDesk = 334,
    /// The request was ready for a week and nobody withdrew: ask anew.
    RequestExpired = 335,
    /// Quote and energy must be two tokens.
    SameToken = 336,
    /// So many mandates were replaced that slots may still need them all.
    TooManyMandates = 337,
}
