use soroban_sdk::contracterror;

/// Refusals of the GRID token. The token standard's own errors keep their
/// numbers 100 to 119; 106 says that a mint would pass the cap.
#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum GridError {
    /// An amount to mint must be above zero, the initial supply not below.
    InvalidAmount = 400,
    /// The cap must be above zero.
    InvalidCap = 401,
}
