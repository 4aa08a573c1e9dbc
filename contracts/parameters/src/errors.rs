use soroban_sdk::contracterror;

/// Refusals of the parameters.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum ParameterError {
    /// The contract was never constructed.
    NotConfigured = 680,
    /// The slot length must divide a day.
    InvalidSlotMinutes = 681,
    /// A key of 1 to 64 bytes, a unit of at most 32, and a default that lies
    /// within the bounds.
    InvalidDeclaration = 682,
    /// The key is declared already.
    KeyDeclared = 683,
    /// No parameter has this key.
    UnknownKey = 684,
    /// The value is outside the hard bounds.
    OutOfBounds = 685,
    /// A value takes effect in the future.
    NotInFuture = 686,
    /// A value takes effect at the start of a slot.
    SlotMisaligned = 687,
    /// Nothing was ever scheduled for this key.
    NothingToRevert = 688,
    /// The moment is before the oldest version that is kept.
    Forgotten = 689,
    /// All the versions kept are in force or still to come.
    TooManyPending = 690,
    /// No change took effect within the last seven days, or it was taken back.
    NothingToTakeBack = 691,
}
