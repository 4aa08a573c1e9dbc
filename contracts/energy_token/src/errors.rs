use soroban_sdk::contracterror;

/// Refusals of the KWH token. 100 to 119 belong to the token standard's own
/// errors (`FungibleTokenError`), so ours begin at 120.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum EnergyError {
    /// The address does not hold the meter role.
    NotMeter = 121,
    /// The intervals are empty or not a whole number of 9-byte records.
    MalformedIntervals = 122,
    /// A slot does not start on a multiple of the slot length.
    SlotMisaligned = 123,
    /// This chunk of the slot, or a later one, has been attested already.
    IntervalAttested = 124,
    /// A slot takes chunks 0 to 254.
    SlotFull = 125,
    /// The slot length must divide a day.
    InvalidSlotMinutes = 126,
}
