use soroban_sdk::contracterror;

/// Refusals of the price oracle.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum OracleError {
    /// The contract was never constructed.
    NotConfigured = 760,
    /// The slot length must divide a day.
    InvalidSlotMinutes = 761,
    /// A collar is below 100 percent.
    InvalidCollar = 762,
    /// A quote covers whole slots, a day of them at most, at a price above zero.
    InvalidQuote = 763,
    /// The quote's slots are too long past, or too far ahead.
    QuoteOutOfTime = 764,
    /// A slot of the quote has its price already.
    SlotQuoted = 765,
    /// No quote covers the slot.
    QuoteMissing = 766,
}
